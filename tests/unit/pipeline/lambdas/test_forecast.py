import json
from datetime import datetime
from typing import Any

import pytest

from models.inputs.features import now
from models.versions.registry import serving
from pipeline.forecasting.session_log import SessionLog
from pipeline.lambdas import forecast
from tests.unit.pipeline.lambdas.test_score import batch
from warehouse.errors import BadInput
from warehouse.records import Window, iso, utc

START = 1_700_000_010
PART = {
    "channel": "demo", "stream_id": "s1", "observed_s": 30.0, "n_messages": 6, "n_chatters": 4,
    "n_filtered": 0, "n_late": 0, "mean_compound": 0.1, "sd_compound": 0.2,
    "share_positive": 0.25, "share_negative": 0.25, "share_scored": 0.25, "share_emote": 0.25,
    "sub_n": [1] * 6, "sub_mean": [0.1, None, 0.2, 0.1, 0.0, -0.1], "lexicon_version": "full-1",
}  # fmt: skip


def rows(n: int, first: int = START, **other: Any) -> list[dict[str, Any]]:
    """Windows as they are published, and as JSON has them."""
    return [PART | {"start": iso(utc(first + 30 * k))} | other for k in range(n)]


def asked(*windows: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps({"v": 1, "windows": windows}))


def test_the_forecast_is_the_served_model_s_of_the_same_windows() -> None:
    log = SessionLog("demo", "s1")
    for row in rows(30):
        log.put(forecast._possible(Window(**row | {"start": datetime.fromisoformat(row["start"])})))
    model = next(iter(serving().values()))
    expected = model.predict(now([log.session()]))
    answer = forecast.handler(asked(*rows(30)), None)
    (told,) = answer["forecasts"]
    assert answer["model"] == model.name
    assert told["quantiles"] == expected.quantiles[0, 1:].round(4).tolist()
    assert told["volume"] == expected.volume[0, 1:].round(2).tolist()
    five = {"quantiles": expected.quantiles[0, 0], "volume": expected.volume[0, 0]}
    assert told["five"] == {name: pytest.approx(v, abs=6e-3) for name, v in five.items()}
    assert told["cutoff"] == iso(utc(START + 30 * 30))


def test_windows_come_in_any_order_and_the_stream_before_tells_of_the_usual_mood() -> None:
    before = rows(40, START - 86_400, stream_id="s0", mean_compound=0.5)
    windows = [*rows(30), *before]
    (with_past,) = forecast.handler(asked(*reversed(windows)), None)["forecasts"]
    (alone,) = forecast.handler(asked(*rows(30)), None)["forecasts"]
    assert with_past["stream_id"] == alone["stream_id"] == "s1"
    assert with_past["quantiles"][0][2] > alone["quantiles"][0][2]


def test_channels_do_not_change_each_other_and_too_short_ones_are_named() -> None:
    calm, short = rows(30, channel="calm", mean_compound=-0.3), rows(5, channel="short")
    answer = forecast.handler(asked(*rows(30), *calm, *short), None)
    assert answer["too_short"] == ["short"]
    (alone,) = forecast.handler(asked(*rows(30)), None)["forecasts"]
    assert [f["channel"] for f in answer["forecasts"]] == ["calm", "demo"]
    assert answer["forecasts"][1]["quantiles"] == alone["quantiles"]


def test_silent_windows_are_forecast_from_and_none_at_all_give_none() -> None:
    silent = {"n_messages": 0, "n_chatters": 0, "mean_compound": None, "sd_compound": None}
    silent |= {"sub_n": [0] * 6, "sub_mean": [None] * 6, "share_positive": None}
    windows = [*rows(10), *rows(10, START + 300, **silent)]
    assert len(forecast.handler(asked(*windows), None)["forecasts"]) == 1
    assert forecast.handler(asked(*rows(10, **silent)), None)["too_short"] == ["demo"]
    assert forecast.handler(asked(), None)["forecasts"] == []
    assert forecast.handler(asked(*rows(10, stream_id=None)), None)["forecasts"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_messages": -1}, {"n_messages": 10**12}, {"n_messages": 0}, {"mean_compound": None},
        {"mean_compound": 1.5}, {"mean_compound": float("nan")}, {"sd_compound": float("inf")},
        {"observed_s": 31}, {"sub_n": [1] * 5}, {"sub_n": [-1] * 6}, {"sub_mean": [2.0] * 6},
        {"share_emote": 1.1}, {"start": "2026-11-22T12:00:07Z"}, {"start": "yesterday"},
        {"start": "9999-01-01T00:00:00Z"}, {"start": None}, {"channel": 7}, {"sub_mean": None},
    ],
)  # fmt: skip
def test_windows_that_cannot_be_fail_alone(wrong: dict[str, Any]) -> None:
    windows = rows(30)
    windows[-1] |= wrong
    good, bad = json.dumps(asked(*rows(30))), json.dumps({"v": 1, "windows": windows})
    answer = forecast.handler(batch(good, bad, good), None)
    assert answer["batchItemFailures"] == [{"itemIdentifier": "1"}]
    assert [*answer["answers"]] == ["0", "2"]


def test_a_row_without_a_column_is_refused_in_one_line() -> None:
    (row,) = rows(1)
    del row["sub_n"]
    with pytest.raises(BadInput, match=r"^windows of a request are rows of the table windows$"):
        forecast.handler(asked(row), None)
