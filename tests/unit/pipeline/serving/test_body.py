"""The body the EBS serves: what it says, and that it always fits."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebs.schema import MoodBody
from pipeline.forecasting.track_record import ENOUGH, Standing
from pipeline.serving.body import HISTORY, MAX_BODY, MoodState, body
from pipeline.serving.live_moments import LiveMoment
from tests.helpers.build import T, window
from warehouse.records import Forecast, Window, utc
from warehouse.trust import ENOUGH as ENOUGH_FIVE

NOW = T + 30 * 100


def state(*windows: Window, **more: Any) -> MoodState:
    made = MoodState("demo", "42", on=True, **{"readable": 0.9, **more})
    for w in windows:
        made.saw(w, {})
    return made


def said(made: MoodState, now: float = NOW) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(body(made, "live", now))
    return found


def forecast(cutoff: float, basis: str = "words", **more: Any) -> Forecast:
    ten = tuple(0.123456 + k / 100 for k in range(10))
    same = (ten,) * 8
    return Forecast("demo", utc(T + cutoff), "lstm-1", *same, basis=basis, **more)


FIVE: dict[str, Any] = {
    "five_q025": -0.21, "five_q10": -0.12345, "five_q50": 0.01, "five_q90": 0.14444,
    "five_q975": 0.2, "five_volume_q10": 60.0, "five_volume_q50": 101.25,
    "five_volume_q90": 150.0, "usual": 0.04567, "chance_above": 0.7, "chance_rise": 0.05,
}  # fmt: skip


def signed(at: float, mean: float, share: float = 0.1, **more: Any) -> Window:
    """Forty messages of a channel that is read by its emotes."""
    return window(at, 40, mean, share_scored=share, basis="emotes", **more)


def test_the_body_says_what_the_contract_says() -> None:
    made = state(window(2940), window(2970, 41, 0.2111), readable=0.934)
    made.saw(window(2970, 41, 0.2111), {})
    made.top = {"LUL": 12}
    found = said(made)
    assert {k: found[k] for k in ("v", "channel_id", "login", "source", "window_s")} == {
        "v": 1, "channel_id": "42", "login": "demo", "source": "live", "window_s": 30,
    }  # fmt: skip
    assert found["generated_at"] == "2026-01-01T12:50:00Z"
    assert (found["status"], found["readable"]) == ("live", 0.93)
    assert found["now"] == {
        "mood": 0.211, "label": "positive", "n": 41, "top": [["LUL", 12]],
        "five": {"mood": 0.17, "low": 0.12, "high": 0.22, "n": 51, "label": "positive"},
    }  # fmt: skip
    assert found["history"] == [
        ["2026-01-01T12:49:00Z", 0.1, 10], ["2026-01-01T12:49:30Z", 0.211, 41],
    ]  # fmt: skip
    assert found["forecast"] is None
    assert found["why"]


def test_silence_and_not_observed_are_told_apart() -> None:
    made = state(window(2940, 0, None), window(2970, 0, None, observed_s=0.0))
    assert [row[1:] for row in said(made)["history"]] == [[None, 0], [None, None]]
    assert said(made)["now"] == {
        "mood": None, "label": "silent", "n": None, "five": None, "top": [],
    }  # fmt: skip
    assert said(state(window(2970, 0, None)))["now"]["n"] == 0
    assert said(state())["now"]["n"] is None


def test_the_mood_waits_until_the_language_is_known() -> None:
    made = state(window(2940, 12, 0.0), window(2970, 11, 0.0), readable=None)
    found = said(made)
    assert (found["basis"], found["readable"], found["forecast"]) == (None, None, None)
    assert (found["now"]["mood"], found["now"]["label"], found["now"]["n"]) == (None, "waiting", 11)
    assert [row[1:] for row in found["history"]] == [[None, 12], [None, 11]]
    told = "still reading the language of this chat: 23 messages in the last half hour"
    assert found["why"] == told
    assert said(state(window(2970, 0, None), readable=None))["now"]["label"] == "silent"


def test_a_mood_by_emotes_says_so_and_what_it_rests_on() -> None:
    windows = [signed(2880 + 30 * k, 0.1 * k, n_laughs=k) for k in range(4)]
    found = said(state(*windows, readable=0.02, forecast=forecast(3000, "emotes")))
    assert found["basis"] == "emotes"
    assert found["now"] == {
        "mood": 0.2, "label": "positive", "n": 40, "top": [],
        "five": {"mood": 0.14, "low": 0.11, "high": 0.17, "n": 160, "label": "positive"},
        "share": 0.1, "seconds": 90, "laughs": 0.05,
    }  # fmt: skip
    assert found["forecast"]["cutoff"] == "2026-01-01T12:50:00Z"
    MoodBody.model_validate(found)


def test_where_emotes_are_too_rare_there_is_no_mood_and_it_says_why() -> None:
    made = state(*(signed(2820 + 30 * k, 0.01, 0.02) for k in range(6)), readable=0.02)
    found = said(made)
    assert (found["now"]["mood"], found["now"]["label"]) == (None, "unsupported")
    assert {row[1] for row in found["history"]} == {None}
    assert found["why"].endswith(", and too few of its messages have emotes: 2%")
    by_words = said(state(window(2970), readable=0.2))
    assert (by_words["now"]["mood"], by_words["now"]["label"]) == (None, "unsupported")
    assert by_words["why"] == "most of this chat is in a language that cannot be scored"


def test_moods_by_words_and_by_emotes_are_never_in_one_line() -> None:
    made = state(window(2910, 30, -0.9), signed(2940, 0.3, 0.5), signed(2970, 0.4, 0.5))
    made.readable, made.forecast = 0.4, forecast(3000)
    found = said(made)
    assert [row[1:] for row in found["history"]] == [[None, 30], [0.3, 40], [0.4, 40]]
    assert found["forecast"] is None, "it is one of the mood by words"


def test_the_recap_of_a_stream_by_words_is_not_told_of_a_chat_that_cannot_be_read() -> None:
    recap = {"title": "", "n": 900, "basis": "words", "mood": 0.1}
    made = state(window(2970), readable=0.2, recap=recap)
    assert said(made)["recap"]["mood"] is None
    assert said(state(readable=0.2, recap=recap))["recap"]["mood"] is None, "after a restart"
    made.recap = {**recap, "basis": "emotes"}
    assert said(made)["recap"]["mood"] == 0.1


def test_the_status_is_live_quiet_offline_or_stale() -> None:
    made = state(*(window(30 * k, 0, None) for k in range(94, 99)), window(2970, 2))
    assert said(made)["status"] == "quiet"
    made.saw(window(3000, 1), {})
    assert said(made, NOW + 30)["status"] == "live"
    assert said(made, NOW + 500)["status"] == "stale"
    made.on = False
    assert said(made, NOW + 500)["status"] == "offline"


def test_an_offline_channel_has_no_forecast_and_says_why() -> None:
    made = state(window(2970), forecast=forecast(3000))
    assert said(made)["forecast"]["cutoff"] == "2026-01-01T12:50:00Z"
    assert len(said(made)["forecast"]["steps"]) == 10
    assert said(made)["forecast"]["steps"][0] == [0.123, 0.123, 0.123]
    made.on = False
    assert (said(made)["forecast"], said(made)["why"]) == (None, "the stream is offline")


def test_the_five_minutes_are_told_with_chances_activity_and_a_grade() -> None:
    made = state(window(2970), forecast=forecast(3000, **FIVE))
    made.standing, made.standing_five = Standing(0.13, ENOUGH), Standing(0.1234, ENOUGH_FIVE)
    found = said(made)["forecast"]
    assert found["five"] == [-0.123, 0.01, 0.144]
    assert (found["usual"], found["chances"]) == (0.046, {"above": 0.7, "rise": 0.05})
    assert found["activity"] == [12.0, 20.2, 30.0]
    assert (found["grade"], found["five_skill"], found["skill"]) == ("clearly", 0.123, 0.13)
    MoodBody.model_validate(said(made))
    made.forecast = forecast(3000, **FIVE | {"five_q50": -0.0004, "usual": -0.0001})
    assert b"-0.0," not in body(made, "simulated", 0.0)
    made.standing_five = Standing(-17.5, 1)
    found = said(made)["forecast"]
    assert (found["grade"], found["five_skill"]) == ("new", None), "a number by chance is none"


def test_a_forecast_of_an_earlier_version_says_nothing_of_the_five_minutes() -> None:
    found = said(state(window(2970), forecast=forecast(3000)))["forecast"]
    told = ("five", "usual", "chances", "activity", "grade", "five_skill")
    assert [found[name] for name in told] == [None, None, {}, None, "new", None]
    assert len(found["steps"]) == 10


def test_a_forecast_older_than_the_newest_window_is_not_shown() -> None:
    assert said(state(window(2940), window(2970), forecast=forecast(2970)))["forecast"] is None


def test_a_window_made_again_takes_its_own_place() -> None:
    made = state(window(2940, 5, 0.1), window(2970, 6, 0.2))
    made.saw(window(2940, 7, 0.3), {})
    assert [row[1:] for row in said(made)["history"]] == [[0.3, 7], [0.2, 6]]


def test_the_history_is_half_an_hour() -> None:
    made = state(*(window(30 * k) for k in range(100)))
    assert len(said(made)["history"]) == HISTORY


def test_what_was_before_the_last_half_hour_is_no_history_though_no_stream_was_between() -> None:
    before = [window(30 * k, stream_id="demo:1") for k in range(HISTORY)]
    made = state(*before, window(30 * 80, stream_id="demo:2"))
    assert [row[0] for row in said(made)["history"]][::38] == [
        "2026-01-01T12:10:30Z", "2026-01-01T12:29:30Z",
    ]  # fmt: skip
    assert said(made)["history"][-1][0] == "2026-01-01T12:40:00Z"


def moment(**more: Any) -> LiveMoment:
    values: dict[str, Any] = {
        "channel": "demo", "channel_id": "42", "at": utc(T + 2945), "found_at": utc(T + 2970),
        "text": "KEKW x 43, 3 times as busy", "kind": "laughter", "score": 7.123, "term": "KEKW",
        "n": 43, "times": 3.0512, "before": 0.04567, "mood": 0.31234, "title": "Laughter",
    }  # fmt: skip
    return LiveMoment(**{**values, **more})


def test_a_moment_tells_what_was_said_and_from_what_to_what_the_mood_went() -> None:
    assert said(state(window(2970), moment=moment()))["moment"] == {
        "at": "2026-01-01T12:49:05Z", "text": "Laughter: KEKW x 43, 3 times as busy",
        "kind": "laughter", "term": "KEKW", "n": 43, "times": 3.1, "before": 0.046, "mood": 0.312,
    }  # fmt: skip
    assert said(state(window(2970)))["moment"] is None


def test_a_moment_in_a_language_that_cannot_be_read_has_no_mood() -> None:
    unread = said(state(window(2970), readable=0.2, moment=moment()))["moment"]
    assert (unread["term"], unread["before"], unread["mood"]) == ("KEKW", None, None)
    other = said(state(signed(2970, 0.3), readable=0.2, moment=moment()))["moment"]
    assert (other["before"], other["mood"]) == (None, None), "it was measured by words"


def test_the_label_is_that_of_five_minutes() -> None:
    usual = [window(30 * k, 20, 0.1) for k in range(50)]
    one = said(state(*usual, window(1770, 1, -0.9)), T + 1800)["now"]
    assert (one["mood"], one["label"], one["five"]["label"]) == (-0.9, "positive", "positive")
    MoodBody.model_validate(said(state(*usual)))
    silent = window(1500, 0, None)
    assert said(state(*usual, silent))["now"]["label"] == "positive", "it is of the minutes before"


def test_the_record_never_oversells() -> None:
    def record(skill: float | None, targets: int) -> str:
        return Standing(skill, targets).record()

    assert record(None, 0) == "too new to have a record"
    assert record(0.9, 120) == "too short a record to judge: 120 of 500 half minutes of chat"
    beaten = "lately not better than guessing this stream's average, so that is what is shown"
    assert {record(skill, ENOUGH) for skill in (-0.2, 0.0, None)} == {beaten}
    clearly, little = (record(skill, ENOUGH) for skill in (0.13, 0.09))
    assert clearly == "lately clearly better than guessing this stream's average"
    assert little == "lately a little better than guessing this stream's average"


def test_the_session_mean_is_shown_only_after_enough_windows_without_skill() -> None:
    assert [Standing(s, ENOUGH).is_beaten for s in (-0.1, 0.004, None, 0.006)] == [True] * 3 + [
        False
    ]
    assert not Standing(-0.5, ENOUGH - 1).is_beaten


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
FLOAT = st.floats(-1, 1)
WINDOWS = st.lists(
    st.tuples(st.integers(0, 10**7), FLOAT, st.sampled_from([0.0, 12.3456789, 30.0])), max_size=70
)


@pytest.mark.parametrize("shown", [None, forecast(3000), forecast(3000, **FIVE)])
@pytest.mark.parametrize("windows", [(), (window(2940), window(2970, 0, None, observed_s=0.0))])
def test_the_ebs_documents_the_body_as_it_is(
    windows: tuple[Window, ...], shown: Forecast | None
) -> None:
    recap = {"title": "a", "started_at": "x", "ended_at": "y", "n": 1, "mood": 0.1}
    recap |= {"basis": "words"}
    made = state(*windows, forecast=shown, recap=recap, moment=moment(times=None))
    MoodBody.model_validate_json(body(made, "live", NOW), strict=True, extra="forbid")


@settings(max_examples=150)
@given(WINDOWS, st.dictionaries(TEXT, st.integers(1, 10**6), max_size=30), TEXT, TEXT, TEXT)
def test_no_body_is_ever_longer_than_five_kilobytes(
    windows: list[tuple[int, float, float]], top: dict[str, int], title: str, why: str, login: str
) -> None:
    made = state(*(window(30 * k, n, m, observed_s=s) for k, (n, m, s) in enumerate(windows)))
    made.top, made.trouble, made.channel = top, why, login[:25]
    made.recap = {"title": title * 20, "started_at": "x" * 20, "ended_at": "x" * 20, "n": 1}
    made.recap |= {"basis": "emotes", "mood": -0.123}
    made.moment = moment(text=title[:140], term=title[:25] or None)
    for shown in (None, forecast(30 * len(windows)), forecast(30 * len(windows), **FIVE)):
        made.forecast = shown
        found = body(made, "simulated", NOW)
        assert len(found) <= MAX_BODY
        assert orjson.loads(found)["v"] == 1


def test_endless_words_from_elsewhere_are_cut_before_the_history_is() -> None:
    made = state(*(window(30 * k, 10**6, -0.123) for k in range(HISTORY)), trouble="w" * 9000)
    made.top = {f"{k}" + "é" * 500: 10**6 for k in range(30)}
    made.recap = {"title": "日" * 9000, "started_at": "", "ended_at": "", "n": 1, "mood": 0.1}
    made.recap |= {"basis": "words"}
    found = body(made, "simulated", NOW)
    assert len(found) <= MAX_BODY
    assert len(orjson.loads(found)["history"]) >= 50


@pytest.mark.parametrize(("readable", "label"), [(0.44, "unsupported"), (0.46, "positive")])
def test_chat_that_cannot_be_read_has_no_mood_in_words(readable: float, label: str) -> None:
    made = state(window(2940), window(2970, 41, 0.2111), readable=readable)
    found = said(made)
    assert found["now"]["label"] == label
    told = "most of this chat is in a language that cannot be scored"
    assert (found.get("why") == told) is (label == "unsupported")
