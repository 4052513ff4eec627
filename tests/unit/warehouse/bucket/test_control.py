import pytest

from warehouse.bucket.control import CONTROL, get_control, put_control
from warehouse.bucket.objects import Bucket, open_bucket
from warehouse.config import BucketSettings
from warehouse.consent import OptOut
from warehouse.errors import WarehouseBroken


def bucket(name: str) -> Bucket:
    return open_bucket(BucketSettings(bucket_url=f"memory:{name}"))


def test_a_collector_reads_what_shard_0_put_once() -> None:
    store = bucket("control-once")
    optout = OptOut({7}, {"bob"}, {"12": "bob"})
    put_control(store, optout, ["ann", "cid"], 3)
    found = get_control(store)
    assert found is not None
    control, tag = found
    assert (control.optout, control.channels, control.version) == (optout, ("ann", "cid"), 3)
    assert get_control(store, tag) is None
    put_control(store, OptOut(), ["ann"], 4)
    again = get_control(store, tag)
    assert again is not None and again[0].channels == ("ann",)


def test_a_control_that_is_not_there_or_unreadable_is_no_empty_list() -> None:
    store = bucket("control-none")
    with pytest.raises(FileNotFoundError):
        get_control(store)
    store.put(CONTROL, b'{"v":1,"channels":[]}')
    with pytest.raises(WarehouseBroken, match="made anew when shard 0 starts"):
        get_control(store)
