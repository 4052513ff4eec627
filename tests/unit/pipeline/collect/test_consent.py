"""Consent as collect obeys it: shard 0's word, else the folder's own lists, and none is lost."""

import logging

import orjson
import pytest

from pipeline.collect import consent as consents
from pipeline.collect.consent import CollectFolder, Consent
from pipeline.sources.channel_list import load_channels
from warehouse.bucket.control import CONTROL, put_control
from warehouse.bucket.objects import Bucket, BucketFailed, open_bucket
from warehouse.config import BucketSettings, DataFolder
from warehouse.consent import OptOut, load_optout, save_optout
from warehouse.errors import WarehouseBroken


@pytest.fixture(autouse=True)
def made(folder: DataFolder) -> None:
    folder.root.mkdir()


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.nodeid}"))


@pytest.fixture
def own(folder: DataFolder) -> CollectFolder:
    return CollectFolder(folder.root)


def test_alone_it_heeds_its_folders_list_as_it_changes(folder: DataFolder) -> None:
    save_optout(folder.optout, OptOut({1}))
    consent = Consent(folder, None)
    assert consent.optout().chatters == {1}
    save_optout(folder.optout, OptOut({1, 2}, {"ann"}))
    assert consent.optout().chatters == {1}
    consent.look()
    assert consent.optout().chatters == {1, 2} and consent.optout().channels == {"ann"}


def test_a_list_that_breaks_changes_nothing_and_is_told_once(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    save_optout(folder.optout, OptOut({1}))
    consent = Consent(folder, None)
    folder.optout.write_text("{")
    consent.look()
    consent.look()
    assert consent.optout().chatters == {1} and len(caplog.records) == 1
    assert "who opted out stays as it was" in caplog.text


def test_a_list_that_is_broken_from_the_start_is_no_list(folder: DataFolder) -> None:
    folder.optout.write_text("{")
    with pytest.raises(WarehouseBroken):
        Consent(folder, None)


def test_with_a_bucket_it_heeds_shard_0_and_leaves_the_lists_of_a_shard_in_its_folder_alone(
    folder: DataFolder, own: CollectFolder, bucket: Bucket
) -> None:
    save_optout(folder.optout, OptOut({7}))
    put_control(bucket, OptOut({1}, {"gone"}), ["ann"], 1)
    consent = Consent(own, bucket)
    assert consent.optout().chatters == {1} and load_channels(own.channels) == ["ann"]
    put_control(bucket, OptOut({1, 2}), ["ann", "bob"], 2)
    consent.look()
    assert consent.optout().chatters == {1, 2} and load_channels(own.channels) == ["ann", "bob"]
    assert load_optout(folder.optout).chatters == {7} and not folder.channels.exists()


def test_it_waits_for_shard_0_to_say_who_opted_out(
    own: CollectFolder,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            put_control(bucket, OptOut({5}), [], 1)

    monkeypatch.setattr(consents.time, "sleep", wait)
    assert Consent(own, bucket).optout().chatters == {5}
    assert len(waits) == 3 and caplog.text.count("waiting for shard 0") == 1


def test_while_the_bucket_is_down_the_lists_of_before_hold_and_without_any_nobody_is_read(
    own: CollectFolder, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(name: str, tag: str | None = None) -> None:
        raise BucketFailed("memory: cannot be reached")

    monkeypatch.setattr(bucket, "get", down)
    with pytest.raises(BucketFailed):
        Consent(own, bucket)
    save_optout(own.optout, OptOut({3}))
    consent = Consent(own, bucket)
    consent.look()
    assert consent.optout().chatters == {3}


@pytest.mark.parametrize("body", [b"", b"{", b'{"channels":[]}', b'{"optout":7,"channels":[]}'])
def test_a_word_of_shard_0_that_cannot_be_read_changes_nothing(
    own: CollectFolder, bucket: Bucket, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    put_control(bucket, OptOut({1}), ["ann"], 1)
    consent = Consent(own, bucket)
    bucket.put(CONTROL, body)
    consent.look()
    assert consent.optout().chatters == {1} and load_channels(own.channels) == ["ann"]
    assert "who opted out stays as it was" in caplog.text
    put_control(bucket, OptOut({2}), ["ann"], orjson.loads(b"3"))
    consent.look()
    assert consent.optout().chatters == {2}
