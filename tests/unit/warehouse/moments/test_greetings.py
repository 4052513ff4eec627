"""Greetings are known in many languages, and what greets nobody is none."""

import pytest

from warehouse.moments.greetings import is_greeting


@pytest.mark.parametrize("term", "hi Hello HEY gg bye привет 你好 안녕 こんにちは hola 👋".split())
def test_greetings_and_goodbyes_are_known(term: str) -> None:
    assert is_greeting(term, "word")


def test_emotes_greet_by_the_ends_of_their_names() -> None:
    assert all(is_greeting(name, "emote") for name in ("HeyGuys", "ownWave", "someHi", "ownRaid"))
    assert not any(is_greeting(name, "emote") for name in ("LUL", "PogChamp", "Hiding", "Chi"))
    assert not is_greeting("ownWave", "word")
    assert not is_greeting("great", "word")
