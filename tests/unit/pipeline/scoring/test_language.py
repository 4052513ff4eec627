"""How much of chat can be read: by window, and by channel."""

import random
from collections.abc import Sequence

import pytest

from pipeline.scoring import language as reading
from pipeline.scoring.language import Readable, share_readable
from pipeline.scoring.scored import Scored
from pipeline.scoring.scored_message import ScoredMessage
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
        (["привет как дела", "😂😂", "12345"], 0.0),
        (["😂😂", "123 !!!", "https://a.b/c"], None),
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
    assert share_readable([shown("peepo peepo", "peepo"), *said(RUSSIAN)]) == 0.0
    assert share_readable(said("@unnombremuylargo @otronombre", ENGLISH)) == 1.0


def test_what_is_said_over_and_over_tells_no_more() -> None:
    assert share_readable(said(*["vamos equipo"] * 40)) is None


def test_text_of_any_kind_is_borne() -> None:
    hostile = ["\ud800", "\x00" * 10, "a" * 5000, "‮abc‬", "́" * 300, " "]
    assert share_readable(said(*hostile)) in (None, 0.0)
    assert share_readable(said(*hostile, ENGLISH)) is not None


ENGLISH = "why would you go mid there though they are clearly not back yet"
RUSSIAN = "привет как дела"


def heard(channel: Readable, *texts: str) -> Readable:
    channel.saw(said(*texts), share_readable(said(*texts)))
    return channel


def test_a_chat_without_words_is_read_by_its_emotes_until_it_has_some() -> None:
    channel = Readable()
    for _ in range(14):
        heard(channel, *["KEKW", "7777", "😂", "LUL LUL", "Sadge"] * 4)
    assert (channel.share, channel.reading) == (None, "words")
    heard(channel, *["KEKW"] * 20)
    assert (channel.share, channel.reading) == (None, "emotes")
    for k in range(10):
        heard(channel, *[f"why would you go down that road again {k}"] * 20)
    assert channel.share == 1.0 and channel.reading == "words"


def test_a_new_channel_is_not_known_until_enough_was_said() -> None:
    channel = Readable()
    for _ in range(29):
        heard(channel, RUSSIAN)
        assert channel.share is None and channel.reading == "words"
    assert heard(channel, RUSSIAN).share == 0.0 and channel.reading == "emotes"


def test_a_channel_of_two_languages_is_known_later() -> None:
    channel = Readable()
    for k in range(99):
        assert channel.share is None
        heard(channel, ENGLISH if k % 3 else RUSSIAN)
    assert heard(channel, ENGLISH).share == pytest.approx(67 / 100)
    assert channel.reading == "mixed"


WORDLESS = ["7777", "?", "+30", "😂😂", ":) <3", "https://a.b/c", "@somebody", "!love", "hahaha",
            "KKKKKK", "哈哈哈", "ㅋㅋㅋ", "wwww", "草", "asdjaskdjas", "xDDD", "",
            ":face-blue-smiling:", "peepoHappy", "|_/", "…", "ههههه", "jajaja", "555"]  # fmt: skip


@pytest.mark.parametrize("text", WORDLESS)
def test_a_message_without_words_abstains(text: str) -> None:
    channel = Readable()
    for _ in range(40):
        heard(channel, text, text)
    assert channel.share is None
    assert share_readable(said(text)) is None
    assert share_readable(said(RUSSIAN, *[text] * 20)) == 0.0
    assert share_readable(said(ENGLISH, *[text] * 20)) == 1.0


def test_a_channel_that_changes_its_language_goes_over_once() -> None:
    channel, readings = Readable(), []
    for text in [ENGLISH] * 600 + [RUSSIAN] * 600 + [ENGLISH] * 600:
        heard(channel, text)
        if not readings or readings[-1][0] != channel.reading:
            readings.append([channel.reading, 0])
        readings[-1][1] += 1
    assert [reading for reading, _ in readings] == ["words", "mixed", "emotes", "mixed", "words"]
    assert readings[0][1] + readings[1][1] < 600 + 500, "within what it remembers"


def test_a_channel_half_in_english_does_not_go_to_and_fro() -> None:
    dice, channel, turns, before = random.Random(1), Readable(), 0, ""
    for _ in range(6000):
        heard(channel, ENGLISH if dice.random() < 0.5 else RUSSIAN)
        turns += channel.reading != before
        before = channel.reading
    assert turns <= 4


def test_what_was_known_before_a_restart_is_known_after_it() -> None:
    assert (Readable.known(0.2).share, Readable.known(0.2).reading) == (0.2, "emotes")
    assert Readable.known(0.6).reading == "mixed" and Readable.known(0.9).reading == "words"
    assert heard(Readable.known(0.9), RUSSIAN).share == pytest.approx(0.9 - 0.9 / 500)


def test_a_window_that_tells_nothing_changes_nothing() -> None:
    channel = Readable.known(0.7)
    channel.saw(said("hm"), None)
    assert channel.share == 0.7


def test_of_a_busy_window_no_more_counts_than_was_looked_at() -> None:
    channel = heard(Readable.known(1.0), *[RUSSIAN] * 1000)
    assert channel.share == pytest.approx(1 - 24 / 500, abs=0.002)


def test_words_of_plain_text_are_those_that_the_slow_search_finds() -> None:
    texts = ["Heyyyy don't a_b 111x y'all's 'quoted' '' A", "x" * 16, "tab\tand\nline", ""]
    dice = random.Random(5)
    texts += ["".join(dice.choices("aabZ'_1 .\t", k=dice.randint(0, 30))) for _ in range(2000)]
    for text in texts:  # a letter that is not ASCII makes it the slow one
        assert [*reading._words([text]), "é"] == reading._words([text, "é"])
