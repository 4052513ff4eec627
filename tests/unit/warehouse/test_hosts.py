"""Host and Origin headers: ours, odd, and other people's."""

import pytest
from pydantic import ValidationError

from warehouse.config import PublicSettings
from warehouse.hosts import Hosts, concrete

EXTENSION = "https://abc123.ext-twitch.tv"
HOSTS = Hosts(["dld.example.org", "10.0.0.5", "fd00::5", "xn--mnchen-3ya.example"], [EXTENSION])


def status(host: str | None, *origins: str, more: tuple[tuple[bytes, bytes], ...] = ()) -> int:
    """Of a request with these headers; 200 where it passes."""
    headers = [(b"host", host.encode("latin-1"))] if host is not None else []
    headers += [(b"origin", origin.encode("latin-1")) for origin in origins]
    return (HOSTS.refusal([*headers, *more]) or (200, ""))[0]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8501", "localhost.", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:65535",
     "[::1]", "[::1]:8081", "dld.example.org", "DLD.Example.ORG:443", "dld.example.org.:8443",
     "10.0.0.5:8081", "[fd00::5]", "xn--mnchen-3ya.example"],
)  # fmt: skip
def test_our_own_names_pass_with_any_port_and_an_origin_that_is_the_same(host: str) -> None:
    assert status(host) == 200
    assert {status(host, f"{scheme}://{host}") for scheme in ("http", "https")} == {200}
    assert status(host, EXTENSION) == 200


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        # names that DNS may answer for with any address, ours too
        *[(host, 421) for host in (
            "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evil.localhost",
            "a.dld.example.org", "dld.example.org.evil.example", "xdld.example.org", "example.org",
            "dld-example-org", "localhost..", ".localhost", "null", "xn--lcalhost-n4a",
        )],
        # addresses of this machine written otherwise, and other machines'
        *[(host, 421) for host in (
            "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.2", "0.0.0.0", "0", "[::]",
            "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.6",
        )],
        # no host at all
        *[(host, 400) for host in (
            None, "", " ", ":8081", "localhost:", "localhost:0", "localhost:65536",
            "localhost:99999", "localhost:-1", "localhost:8081:8081", "localhost:8O81", "::1",
            "[::1", "[::1%lo]", "[::1%25eth0]:8081", "[localhost]", "user@localhost",
            "user:pass@127.0.0.1:8081", "localhost@evil.example", "localhost/", "localhost#@evil",
            "localhost?", "http://localhost", "localhost, evil.example", "evil.example, localhost",
            "localhost evil.example", "localhost\tx", "localhost\\@evil", "local%68ost",
            "\xe4.example", "localhost\x00", "l\u00f6calhost", "a" * 300, "*",
        )],
    ],
)  # fmt: skip
def test_any_other_host_is_refused(host: str | None, answer: int) -> None:
    assert status(host) == answer
    assert status(host, "http://localhost") == answer


def test_two_hosts_are_refused_and_what_a_proxy_forwards_names_none() -> None:
    for other in ("localhost", "evil.example"):
        assert status("localhost", more=((b"host", other.encode()),)) == 400
    forwarded = ((b"x-forwarded-host", b"localhost"), (b"forwarded", b"host=localhost"))
    assert status("evil.example", more=forwarded) == 421
    assert status("localhost", more=((b"x-forwarded-host", b"evil.example"),)) == 200


@pytest.mark.parametrize(
    "origin",
    ["null", "", "http://evil.example", "https://evil.example:8501", "http://localhost:8502",
     "http://127.0.0.1:8501", "http://localhost.evil.example:8501", "http://localhost:8501/",
     "http://user@localhost:8501", "file://", "file://localhost:8501", "chrome-extension://abcdef",
     "ws://localhost:8501", "javascript://localhost:8501", "localhost:8501", "//localhost:8501",
     "http://localhost:8501 http://evil.example", "http://[::1]:8501", "http://localhost:08501",
     "https://other.ext-twitch.tv", "http://abc123.ext-twitch.tv", f"{EXTENSION}.evil.example",
     f"{EXTENSION}:444", "https://ABC123.ext-twitch.tv"],
)  # fmt: skip
def test_a_page_of_another_site_may_not_ask(origin: str) -> None:
    assert status("localhost:8501", origin) == 403
    assert status("localhost:8501", "http://localhost:8501", origin) == 403


@pytest.mark.parametrize(
    "names",
    ["*", "https://dld.example.org", "dld.example.org:8501", "*.example.org", "a b", "user@x",
     "m\u00fcnchen.example", "dld.example.org/", "a,,*"],
)  # fmt: skip
def test_what_is_no_name_cannot_be_set(names: str) -> None:
    with pytest.raises(ValidationError, match="no port"):
        PublicSettings(names=names)


def test_names_are_listed_with_commas() -> None:
    assert PublicSettings(names=" A.example, ,fd00::5,").hosts == ["a.example", "fd00::5"]
    assert PublicSettings(names="").hosts == []


def test_an_address_that_is_listened_on_is_a_name_unless_it_is_all_of_them() -> None:
    told = ["0.0.0.0", "::", "", None, "unix:///tmp/x"]
    assert [concrete(address) for address in told] == [[]] * 5
    assert concrete("192.168.1.5") == ["192.168.1.5"] and concrete("box") == ["box"]
