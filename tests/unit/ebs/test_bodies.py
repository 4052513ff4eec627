import gzip
import json
import os
from datetime import UTC, datetime

import pytest

from ebs.bodies import Latest, published_channels
from ebs.errors import PublishedDamaged
from warehouse.errors import NothingPublished
from warehouse.published.folder import PublishedFolder

AT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC).timestamp()


def put(folder, channel_id="123", text=None, **changed):
    body = {
        "v": 1,
        "channel_id": channel_id,
        "login": "demo",
        "source": "replay",
        "generated_at": "2026-11-22T12:00:00Z",
        "status": "live",
    }
    aside = folder / "aside"
    aside.write_text(text if text is not None else json.dumps(body | changed))
    aside.replace(folder / f"{channel_id}.json")


def test_a_fresh_body_is_served_as_it_was_written(tmp_path):
    put(tmp_path)
    body, fresh_for_s = Latest(PublishedFolder(tmp_path)).of("123").body(AT + 12)
    assert body.plain == (tmp_path / "123.json").read_bytes()
    assert gzip.decompress(body.packed) == body.plain
    assert fresh_for_s == 18


@pytest.mark.parametrize(("age", "status"), [(0, "live"), (90, "live"), (90.1, "stale")])
def test_a_body_is_stale_after_90_seconds(tmp_path, age, status):
    put(tmp_path)
    body, _ = Latest(PublishedFolder(tmp_path)).of("123").body(AT + age)
    assert json.loads(body.plain)["status"] == status


@pytest.mark.parametrize("off", [-10_800.0, -600.0, 40.0, 10_800.0])
@pytest.mark.parametrize("here", ["as wrong", "right"])
def test_of_a_machine_with_a_wrong_clock_the_living_is_fresh_and_the_dead_stale(
    tmp_path, off, here
):
    """off: what makes its clock Twitch's, by which the body was made."""
    made = AT - off if here == "as wrong" else AT  # by the clock of who serves it
    for age, status in (
        (0, "live"),
        (89, "live"),
        (91, "stale"),
        (600, "stale"),
        (20_000, "stale"),
    ):
        put(tmp_path, clock_offset_s=off)
        os.utime(tmp_path / "123.json", (made, made))
        body, _ = Latest(PublishedFolder(tmp_path)).of("123").body(made + age)
        assert json.loads(body.plain)["status"] == status


def test_going_stale_changes_the_status_and_the_etag_alone(tmp_path):
    put(tmp_path, login="dömö")
    published = Latest(PublishedFolder(tmp_path)).of("123")
    fresh, stale = published.body(AT)[0], published.body(AT + 91)[0]
    assert json.loads(stale.plain) == json.loads(fresh.plain) | {"status": "stale"}
    assert stale.etag != fresh.etag


@pytest.mark.parametrize(("age", "seconds"), [(-5, 30), (0, 30), (29.5, 0), (60, 0), (100, 0)])
def test_a_body_is_kept_until_the_next_window_only(tmp_path, age, seconds):
    put(tmp_path)
    assert Latest(PublishedFolder(tmp_path)).of("123").body(AT + age)[1] == seconds


def test_a_body_of_another_channel_is_not_served(tmp_path):
    put(tmp_path)
    (tmp_path / "123.json").rename(tmp_path / "456.json")
    with pytest.raises(PublishedDamaged):
        Latest(PublishedFolder(tmp_path)).of("456")


def test_a_replaced_file_is_read_again_and_an_unchanged_one_is_not(tmp_path):
    latest = Latest(PublishedFolder(tmp_path))
    put(tmp_path)
    first = latest.of("123")
    assert latest.of("123") is first
    put(tmp_path, status="quiet")
    assert json.loads(latest.of("123").fresh.plain)["status"] == "quiet"


def test_a_removed_file_is_nothing_published(tmp_path):
    latest = Latest(PublishedFolder(tmp_path))
    put(tmp_path)
    latest.of("123")
    (tmp_path / "123.json").unlink()
    with pytest.raises(NothingPublished, match="channel 123"):
        latest.of("123")


def test_a_folder_that_is_not_there_is_nothing_published(tmp_path):
    with pytest.raises(NothingPublished):
        Latest(PublishedFolder(tmp_path / "none")).of("123")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"generated_at": 5}', '{"generated_at": "noon"}', "\ud800"],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, text):
    (tmp_path / "123.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(PublishedDamaged, match=r"^123.json is not a body"):
        Latest(PublishedFolder(tmp_path)).of("123")


def test_a_folder_in_a_files_place_is_one_clear_error(tmp_path):
    (tmp_path / "123.json").mkdir()
    with pytest.raises(PublishedDamaged, match="cannot be read"):
        Latest(PublishedFolder(tmp_path)).of("123")


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (None, False),
        (b"", False),
        (b"*", True),
        (b'"other"', False),
        (b"ETAG", True),
        (b'"other", ETAG', True),
    ],
)
def test_an_etag_is_found_in_any_form_a_client_sends(tmp_path, asked, known):
    put(tmp_path)
    body, _ = Latest(PublishedFolder(tmp_path)).of("123").body(AT)
    assert body.known_to(asked and asked.replace(b"ETAG", body.etag)) is known
    assert body.known_to(asked and asked.replace(b"ETAG", body.etag[2:])) is known


def test_ready_is_a_folder_that_can_be_listed(tmp_path):
    assert Latest(PublishedFolder(tmp_path)).ready()
    assert not Latest(PublishedFolder(tmp_path / "none")).ready()


def test_the_channels_are_those_with_a_readable_body_on_air_first_by_login(tmp_path, caplog):
    put(tmp_path, "2", login="zoe", status="live")
    put(tmp_path, "1", login="amy", status="offline")
    put(tmp_path, "4", login="bob", status="quiet")
    put(tmp_path, "3", text="garbage")
    found = published_channels(PublishedFolder(tmp_path))
    assert [row["login"] for row in found] == ["bob", "zoe", "amy"]
    assert found[1] == {"channel_id": "2", "login": "zoe", "source": "replay", "status": "live"}
    assert "file=3.json" in caplog.text


def test_a_file_replaced_within_the_clocks_resolution_is_read_again(tmp_path):
    latest = Latest(PublishedFolder(tmp_path))
    put(tmp_path)
    stamp = (tmp_path / "123.json").stat().st_mtime_ns
    latest.of("123")
    put(tmp_path, status="idle")
    os.utime(tmp_path / "123.json", ns=(stamp, stamp))
    assert json.loads(latest.of("123").fresh.plain)["status"] == "idle"
