"""The dashboard's words, skill, downloads and cards: plain functions, exact values."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc
from streamlit.testing.v1 import AppTest

from dashboard import basis as read
from dashboard import frame, tables, wording
from dashboard.accuracy import skill
from dashboard.live import card_picture, card_words, live_table, now
from dashboard.markup import row, span
from dashboard.time_span import Span
from pipeline.serving.body import MoodState, body
from tests.helpers.build import T, window_row
from tests.helpers.patience import PATIENCE_S
from warehouse.forecast_metrics import SUMMED
from warehouse.records import Window
from warehouse.spreadsheet import csv_bytes

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.214, "+0.21"),
        (-0.05, "−0.05"),
        (-0.001, "0.00"),
        (0.0, "0.00"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_a_mood_has_a_true_sign_and_zero_has_none(value: float | None, text: str) -> None:
    assert wording.signed(value) == text


@pytest.mark.parametrize(
    ("mood", "n", "word", "glyph"),
    [
        (0.05, 1000, "positive", "▲"),
        (-0.05, 1000, "negative", "▼"),
        (0.0449, 1000, "neutral", "●"),
        (0.62, 1, "neutral", "●"),
        (0.1, 5, "neutral", "●"),
        (0.1, 50, "positive", "▲"),
        (None, 0, "silent", "○"),
    ],
)
def test_an_average_has_a_word_and_a_shape(
    mood: float | None, n: int, word: str, glyph: str
) -> None:
    assert (wording.mood_word(mood, n), wording.glyph(mood, n)) == (word, glyph)


def _table() -> None:
    from dashboard import tables

    values = [0.0134, -0.0019, -0.00001, None, 12345.0]
    tables.show("t", {"A": tables.signed(values, 4), "B": tables.number(values)})


def test_a_column_of_numbers_is_told_in_our_words_and_sorts_as_numbers() -> None:
    drawn = AppTest.from_function(_table, default_timeout=PATIENCE_S).run().dataframe[0]
    assert drawn.value["A"].tolist()[:3] == [0.0134, -0.0019, -0.00001]
    told = ipc.open_stream(drawn.proto.arrow_data.styler.display_values).read_pandas()
    assert told.to_numpy().tolist() == [
        ["+0.0134", "0"], ["−0.0019", "0"], ["0.0000", "0"], ["–", "–"], ["+12345.0000", "12,345"],
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "said"), [(0, "0 gaps"), (1, "1 gap"), (2345, "2,345 gaps")])
def test_one_of_a_kind_is_no_plural(n: int, said: str) -> None:
    assert wording.counted(n, "gap") == said


def test_utc_is_on_hover_only_where_times_are_of_another_zone() -> None:
    assert frame.times_in(wording.zone("Europe/Berlin")) == "Times in Europe/Berlin; hover for UTC"
    assert frame.times_in(UTC) == "Times in UTC"


def test_times_are_the_readers_and_an_unknown_zone_is_utc() -> None:
    berlin = wording.zone("Europe/Berlin")
    assert wording.moment(NOON, berlin) == "22 Nov 2026, 13:00"
    assert wording.local(NOON.replace(tzinfo=None), berlin) == datetime(2026, 11, 22, 13)
    assert wording.utc_text(NOON) == "2026-11-22 12:00:00 UTC"
    assert [wording.zone(z) for z in ("Not/There", "../etc/passwd", None)] == [UTC] * 3


def test_foreign_text_loses_control_and_direction_characters() -> None:
    assert wording.plain("a\x00b\u202ec\nd  e") == "abc d e"
    assert wording.plain("x" * 30) == "x" * 24 + "…"
    assert wording.plotted("<b>&") == "&lt;b&gt;&amp;"


@pytest.mark.parametrize(
    ("kind", "detail", "text"),
    [
        ("raid", "beta", "Raid from beta"),
        ("cheer", "100", "Cheer of 100 bits"),
        ("cheer", "100 bits", "Cheer of 100 bits"),
        ("watch_streak", "3 streams", "Watch streak of 3 streams"),
        ("power_up", "gigantified emote", "Power-up: gigantified emote"),
        ("announcement", "", "Announcement"),
        ("sub", "tier 1", "Sub, tier 1"),
        ("category", "Chess", "New category: Chess"),
        ("connection_lost", None, "Connection lost"),
        ("new_kind", "x", "New kind: x"),
    ],
)
def test_events_are_told_in_words(kind: str, detail: str | None, text: str) -> None:
    assert wording.event_text(kind, detail) == text


def test_markup_escapes_every_text_and_attribute() -> None:
    made = row(span("<b>", title='"><script>'), "a & b")
    assert str(made) == (
        '<div><span title="&quot;&gt;&lt;script&gt;">&lt;b&gt;</span>a &amp; b</div>'
    )


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", " =1", "＝1+1", "\u00a0=1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(cell: str) -> None:
    body = csv_bytes(pa.table({"text": [cell]})).decode()
    assert "'" + cell in body


def test_numbers_and_times_stay_what_they_are_in_a_download() -> None:
    table = pa.table(
        {"m": [-0.5, None], "at": [datetime(2026, 11, 22, 12), None], "t": ["a,b", None]}
    )
    assert csv_bytes(table).decode() == 'm,at,t\r\n-0.5,2026-11-22T12:00:00Z,"a,b"\r\n,,\r\n'
    days = pa.table({"day": [datetime(2026, 11, 22).date()]})
    assert csv_bytes(days).decode() == "day\r\n2026-11-22\r\n"


def cells(days: int, error: float) -> pd.DataFrame:
    """Scores of two models over `days`; noise 9, the session mean 12 above it."""
    return pd.DataFrame(
        [
            {
                "channel": "a", "day": date(2026, 11, 1) + timedelta(days=k), "model": model,
                "step": 1, "targets": 100, "n": 1000, "squared_error": own, "absolute_error": 200.0,
                "crps": 60.0, "width80": 350.0, "hits80": 81, "hits95": 94, "noise": 9.0,
                "base_n": 1000, "base_squared_error": 21.0, "base_noise": 9.0,
                **dict.fromkeys(SUMMED["later"], float("nan")),
            }
            for k in range(days)
            for model, own in (("m", error + (0.6 if k % 2 else -0.6)), ("session_mean", 21.0))
        ]
    )  # fmt: skip


def test_latent_skill_takes_what_nobody_can_know_out_of_both_sides() -> None:
    found = skill.scored(cells(6, 18.6), ["model"]).set_index("model")
    assert found.loc["m", "skill"] == pytest.approx(0.2)
    assert found.loc["session_mean", "skill"] == 0.0
    assert found.loc["m", "nmse"] == pytest.approx(0.0186)
    assert found.loc["m", "floor"] == pytest.approx(0.009)
    assert found.loc["m", "coverage80"] == pytest.approx(0.81)
    assert found.loc["m", "targets"] == 600


def test_the_interval_is_a_jackknife_over_days() -> None:
    """Days of skill 0.25 and 0.15 in turn: the standard error of their mean is sd / sqrt(6)."""
    found = skill.scored(cells(6, 18.6), ["model"]).set_index("model").loc["m"]
    error = pd.Series([0.25, 0.15] * 3).std() / 6**0.5
    assert found["skill_high"] - found["skill"] == pytest.approx(1.96 * error)


def test_few_days_have_no_interval_and_no_claim() -> None:
    found = skill.scored(cells(2, 18.6), ["model"]).iloc[0]
    assert pd.isna(found["skill_low"])
    assert "which may still be chance" in skill.verdict(0.2, None, None)


def test_a_session_mean_at_the_floor_leaves_nothing_to_know() -> None:
    table = cells(6, 18.6).assign(base_squared_error=9.0)
    assert skill.scored(table, ["model"])["skill"].isna().all()
    assert skill.verdict(float("nan"), None, None).startswith("cannot be judged")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0.2, 0.1, 0.3), "knew 20 % of what can be predicted"),
        ((-0.2, -0.3, -0.1), "worse than guessing"),
        ((-0.01, -0.1, 0.1), "no better than guessing"),
        ((0.01, -0.1, 0.12), "which may still be chance"),
    ],
)
def test_the_verdict_never_oversells(numbers: tuple[float, float, float], said: str) -> None:
    assert said in skill.verdict(*numbers)


def test_the_model_in_focus_serves_or_is_ours() -> None:
    assert skill.focus(["ewma", "lstm-1", "lstm-2"], ["lstm-1"]) == "lstm-1"
    assert skill.focus(["ewma", "lstm-1", "lstm-2"], []) == "lstm-2"
    assert skill.focus(["ewma"], []) == "ewma"
    assert skill.focus([], []) == ""


def test_days_begin_at_the_readers_midnight() -> None:
    assert Span(NOON, NOON).offset_s(ZoneInfo("Europe/Berlin")) == 3600


def card(windows: list[dict[str, Any]], on_air: bool = True, stale: bool = False) -> now.Card:
    channel = {
        "channel": "a",
        "display_name": "",
        "source": "live",
        "on_air": on_air,
        "readable": 1.0,
    }
    imported = {**channel, "channel": "b", "source": "import"}
    empty: dict[str, Any] = dict.fromkeys(("terms", "forecasts", "events", "recaps", "skills"), ())
    (made,) = now.channel_cards(
        [channel, imported], "live", NOON, {"windows": windows, **empty}, stale
    )
    return made


def seen(back_s: int, n: int, observed_s: float = 30.0) -> dict[str, Any]:
    start = (NOON - timedelta(seconds=back_s)).replace(tzinfo=None)
    mean = 0.1 if n else None
    return {
        "channel": "a",
        "start": start,
        "basis": "words",
        "share_scored": 0.5,
        "n_laughs": 0,
        "n": n,
        "mean": mean,
        "sd": 0.3,
        "sd_compound": 0.3,
        "observed_s": observed_s,
    }


@pytest.mark.parametrize(
    ("windows", "on_air", "stale", "status"),
    [
        ([seen(30, 3)], True, False, "live"),
        ([seen(30, 2)], True, False, "quiet"),
        ([seen(150, 9)], True, False, "stale"),
        ([seen(30, 9)], True, True, "stale"),
        ([seen(30, 9)], False, False, "offline"),
        ([], True, False, "offline"),
    ],
)
def test_a_card_has_one_of_four_states(
    windows: list[dict[str, Any]], on_air: bool, stale: bool, status: str
) -> None:
    assert card(windows, on_air, stale).status == status


def test_a_card_tells_silence_from_a_lost_connection() -> None:
    assert card([seen(30, 0)]).connection() == "silence"
    assert card([seen(30, 0)]).feels == "silent"
    assert card([seen(30, 0)]).rests_on() == "nobody spoke in the last 5 min"
    assert card([seen(30, 0)]).newest() == ("30 s", "nobody spoke (n = 0)")
    assert card([seen(30, 0, 0.0)]).connection() == "✕ not observed: connection lost"
    assert card([seen(30, 0, 0.0)]).feels == "not observed"
    assert card([seen(30, 0, 0.0)]).newest() == ("30 s", "not observed (n = 0)")
    assert card([seen(30, 5, 12.0)]).connection() == "observed, 12 of 30 s"


def test_a_card_shows_half_an_hour_and_not_the_stream_before() -> None:
    made = card([seen(7200, 3), seen(1830, 3), seen(1800, 3), seen(30, 3)])
    assert [w["start"] for w in made.windows] == [seen(1800, 3)["start"], seen(30, 3)["start"]]


def test_no_line_ends_inside_a_number_of_a_sentence() -> None:
    for drawn in (frame.say("80 % of n = 5"), frame.lead("80 % of n = 5")):
        assert "80\u00a0% of n\u00a0=\u00a05" in str(drawn)


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        (0.79, "held 79.0 % of what happened: it keeps its promise"),
        (0.70, "held 70.0 % of what happened: it is too narrow"),
        (0.90, "held 90.0 % of what happened: it is too wide"),
        (float("nan"), "could not be checked"),
    ],
)
def test_a_band_is_told_to_be_honest_narrow_or_wide(coverage: float, said: str) -> None:
    assert skill.band_verdict(coverage, 0.8) == said


@pytest.mark.parametrize(
    ("readable", "supported"),
    [(None, False), (1.0, True), (0.5, True), (0.44, False), (0.0, False)],
)
def test_chat_that_cannot_be_read_is_unsupported(readable: float | None, supported: bool) -> None:
    assert replace(card([seen(30, 9)]), readable=readable).supported is supported


def signed(back_s: int, n: int, mean: float, share: float) -> dict[str, Any]:
    read = {"basis": "emotes", "mean": mean, "share_scored": share, "n_laughs": n // 10}
    return {**seen(back_s, n), **read}


def test_a_mood_waits_while_its_language_is_read() -> None:
    made = replace(card([seen(60, 9), seen(30, 3)]), readable=None)
    assert card_words.why_not(made) == (
        "still reading the language", "12 messages in the last half hour: the mood waits",
    )  # fmt: skip
    said = str(row(*card_words.mood(made, UTC)))
    assert "still reading the language" in said and "neutral" not in said
    line = tables.frame_of(live_table.columns([made], NOON, 1.0)).iloc[0]
    assert line["Feels"] == "still reading the language" and pd.isna(line["Mood"])


def test_a_mood_by_emotes_says_so_on_its_card_and_in_its_line() -> None:
    words = {**seen(150, 90), "mean": -0.9}
    made = replace(card([words, signed(60, 20, 0.1, 0.3), signed(30, 20, 0.3, 0.3)]), readable=0.0)
    assert made.newest() == ("1 min", "+0.20, by emotes in 30 % of 40 messages")
    assert made.five is not None and made.five.n == 40, "without the window that was read by words"
    assert "by emotes" in str(row(*card_words.mood(made, UTC)))
    assert "in 10 % of messages; it is no part of the mood" in str(card_words.facts(made, NOON))
    shown = tables.frame_of(live_table.columns([made], NOON, 1.0)).iloc[0]
    assert shown["Feels"] == "▲ positive, by emotes"
    assert shown["Half hour"] == [0.1, 0.3]
    lines = str(card_picture.drawing(made.shown, None, 1.0))
    assert 'class="mood"' in lines and 'class="other"' not in lines, "its words could not be read"
    half = replace(made, readable=0.48)
    lines = str(card_picture.drawing(half.shown, None, 1.0))
    assert 'class="mood"' in lines and 'class="other"' in lines


def test_too_few_emotes_tell_no_mood() -> None:
    made = replace(card([signed(30, 200, 0.01, 0.02)]), readable=0.0)
    assert card_words.why_not(made) == (
        "unsupported language", "2 % of messages have emotes: too few to tell a mood by",
    )  # fmt: skip
    assert not any(w["mean"] for w in made.shown)


def test_a_forecast_of_the_other_measure_is_not_shown() -> None:
    forecast = {"channel": "a", "cutoff": NOON.replace(tzinfo=None), "model": "m"}
    kinds: dict[str, Any] = dict.fromkeys(("terms", "events", "recaps"), ())
    channel = {"channel": "a", "display_name": "", "source": "live", "on_air": True, "readable": 0}
    sums = {"channel": "a", "model": "m", "targets": 900, "n": 1, "squared_error": 1.0,
            "noise": 0.0, "base_n": 1, "base_squared_error": 2.0, "base_noise": 0.0,
            "step": 1}  # fmt: skip
    skills = [{**sums, "basis": "words"}, {**sums, "basis": "emotes", "targets": 7}]
    for basis, targets in (("words", None), ("emotes", 7)):
        rows = {"windows": [signed(30, 20, 0.3, 0.5)], "skills": skills, **kinds,
                "forecasts": [{**forecast, "basis": basis}]}  # fmt: skip
        (made,) = now.channel_cards([channel], "live", NOON, rows, False)
        assert (made.skill and made.skill["targets"]) == targets
        assert (made.forecast is not None) == (basis == "emotes")


def test_averages_are_of_one_measure_and_say_what_they_leave_out() -> None:
    rows = [{"n": 30, "basis": "words", "share_scored": 0.5},
            {"n": 50, "basis": "emotes", "share_scored": 0.1}]  # fmt: skip
    of = read.parts([*rows, {"n": 0, "basis": "words", "share_scored": None}])
    assert read.usual(of, 0.9) == read.Portion("emotes", 50, 5.0)
    assert read.left_out(of, "emotes") == "30 messages read by words are left out"
    assert read.usual(of[1:], 0.1).reason(0.1).startswith("unsupported language: DLD can read 10 %")
    assert read.usual(of[1:], None).why_not(None) == read.READING
    few = read.Portion("emotes", 100, 2.0)
    assert "2 % of its messages have emotes" in few.reason(0.0)
    assert read.usual([few, read.Portion("words", 9, 9.0)], 0.9).basis == "words"


def test_a_record_of_which_nothing_can_be_known_is_said_so() -> None:
    card = now.Card("demo", "demo", "live", (), skill={"targets": 90, "skill": None})
    assert card.record() == "not better than guessing the stream’s average (n = 90)"


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.floats(-1, 1), st.none() | st.floats(0, 1)),
        min_size=1, max_size=60,
    )
)  # fmt: skip
def test_a_card_and_a_body_say_the_same_of_now(
    said: list[tuple[int, float, float | None]],
) -> None:
    state = MoodState("a", "1", on=True, readable=1.0)
    rows = []
    for k, (n, mean, sd) in enumerate(said):
        row = {**window_row(30 * k, n, mean), "channel": "a", "sd_compound": sd if n > 1 else None}
        state.saw(Window(**{name: row[name] for name in Window.__slots__}), {})
        rows.append({**row, "n": n, "mean": row["mean_compound"], "sd": None})
    served = orjson.loads(body(state, "live", T + 30 * len(said)))["now"]
    made = now.Card("a", "a", "live", rows, readable=1.0)
    assert served["five"] == (made.five and made.five._asdict())
    assert served["label"] == made.feels


@pytest.mark.parametrize(
    ("label", "mood", "said"),
    [
        ("positive", 0.08, "a bit positive"), ("positive", 0.096, "positive"),
        ("negative", -0.09, "a bit negative"), ("negative", -0.2, "negative"),
        ("neutral", 0.0, "about neutral"), ("silent", None, "silent"),
    ],
)  # fmt: skip
def test_a_weak_mood_is_only_a_bit_positive(label: str, mood: float | None, said: str) -> None:
    assert wording.headline(label, mood) == said
