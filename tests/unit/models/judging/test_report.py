import copy
import json

import pytest

from models.judging.backtest import judge, report_of
from models.judging.report import ENOUGH, SHOWN, beats_all, mark, markdown, table
from models.judging.tally import Tally
from tests.helpers.forecasting import make_session
from tests.unit.models.judging.test_comparisons import MODELS
from warehouse.figures import fixed


@pytest.fixture(scope="module")
def report() -> dict:  # type: ignore[type-arg]
    tally = Tally()
    for i, channel in enumerate(("alpha", "alpha", "beta", "gamma")):
        judge(make_session(700 if i == 2 else 90, i, 9, channel, f"s{i}"), MODELS, tally)
    judge(make_session(50, 9, channel="delta"), MODELS, tally)
    return json.loads(json.dumps(report_of(tally, MODELS, ["delta/d1: no <sense>"])))


def test_it_says_what_was_judged_and_what_was_not(report: dict) -> None:  # type: ignore[type-arg]
    text = markdown(report)
    assert "730 cutoffs in 4 streams of 3 channels" in text
    assert "Streams too short to judge: 1." in text
    assert "- delta/d1: no <sense>" in text


def test_every_model_channel_and_size_is_in_its_table(report: dict) -> None:  # type: ignore[type-arg]
    text = markdown(report)
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines()]
    assert {*MODELS, *report["channels"]} <= set(rows)
    assert "lstm-a - session_mean" in rows and "middle (3 channels, 4 streams): lstm-b" in rows
    assert "ewma, messages" in rows and "session_mean, CRPS" in rows


def test_figures_are_those_of_the_report(report: dict) -> None:  # type: ignore[type-arg]
    skills = report["all"]["models"]["ewma"]["latent_skill"]
    shown = " | ".join(fixed(skills[h], 3) for h in SHOWN)
    assert f"| ewma | {shown} |" in markdown(report)


def test_the_worst_channel_is_told_where_it_has_enough_targets(report: dict) -> None:  # type: ignore[type-arg]
    told = copy.deepcopy(report)
    few, many = (told["channels"][c]["models"]["lstm-b"] for c in ("alpha", "beta"))
    assert max(few["targets"]) < ENOUGH <= min(many["targets"])
    few["coverage80"][2], many["coverage80"][7] = 0.1, 0.515
    line = "lstm-b, 80 % band, farthest off: 51.5 % on beta at step 7, 28.5 points from its level."
    assert line in markdown(told).splitlines()


def test_stars_tell_by_how_much_chance_is_ruled_out() -> None:
    assert [mark(p) for p in (0.0005, 0.001, 0.009, 0.049, 0.05, 1.0)] == [
        "***", "**", "**", "*", "", "",
    ]  # fmt: skip


def pair(rival: str, p: float | None) -> dict:  # type: ignore[type-arg]
    return {"model": "lstm-1", "rival": rival, "squared": {"p": [p] * 11}}


def test_a_network_is_starred_by_its_strongest_baseline() -> None:
    pairs = [pair("ewma", 0.0005), pair("ridge", 0.03), pair("lstm-0", 0.9)]
    assert beats_all(pairs, "lstm-1", 1) == "*"
    assert beats_all([*pairs, pair("last_value", None)], "lstm-1", 1) == ""
    assert beats_all(pairs, "ewma", 1) == ""


def test_a_report_without_a_network_is_a_report(report: dict) -> None:  # type: ignore[type-arg]
    alone = {k: MODELS[k] for k in ("session_mean", "ewma")}
    tally = Tally()
    judge(make_session(90), alone, tally)
    text = markdown(report_of(tally, alone))
    assert "No network was judged" in text and "lstm" not in text


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["x", "1"]]) == ["| a | b |", "| --- | ---: |", "| x | 1 |"]
