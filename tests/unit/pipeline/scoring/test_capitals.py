"""Messages in capitals, in any script with two cases, and what only looks like them."""

import pytest

from pipeline.scoring.capitals import shouting
from pipeline.scoring.scored import Scored
from pipeline.scoring.scored_message import ScoredMessage


def line(text: str, *emotes: str, strange: tuple[str, ...] = ()) -> ScoredMessage:
    terms = tuple((name, "emote", 0.0) for name in emotes)
    return ScoredMessage(0.0, 1, text, Scored(0.0, terms, bool(emotes), strange))


SHOUTED = ["LETS GO", "WHAT?!", "NOOOO", "WHAT a SHOT", "ЧТО ЭТО", "ΠΩΣ ΕΙΝΑΙ"]
SAID = ["", "GG", "WTF", "1234 !!!", "What A Shot", "that was INSANE lol", "AB 12 C"]
WITHOUT_CASE = ["草草草草", "ㅋㅋㅋㅋ", "哈哈哈哈", "555555"]


@pytest.mark.parametrize("text", SHOUTED)
def test_messages_in_capitals_shout(text: str) -> None:
    assert shouting([line(text), line("what"), line(text)]) == 2


@pytest.mark.parametrize("text", SAID + WITHOUT_CASE)
def test_other_messages_do_not(text: str) -> None:
    assert shouting([line(text)]) == 0


def test_emotes_names_are_no_capitals() -> None:
    assert shouting([line("KEKW KEKW", "KEKW")]) == 0
    assert shouting([line("MYEMOTE", strange=("MYEMOTE",))]) == 0
    assert shouting([line("KEKW no way", "KEKW")]) == 0
    assert shouting([line("KEKW WHAT", "KEKW")]) == 1
