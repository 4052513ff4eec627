"""Lists of consent as files say them: whoever a bad entry may mean is out, or it is no list."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from warehouse.bucket.control import CONTROL, get_control
from warehouse.bucket.objects import open_bucket
from warehouse.config import BucketSettings
from warehouse.consent import load_claims, load_optout, settled_optout
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.store.store import Store

KELVIN = "\u212aate"
OPTOUT: dict[str, Any] = {
    "chatters": [5],
    "channels": ["kate", "bob~7"],
    "ids": {"7": "", "8": "a"},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [("chatters", [odd]) for odd in ("1_000", " 5", "\u0665", True, 1.5, None)]
    + [("channels", "kate"), ("chatters", "5"), ("ids", ["7"])],
)
def test_an_opt_out_of_nobody_is_no_list(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "optout.json"
    path.write_bytes(orjson.dumps(OPTOUT))
    assert load_optout(path).channels == {"kate", "bob~7"}
    path.write_bytes(orjson.dumps({**OPTOUT, field: value}))
    with pytest.raises(WarehouseBroken, match=f"cannot be read.*{field} is not what") as told:
        load_optout(path)
    is_entry = isinstance(value, list) and field == "chatters"
    assert not is_entry or f"entry 1 of {field}" in str(told.value)


@pytest.mark.parametrize(
    ("odd", "out", "ids"),
    [(odd, {"cy"}, {}) for odd in ("Cy", "\u202ecy", "cy\n", "#cy", "@CY ", "cy " + "x" * 26)]
    + [
        ("bob~07", {"bob", "07", "bob~7", "07~7"}, {"7": ""}),
        (KELVIN, {"kate"}, {}),
        (9, {"9", "9~9"}, {"9": ""}),
        *((odd, set(), {}) for odd in ("", None, [["x"]], {"a": 1}, True)),
    ],
)
def test_whoever_an_unclear_entry_may_mean_is_out_and_the_others_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, odd: Any, out: set[str], ids: dict[str, str]
) -> None:
    path = tmp_path / "optout.json"
    path.write_bytes(orjson.dumps({**OPTOUT, "channels": ["kate", odd, "bob~7"]}))
    with Store(tmp_path / "w.duckdb") as store:
        for _ in range(2):  # a restart reads what the first wrote
            found = settled_optout(path, store)
            assert found.chatters == {5}
            assert found.channels == {"kate", "bob~7", *out}
            assert found.ids == {**ids, **OPTOUT["ids"]}
    assert "nor an id of a channel (entry 2 of channels): whoever" in caplog.text


@pytest.mark.parametrize(
    ("key", "value", "out"),
    [
        ("08", "", "8"), ("\u0668", "cy", None), ("9\n", "", "9"), ("cy", "", None),
        ("9", KELVIN, "9"), ("9", None, "9"), ("9", 5, "9"),
    ],
)  # fmt: skip
def test_so_is_whoever_an_unclear_id_may_mean(
    tmp_path: Path, key: str, value: object, out: str | None
) -> None:
    path = tmp_path / "optout.json"
    path.write_bytes(orjson.dumps({**OPTOUT, "ids": {"7": "", key: value}}))
    found = load_optout(path)
    assert found.ids.keys() >= {"7", *([out] if out else [])}
    assert out or "cy" in found.channels
    assert [*found.unclear] == ["entry 2 of ids"]


def test_an_entry_that_a_person_took_out_does_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "optout.json"
    path.write_bytes(orjson.dumps({"chatters": [], "channels": ["ann", "Cy"], "ids": {}}))
    with Store(tmp_path / "w.duckdb") as store:
        settled_optout(path, store)
        raw = orjson.loads(path.read_bytes())
        assert raw["channels"] == ["ann", "cy", "Cy"]
        path.write_bytes(orjson.dumps({**raw, "channels": ["ann"]}))
        found = settled_optout(path, store)
        assert found.channels == {"ann", "cy"} and not found.unclear  # undone by --undo alone


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
    + [("optout", {"chatters": ["x"], "channels": []})],
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
