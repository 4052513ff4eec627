"""Lists of consent as files say them: a list that is not what it should be is refused whole."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from warehouse.bucket.control import CONTROL, get_control
from warehouse.bucket.objects import open_bucket
from warehouse.config import BucketSettings
from warehouse.consent import load_claims, load_optout
from warehouse.errors import BadInput, WarehouseBroken

KELVIN = "\u212aate"
OPTOUT: dict[str, Any] = {
    "chatters": [5],
    "channels": ["kate", "bob~7"],
    "ids": {"7": "", "8": "a"},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [("chatters", [odd]) for odd in ("1_000", " 5", "\u0665", True, 1.5, None)]
    + [("channels", [odd]) for odd in (KELVIN, "Kate", "kate\n", "bob~07", "", 5, None)]
    + [("ids", {odd: ""}) for odd in ("", "07", "\u0667", "7\n", "kate")]
    + [("ids", {"7": odd}) for odd in (KELVIN, None, 5)]
    + [("channels", "kate"), ("chatters", "5"), ("ids", ["7"])],
)
def test_an_opt_out_of_nobody_is_no_list(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "optout.json"
    path.write_bytes(orjson.dumps(OPTOUT))
    assert load_optout(path).channels == {"kate", "bob~7"}
    path.write_bytes(orjson.dumps({**OPTOUT, field: value}))
    with pytest.raises(WarehouseBroken, match="cannot be read"):
        load_optout(path)


@pytest.mark.parametrize(
    ("key", "login"), [("07", "kate"), ("kate", "kate"), ("7", KELVIN), ("7", "Kate"), ("7", 5)]
)
def test_a_claim_of_no_login_is_no_list(tmp_path: Path, key: str, login: object) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(orjson.dumps({"claims": {key: {"login": login, "added": True}}}))
    with pytest.raises(BadInput, match="opt in again"):
        load_claims(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("channels", odd) for odd in ([KELVIN], ["Kate"], [5], [None], "kate")]
    + [("version", odd) for odd in ("1", True, 1.5)]
    + [("optout", {"chatters": [], "channels": [KELVIN]})],
)
def test_a_collector_obeys_no_list_that_it_cannot_read(
    request: pytest.FixtureRequest, field: str, value: object
) -> None:
    bucket = open_bucket(BucketSettings(_env_file=None, bucket_url=f"memory:{request.node.nodeid}"))
    bucket.put(CONTROL, orjson.dumps({"optout": OPTOUT, "channels": ["a"], "version": 1}))
    found = get_control(bucket)
    assert found and found[0].channels == ("a",)
    body = {"optout": OPTOUT, "channels": ["a"], "version": 1, field: value}
    bucket.put(CONTROL, orjson.dumps(body))
    with pytest.raises(WarehouseBroken, match="cannot be read"):
        get_control(bucket)
