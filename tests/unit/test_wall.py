"""Many live cards as one piece of markup, and what a card says of its record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from dashboard.now import Card
from dashboard.wall import drawing, wall

NOON = datetime(2026, 1, 1, 12)
EVIL = '<img src=x onerror="window.pwned=1">'


def row(k: int, n: int, mean: float | None, seen: float = 30.0) -> dict[str, object]:
    at = NOON + timedelta(seconds=30 * k)
    return {"start": at, "n": n, "mean": mean, "sd": 0.3 if n > 1 else None, "observed_s": seen}


ROWS = (row(0, 4, 0.2), row(1, 5, -0.1), row(2, 0, None), row(3, 0, None, 0.0), row(4, 1, 0.4))
FLAT = {name: [0.1] * 10 for name in ("q025", "q10", "q50", "q90", "q975", "volume_q50")}
CARD = Card("demo", EVIL, "live", ROWS, {"cutoff": NOON + timedelta(seconds=150), **FLAT})
SKILL = {"targets": 90, "skill": None}


def test_a_picture_has_band_line_silence_gap_and_a_dashed_forecast() -> None:
    drawn = unquote(drawing(CARD, UTC, 0.6).text)
    assert [drawn.count(f'class="{c}"') for c in ("sure", "mood", "silent", "unseen")] == [
        1,
        2,
        1,
        1,
    ]
    assert [drawn.count(f'class="{c}"') for c in ("ahead95", "ahead80", "ahead")] == [1, 1, 1]
    assert "2026-01-01 12:02:30 UTC" in drawn


def test_a_hostile_name_is_text_in_every_card() -> None:
    drawn = wall([CARD, replace(CARD, forecast=None)], NOON.replace(tzinfo=UTC), UTC).text
    assert drawn.count('class="dld-card"') == 2
    assert EVIL not in drawn
    assert EVIL not in unquote(drawn)


def test_a_record_of_which_nothing_can_be_known_is_said_so() -> None:
    assert replace(CARD, skill=SKILL).record().startswith("too little to be known lately")
