"""The browser source for OBS, from outside: who gets it, how it is kept secret, what it answers."""

import os
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ebs.obs.links import Links
from tests.helpers.ebs import client, data, is_failure, publish, serve
from tests.helpers.ebs_process import running
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S

__all__ = ["client", "data"]  # fixtures
HTML = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def link(data):
    return f"/obs/{Links(data.ebs).token('123')}"


def command(data, *words, **settings):
    env = {k: v for k, v in os.environ.items() if not k.startswith("DLD_")}
    env |= {"DLD_DATA": str(data.root), "PYTHONPATH": str(ROOT)} | settings
    return subprocess.run(
        [sys.executable, "-m", "ebs", "link", *words],
        cwd=data.root, env=env, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip


def test_the_command_prints_a_link_that_the_ebs_answers(data, client):
    done = command(data, "Demo")
    assert (done.returncode, done.stderr) == (0, "")
    address = done.stdout.strip()
    assert address.startswith("http://127.0.0.1:8081/obs/123-")
    path = address.removeprefix("http://127.0.0.1:8081")
    page = client.get(path, headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    mood = client.get(f"{path}/mood")
    assert (mood.status_code, mood.content) == (200, (data.latest / "123.json").read_bytes())


def test_a_renewed_link_is_another_and_the_first_leads_nowhere(data, client):
    first, second = (
        command(data, "demo", *more).stdout.strip().partition("8081")[2]
        for more in ((), ("--renew",))
    )
    assert client.get(second).status_code == 200
    is_failure(client.get(first), 404, "NothingPublished")
    off = command(data, "demo", "--off")
    assert (off.returncode, "no link any more" in off.stdout) == (0, True)
    is_failure(client.get(second), 404, "NothingPublished")
    told = command(data, "demo")
    assert (told.returncode, told.stdout, "--renew" in told.stderr) == (1, "", True)


@pytest.mark.parametrize(
    ("settings", "begins"),
    [
        ({"DLD_PUBLIC_NAMES": "ebs.example.org,x.example.org"}, "https://ebs.example.org/obs/123-"),
        ({"DLD_EBS_HOST": "0.0.0.0", "DLD_EBS_PORT": "99"}, "http://127.0.0.1:99/obs/123-"),
        ({"DLD_EBS_HOST": "::1"}, "http://[::1]:8081/obs/123-"),
    ],
)
def test_a_link_begins_with_where_the_ebs_is_reached(data, settings, begins):
    assert command(data, "demo", **settings).stdout.startswith(begins)


@pytest.mark.parametrize(
    ("words", "settings", "code", "told"),
    [
        (["nobody"], {}, 1, "nothing is published for 'nobody'"),
        (["../123"], {}, 2, "neither a channel's login nor"),
        ([], {}, 2, "Missing argument"),
        (["demo", "--renew", "--off"], {}, 2, "not both"),
        (["demo"], {"DLD_EBS_PORT": "0"}, 1, "DLD_EBS_PORT is 0"),
        (["demo"], {"DLD_EBS_LINK_SECRET": "hunter2"}, 1, "DLD_EBS_LINK_SECRET: "),
    ],
)
def test_what_has_no_link_is_said_in_a_line(data, words, settings, code, told):
    done = command(data, *words, **settings)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr and "Traceback" not in done.stderr and "hunter2" not in done.stderr


def test_a_channel_that_took_another_login_keeps_its_link(data):
    before = command(data, "demo").stdout
    publish(data, login="renamed")
    assert command(data, "renamed").stdout == command(data, "123").stdout == before


def test_two_channels_that_are_called_alike_are_told_apart_by_id(data):
    publish(data, "124")
    done = command(data, "demo")
    assert (done.returncode, "123" in done.stderr and "124" in done.stderr) == (1, True)


def test_of_a_channel_that_opted_out_nothing_is_told_from_that_moment(data, client, link):
    assert client.get(f"{link}/mood").status_code == 200
    (data.latest / "123.json").unlink()  # as the pipeline does
    wrong = client.get("/obs/999-" + "A" * 32)
    for path in (link, f"{link}/mood"):
        answer = client.get(path)
        assert answer.content == wrong.content
        is_failure(answer, 404, "NothingPublished")


def test_a_wrong_link_costs_the_same_work_as_one_that_leads_to_nothing(data, client, link):
    """Both are hashed, and both look for the body: what is counted is calls, not time."""
    publish(data, "777")
    counted = []
    for path in (link, link.replace("123-", "777-"), "/obs/555-" + "A" * 32, "/obs/nonsense"):
        counted.append(_calls(client, path))
    assert max(counted) - min(counted) <= 1, counted


def _calls(client, path):
    """How often a wrong link's way goes through hashing and reading."""
    seen = []

    def watch(frame, event, _):
        if event == "call" and frame.f_code.co_name in ("_mac", "of", "_look", "get_if_changed"):
            seen.append(frame.f_code.co_name)

    sys.setprofile(watch)
    try:
        client.get(path)
    finally:
        sys.setprofile(None)
    return len(seen)


def test_a_browser_gets_the_page_even_where_the_link_leads_nowhere_yet(client):
    """OBS may be started before DLD: the page says so, and goes on asking."""
    answer = client.get("/obs/123-" + "A" * 32, headers=HTML)
    assert answer.status_code == 404
    assert "page/obs.js" in answer.text and "AAAA" not in answer.text


def test_the_link_is_in_no_answer_no_metric_and_no_line_of_the_log(data, link, capfd):
    token = link.rpartition("/")[2]
    with running(data.root, DLD_DEVELOPMENT="1") as ebs:
        for path in ("", "/mood", "/nowhere", "/mood?x=%ff", "/%00"):
            assert token not in read(ebs.address + link + path)[1]
        (data.latest / "123.json").write_text("{")
        assert read(f"{ebs.address}{link}/mood")[0] == 500
        metrics = read(f"{ebs.address}/metrics")[1]
    out, err = capfd.readouterr()
    assert "request failed" in out  # what the process said, which `running` prints
    assert token not in metrics + out + err
    assert 'dld_ebs_requests_total{route="/obs/mood",status="500"} 1.0' in metrics


def read(address):
    """(status, text with its headers)"""
    try:
        with urlopen(address, timeout=PATIENCE_S) as answer:
            return answer.status, str(answer.headers) + answer.read().decode()
    except HTTPError as refused:
        return refused.code, str(refused.headers) + refused.read().decode()


def test_the_page_is_never_kept_and_runs_only_our_own_scripts(client, link):
    headers = client.get(link, headers=HTML).headers
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy and "connect-src 'self';" in policy


def test_the_mood_has_etag_304_gzip_and_head_as_the_panels_has(client, link):
    first = client.get(f"{link}/mood", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"].startswith("private, max-age=")
    again = client.get(f"{link}/mood", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.request("HEAD", f"{link}/mood").headers["etag"] == first.headers["etag"]
    assert client.request("POST", f"{link}/mood").status_code == 405


def test_old_data_is_stale_here_too(client, data, link):
    publish(data, age_s=120)
    assert client.get(f"{link}/mood").json()["status"] == "stale"


def test_too_many_requests_with_one_link_are_429(data, link):
    impatient = serve(data, token_per_minute=2)
    assert [impatient.get(f"{link}/mood").status_code for _ in range(3)] == [200, 200, 429]
    assert impatient.get("/obs/5-" + "A" * 32).status_code == 404


def test_a_damaged_body_is_told_to_who_has_the_link_alone(client, data, link):
    (data.latest / "123.json").write_text("{")
    is_failure(client.get(f"{link}/mood"), 500, "PublishedDamaged")
    is_failure(client.get("/obs/123-" + "A" * 32), 404, "NothingPublished")


@pytest.mark.parametrize(
    "query",
    ["?parts=<script>alert(1)</script>", "?size=1e9", "?lang=../../etc", "?" + "x=%00&" * 500],
)
def test_a_hostile_query_gets_the_same_page(client, link, query):
    assert client.get(link + query, headers=HTML).text == client.get(link, headers=HTML).text


@pytest.mark.parametrize(
    "path",
    [
        "/obs", "/obs/", "/obs/page", "/obs/extension/panel.html", "/obs/page/../routes.py",
        "/obs/extension/%2e%2e/ebs/obs/links.py", "/obs/page/%2e%2e/links.py",
    ],
)  # fmt: skip
def test_nothing_else_is_served_below_it(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert sorted(answer.json()) == ["detail", "error"]


def test_a_public_ebs_serves_the_pages_files_and_asks_itself(client):
    for path in ("/obs/page/obs.js", "/obs/page/obs.css", "/obs/extension/words/de.js"):
        assert client.get(path).status_code == 200
    assert 'EBS = ""' in client.get("/obs/extension/settings.js").text


def test_the_preview_names_the_link_of_each_channel(data, link):
    serving = serve(data, development=True)
    (row,) = serving.get("/preview/channels").json()["channels"]
    assert (row["login"], row["obs"]) == ("demo", link)
    Links(data.ebs).turn_off("123")
    assert serving.get("/preview/channels").json()["channels"][0]["obs"] == ""


def test_another_site_may_not_ask_with_a_link(client, link):
    answer = client.get(f"{link}/mood", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    answer = client.get(link, headers={"Host": "evil.example"})
    assert answer.status_code == 421
