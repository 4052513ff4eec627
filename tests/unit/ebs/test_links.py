"""Links for OBS: secret, the same wherever the key is, renewed and turned off."""

import json
import re
import stat

import pytest

from ebs.obs.links import NOBODY, Links
from warehouse.errors import BadInput

SECRET = "a secret that all machines of DLD share"


@pytest.fixture
def links(tmp_path):
    return Links(tmp_path / "ebs")


def test_a_link_leads_to_its_channel_and_no_other(links):
    token = links.token("123")
    assert links.check(token) == ("123", True)
    assert links.check(token.replace("123-", "124-")) == ("124", False)
    assert links.token("124").partition("-")[2] != token.partition("-")[2]


def test_a_link_has_128_bits_or_more_and_is_one_part_of_an_address(links):
    mac = links.token("123").removeprefix("123-")
    assert re.fullmatch("[A-Za-z0-9_-]{22,}", mac)


@pytest.mark.parametrize("changed", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase()])
def test_a_link_that_is_nearly_right_is_wrong(links, changed):
    assert not links.check(changed(links.token("123")))[1]


@pytest.mark.parametrize("token", ["", "123", "123-", "../123", "x" * 10_000, "0-" + "A" * 32])
def test_what_is_no_link_is_nobodys(links, token):
    links.token("123")
    assert links.check(token) == (NOBODY, False)


def test_before_any_link_was_asked_for_none_is_right_and_nothing_is_written(links, tmp_path):
    assert links.check("123-" + "A" * 32) == ("123", False)
    assert list(tmp_path.iterdir()) == []


def test_a_renewed_link_ends_the_one_before_at_every_reader(links, tmp_path):
    reader = Links(tmp_path / "ebs")
    first, other = links.token("123"), links.token("124")
    assert reader.check(first)[1]
    links.renew("123")
    second = links.token("123")
    assert [reader.check(token)[1] for token in (first, second, other)] == [False, True, True]


def test_a_link_that_is_off_leads_nowhere_until_it_is_renewed(links):
    before = links.token("123")
    links.turn_off("123")
    assert not links.check(before)[1]
    with pytest.raises(BadInput, match="--renew"):
        links.token("123")
    links.renew("123")
    assert links.check(links.token("123"))[1] and not links.check(before)[1]


def test_machines_with_the_same_secret_have_the_same_links(tmp_path):
    one, other = (Links(tmp_path / name, SECRET) for name in ("one", "other"))
    assert other.check(one.token("123")) == ("123", True)
    assert not Links(tmp_path / "one").check(one.token("123"))[1]  # one without it has not
    one.renew("123")
    other.renew("123")
    assert other.check(one.token("123"))[1]


def test_what_is_kept_is_its_owners_alone_and_has_no_link_in_it(links, tmp_path):
    token = links.token("123")
    links.renew("123")
    for path in (tmp_path / "ebs").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert token.partition("-")[2] not in path.read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"key": "x"}', '{"renewed": {"123": -1}}', "{" * 999])
@pytest.mark.parametrize("secret", ["", SECRET])
def test_of_a_damaged_file_no_link_is_right_and_the_command_says_what_to_do(
    tmp_path, text, secret, caplog
):
    links = Links(tmp_path, secret)
    token = links.token("123")
    links.renew("123")
    (tmp_path / "links.json").write_text(text)
    assert not links.check(token)[1]
    assert token not in caplog.text and "damaged" in caplog.text
    for asked in (links.token, links.renew, links.turn_off):
        with pytest.raises(BadInput, match=r"links\.json is damaged.*delete it"):
            asked("123")
    (tmp_path / "links.json").unlink()
    assert links.check(links.token("123"))[1]


def test_a_renewal_leaves_what_is_known_of_other_channels(links, tmp_path):
    links.turn_off("124")
    links.renew("123")
    state = json.loads((tmp_path / "ebs/links.json").read_text())
    assert (state["renewed"], state["off"]) == ({"123": 1}, ["124"])
