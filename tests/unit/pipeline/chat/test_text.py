"""What is chat and what is not, and the text as it should be read."""

import pytest

from pipeline.chat.text import KNOWN_BOTS, MAX_TEXT, is_filtered, masked, visible, word_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [("!song", True), ("!1", True), ("! wow", False), ("!!! wow", False), ("!", False),
     ("hey !song", False), (" !song", False), ("", False)],
)  # fmt: skip
def test_a_command_is_an_exclamation_mark_and_a_letter_at_the_start(
    text: str, expected: bool
) -> None:
    assert is_filtered(text, "ann", bot=False) is expected


def test_bots_are_filtered_whatever_they_say() -> None:
    assert is_filtered("hello", "ann", bot=True)
    assert is_filtered("hello", "nightbot", bot=False)
    assert not is_filtered("hello", "nightbot_fan", bot=False)
    assert all(name == name.lower() for name in KNOWN_BOTS)


def test_what_is_seen_stays_and_what_is_not_goes() -> None:
    assert visible("great\U000e0000 stu\u200bff\ufeff\0") == "great stuff"
    assert visible("مرحبا ünï 日本 👍🏽 👨‍👩‍👧 ❤️") == "مرحبا ünï 日本 👍🏽 👨‍👩‍👧 ❤️"
    assert visible("a\ud800b") == "ab"
    assert len(visible("ü" * 100_000)) == MAX_TEXT


def test_mentions_are_masked() -> None:
    assert masked("hey @some_one, and @Other! mail a@b") == "hey @…, and @…! mail a@b"


@pytest.mark.parametrize(
    ("token", "word"),
    [("Great!!!", "great"), ("(nice)", "nice"), ("don't", "don't"), ("@someone", ""),
     ("https://a.b/c", ""), ("example.org", ""), ("123", ""), ("!", ""), ("a", ""),
     ("x" * 25, "x" * 25), ("x" * 26, ""), ("", ""), ("¡hola!", "hola"), ("LUL", "lul")],
)  # fmt: skip
def test_a_token_as_a_term(token: str, word: str) -> None:
    assert word_of(token) == word
