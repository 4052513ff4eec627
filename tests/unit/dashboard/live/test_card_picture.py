"""The picture of a card of the Live page: what is drawn where, and what is said of it."""

from datetime import UTC
from urllib.parse import unquote
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from dashboard.live import card_picture
from tests.unit.dashboard.charts.test_charts import ROWS, forecast, row

FIRST = 60 - 7  # the slot of the first of ROWS, whose last is the sixtieth


def drawn(rows: list[dict[str, object]], reach: float = 0.6, ahead: bool = True) -> dict[str, str]:
    """Path by class, of one each; the last where there are more."""
    svg = card_picture.drawing(rows, forecast() if ahead else None, reach)
    paths = ElementTree.fromstring(svg.text).iter("{http://www.w3.org/2000/svg}path")
    return {path.get("class", ""): path.get("d", "") for path in paths}


def test_it_draws_band_gaps_line_silence_and_forecast() -> None:
    svg = card_picture.drawing(ROWS, forecast(), 0.6).text
    assert [svg.count(f'class="{cls}"') for cls in ("unseen", "band", "mood", "silence")] == [
        1, 1, 2, 1,
    ]  # fmt: skip
    assert svg.count('class="ahead"') == 2 and svg.count('class="forecast"') == 1
    paths = drawn(ROWS)
    middle = 30 * FIRST + 15
    assert f'class="mood" d="M{middle},-200L{middle + 30},-300"' in svg
    assert paths["mood"] == f"M{30 * 59 + 15},-100h0", "a window alone is a dot"
    assert paths["silence"] == f"M{middle + 60},600v-30"
    assert paths["forecast"].startswith(f"M{30 * 59 + 15},-100L{30 * 60 + 15},-100L")


def test_the_forecast_stands_alone_after_silence() -> None:
    assert drawn(ROWS[:3])["forecast"].startswith(f"M{30 * 64 + 15},-100L")


def test_a_mood_beyond_the_scale_is_drawn_at_its_edge() -> None:
    far = [{**row(k, 2, 0.9), "sd": 5.0} for k in range(2)]
    assert drawn(far, 1.0)["band"] == "M1755,-1000L1785,-1000L1785,1000L1755,1000Z"


def test_one_height_serves_all_cards() -> None:
    assert card_picture.reach_of([(ROWS, forecast())]) == 0.4
    assert card_picture.reach_of([([row(0, 1, -0.95)], None)]) == 1.0


def test_it_says_what_it_shows_to_who_cannot_see_it() -> None:
    assert card_picture.about("A", ROWS, forecast()) == (
        "Mood of A in the last 5 windows of 30 seconds, from +0.10 to +0.30; "
        "forecast for five minutes, 80 % of windows between −0.10 and +0.30"
    )
    assert card_picture.about("A", [row(0, 0, None)], None) == (
        "Mood of A in the last 1 window of 30 seconds"
    )


def test_what_is_under_the_pointer_is_told_slot_by_slot() -> None:
    text = card_picture.picture("A", ROWS, forecast(), UTC, 0.6).text
    slots = text.partition("dld-points")[2].split("<i")[1:]
    assert len(slots) == 70
    assert "+0.20 ± 0.20, 9 messages\n2026-11-22 12:00:00 UTC" in slots[FIRST]
    assert "nobody spoke\n" in slots[FIRST + 2] and "not observed\n" in slots[FIRST + 3]
    assert "data-said" not in slots[FIRST + 4], "nothing is known of that window"
    assert "Forecast +0.10, 80 %: −0.10 to +0.30\n2026-11-22 12:03:30 UTC" in slots[60]
    other = [{**row(0, 9, 0.2), "basis": "words"}, {**row(1, 9, 0.2), "basis": "emotes"}]
    assert "9 messages, by words\n" in card_picture.picture("A", other, None, UTC, 0.6).text


def test_hours_are_the_readers_and_inside_the_picture() -> None:
    rows = [row(0, 9, 0.2)]
    text = card_picture.picture("A", rows, None, ZoneInfo("Asia/Kathmandu"), 0.6).text
    hours = text.partition("dld-hours")[2]
    # 17:15:30 to 17:50:30 there; windows stand in the middle of their slots
    assert [hours[hours.index(f">{at}<") - 6 :][:4] for at in ("17:20", "17:30", "17:40")] == [
        "13.6", "42.1", "70.7",
    ]  # fmt: skip
    assert "17:10" not in hours and hours.count("<span") == 3


@pytest.mark.parametrize("name", ['"><script>', "' onerror='x"])
def test_a_hostile_name_is_text(name: str) -> None:
    text = card_picture.picture(name, ROWS, None, UTC, 0.6).text
    assert "<script" not in text and "' onerror" not in text
    (source,) = [part for part in text.split('"') if part.startswith("data:")]
    assert ElementTree.fromstring(unquote(source.partition(",")[2])).tag.endswith("svg")
