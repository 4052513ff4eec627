"""What a window is read by: decided once, kept when it is made again, never mixed."""

import pytest

from pipeline.chat.message import Retract
from pipeline.scoring.language import Readable
from pipeline.windows.intake import Intake
from pipeline.windows.track import Closed
from tests.helpers.build import T, end, feed, intake, msg, start, watch

RUSSIAN, ENGLISH = "привет как дела Sadge", "why would you go mid there, they are clearly not back"


def closed(target: Intake, now: float) -> list[Closed]:
    return target.close(T + now)


def said(target: Intake, text: str, since: int, windows: int, n: int = 10) -> list[Closed]:
    """Windows of n messages each, one closed after another."""
    found: list[Closed] = []
    for k in range(since, since + windows):
        feed(target, *(msg(30 * k + i, f"{text}{' ' * i}") for i in range(n)))
        found += closed(target, 30 * k + 36)
    return found


@pytest.fixture
def target() -> Intake:
    found = intake("full")
    feed(found, watch(), start())
    return found


def test_a_channel_is_read_by_its_emotes_once_its_words_are_known_not_to_be_english(
    target: Intake,
) -> None:
    found = said(target, RUSSIAN, 0, 6)
    assert [c.window.basis for c in found] == ["words"] * 3 + ["emotes"] * 3
    assert [c.window.lexicon_version.endswith("+signs") for c in found] == [False] * 3 + [True] * 3
    assert found[-1].window.mean_compound == target.scorers.base.compound("Sadge")
    assert found[-1].window.share_scored == 1.0
    assert target.readable["demo"].share == 0.0


def test_silent_windows_are_of_the_basis_too(target: Intake) -> None:
    said(target, RUSSIAN, 0, 4)
    assert [c.window.basis for c in closed(target, 30 * 8 + 6)] == ["emotes"] * 4


def test_words_of_an_emote_window_move_nothing(target: Intake) -> None:
    said(target, RUSSIAN, 0, 4)
    (found,) = said(target, "hate hate madre LUL", 4, 1)
    assert (found.window.mean_compound, found.window.share_scored) == (0.0, 0.0)
    assert (found.window.n_laughs, found.window.basis) == (10, "emotes")
    assert {term for line in found.lines for term, _, _ in line.scored.terms} == {"LUL"}


def test_a_late_or_taken_back_message_leaves_the_basis_as_it_was(target: Intake) -> None:
    before = said(target, RUSSIAN, 0, 4)[2]
    feed(target, msg(75, "hate this", chatter="bob"), msg(105, "hate this", chatter="bob"))
    (first, last) = sorted(closed(target, 127), key=lambda c: c.window.start)
    assert first.again and last.again
    assert (first.window.basis, last.window.basis) == ("words", "emotes")
    assert first.window.mean_compound < before.window.mean_compound
    assert last.window.share_scored == 10 / 11, "its words say nothing"
    feed(target, Retract("demo", T + 127, message_id="ann@91"))
    (again,) = closed(target, 127)
    assert (again.window.basis, again.window.n_messages) == ("emotes", 10)


def test_a_language_that_changes_within_a_stream_changes_the_basis_once(target: Intake) -> None:
    found = [*said(target, ENGLISH, 0, 12), *said(target, RUSSIAN, 12, 60)]
    bases = [c.window.basis for c in found]
    assert bases == sorted(bases, reverse=True) and set(bases) == {"words", "emotes"}
    assert bases.index("emotes") < 12 + 50, "within the 500 messages that are remembered"


def test_half_english_chat_is_read_by_words_where_they_are_english(target: Intake) -> None:
    target.readable["demo"] = Readable.known(0.6)
    (found,) = said(target, "madre mia que horror no", 0, 1)
    assert (found.window.basis, found.window.mean_compound) == ("words", 0.0)
    assert found.window.lexicon_version.endswith("+mixed")
    (found,) = said(target, "this is horrible", 1, 1)
    assert found.window.mean_compound == target.scorers.base.compound("this is horrible")


def test_bot_lines_and_commands_are_not_heard(target: Intake) -> None:
    feed(target, *(msg(k, "!привет") for k in range(60)), end(60))
    feed(target, *(msg(k / 2, "привет как", chatter="nightbot") for k in range(60)))
    closed(target, 100)
    assert "demo" not in target.readable or target.readable["demo"].share is None


def test_a_window_counts_messages_in_capitals(target: Intake) -> None:
    (found,) = said(target, "WHAT IS THIS LUL", 0, 1)
    assert found.window.n_capitals == found.window.n_messages == 10
    (found,) = said(target, "well LUL LUL LUL", 1, 1)
    assert found.window.n_capitals == 0
