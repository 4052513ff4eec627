"""How much of chat can be read: by window, and by channel."""

import random
from collections.abc import Sequence

import pytest

from pipeline.scoring import language as reading
from pipeline.scoring.language import Readable, share_readable
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.scoring.scorer import Scored
from tests.helpers.invented_chat import CHAT, lines
from warehouse.records import READABLE_LEAST

PLAIN = Scored(0.0, (), False)


def said(*texts: str) -> list[ScoredMessage]:
    return [ScoredMessage(0.0, 1, text, PLAIN, 0) for text in texts]


def shown(text: str, *emotes: str) -> ScoredMessage:
    return ScoredMessage(
        0.0, 1, text, Scored(0.0, tuple((e, "emote", 0.0) for e in emotes), True), 0
    )


def windows(language: str, n: int = 200, size: int = 12) -> list[list[ScoredMessage]]:
    dice, of = random.Random(3), said(*lines(language))
    return [dice.choices(of, k=size) for _ in range(n)]


@pytest.mark.parametrize("language", sorted(CHAT))
def test_a_channel_of_each_language_is_told(language: str) -> None:
    channel = Readable()
    for window in windows(language):
        channel.saw(window, share_readable(window))
    if language == "english":
        assert channel.share > 0.9
    else:
        assert channel.share < READABLE_LEAST


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (["привет как дела", "пока"], 0.0),
        (["日本語です", "おはよう"], 0.0),
        (["привет как дела", "😂😂", "12345"], 2 / 3),
        (["😂😂", "123 !!!", "https://a.b/c"], 1.0),
        (["why would you go mid there though", "because he thinks they are not back yet"], 1.0),
        (["que malo es este tio hombre", "vamos equipo que se puede ganar todavia"], 0.0),
        (["hm"], None),
        ([], None),
    ],
)
def test_a_window_is_as_readable_as_what_is_said_in_it(
    texts: Sequence[str], share: float | None
) -> None:
    found = share_readable(said(*texts))
    assert found == (None if share is None else pytest.approx(share))


def test_emotes_and_people_are_not_words_of_any_language() -> None:
    assert share_readable([shown("peepoHappy peepoHappy", "peepoHappy")]) == 1.0
    assert share_readable(said("@unnombremuylargo @otronombre")) == 1.0


def test_what_is_said_over_and_over_tells_no_more() -> None:
    assert share_readable(said(*["vamos equipo"] * 40)) is None


def test_text_of_any_kind_is_borne() -> None:
    hostile = ["\ud800", "\x00" * 10, "a" * 5000, "‮abc‬", "́" * 300, " "]
    assert share_readable(said(*hostile)) is not None


def test_a_new_channel_is_believed_until_more_than_one_window_tells() -> None:
    channel = Readable()
    channel.saw(said("привет"), 0.0)
    assert channel.share > 0.9
    for _ in range(500):
        channel.saw(said("привет"), 0.0)
    assert channel.share < 0.2


def test_a_window_that_tells_nothing_changes_nothing() -> None:
    channel = Readable(0.7, 100)
    channel.saw(said("hm"), None)
    assert (channel.share, channel.n) == (0.7, 100)


def test_a_channel_forgets_over_two_thousand_messages() -> None:
    channel = Readable(0.0, 100_000)
    for _ in range(4000):
        channel.saw(said("a"), 1.0)
    assert 0.85 < channel.share < 0.88  # 1 - e^-2


def test_words_of_plain_text_are_those_that_the_slow_search_finds() -> None:
    texts = ["Heyyyy don't a_b 111x y'all's 'quoted' '' A", "x" * 16, "tab\tand\nline", ""]
    dice = random.Random(5)
    texts += ["".join(dice.choices("aabZ'_1 .\t", k=dice.randint(0, 30))) for _ in range(2000)]
    for text in texts:  # a letter that is not ASCII makes it the slow one
        assert [*reading._words([text]), "é"] == reading._words([text, "é"])
