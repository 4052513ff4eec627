"""A mark changes no meaning: what is known is worth the same marked and unmarked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chat.message import Message
from pipeline.emotes.marking import marked
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.phrases import is_phrase
from pipeline.scoring.vader_scorer import VaderScorer
from pipeline.sources.eventsub.frames import Frame
from pipeline.sources.eventsub.items import items as of_eventsub
from pipeline.sources.irc.items import items as of_irc
from pipeline.sources.irc.lines import parse

FULL, VADER = FullScorer(), VaderScorer()
# by each way that something is known: emote, emoji, smiley, word, negation, drawn-out, laughter
KNOWN = (
    "LUL Kappa sadge PogChamp 😂 ❤ 💔 <3 :) :( :D ;) :P D: O_o :| :/ sad W L clap HUG GREAT good "
    "not NO never very but so kill BOSS goooood NOOOO lmaooo xD haha xdd +1 *** wtf? nice! 👍"
).split()
UNKNOWN = "zorp the Stream zorpTable i".split()
LINES = st.lists(st.sampled_from(KNOWN + UNKNOWN), max_size=9)


@settings(max_examples=1500)
@given(LINES, st.data())
def test_a_mark_on_what_is_known_changes_nothing(tokens: list[str], data: st.DataObject) -> None:
    text = " ".join(tokens)
    known = st.sampled_from([t for t in tokens if t in KNOWN] or ["LUL"])
    marks = tuple(data.draw(st.lists(known, max_size=5)))
    assert FULL.score(text, marks) == FULL.score(text)
    assert VADER.compound(text, marks) == VADER.compound(text)


def test_every_term_of_the_lexicon_weighs_the_same_marked() -> None:
    words = [word for word in FULL.rules.lexicon if FULL.rules.heeds(word)]  # VADER finds no :Þ
    terms = [t for t in (*FULL.emotes, *FULL.emojis, *words) if t.split() == [t]]
    assert len(terms) > 9000
    assert [t for t in terms if FULL.score(t, (t,)) != FULL.score(t)] == []


def test_every_phrase_weighs_the_same_with_its_words_marked() -> None:
    phrases = [term for term in FULL.rules.lexicon if is_phrase(term)]
    assert len(phrases) > 200
    for phrase in phrases:
        for marks in (tuple(phrase.split()), *((word,) for word in phrase.split())):
            assert FULL.compound(phrase, marks) == FULL.compound(phrase), (phrase, marks)


def test_an_unknown_emote_says_nothing_and_is_told_as_strange() -> None:
    scored = FULL.score("GREAT zorpTable", ("zorpTable",))
    assert scored.compound == FULL.compound("GREAT")
    assert scored.terms[1] == ("zorpTable", "emote", 0.0)
    assert (scored.has_emote, scored.strange) == (True, ("zorpTable",))


def test_a_catalogue_with_words_and_smileys_changes_no_message() -> None:
    names = {"sad", "W", "clap", "<3", ":)", "D:", "KEKW"}
    for text in ("not sad :)", "W clap KEKW", "so SAD D:", "i <3 this"):
        message = marked(Message("1", "demo", 0.0, "ann", text), names)
        assert message.emotes and FULL.score(text, message.emotes) == FULL.score(text)


def test_what_irc_and_eventsub_mark_as_emotes_weighs_the_same() -> None:
    for smiley in "<3 :) :( :D ;) :P o_O B) :/ R) >( :O :z :|".split():
        text = f"never {smiley} GREAT"
        line = parse(f"@emotes=1:6-{5 + len(smiley)};id=a :ann!a@a PRIVMSG #demo :{text}")
        parts = [{"type": "text", "text": "never "}, {"type": "emote", "text": smiley}]
        told = {"message_id": "a", "message": {"text": text, "fragments": parts}}
        frame = Frame("notification", "f", 0.0, "channel.chat.message", {"event": told})
        assert line is not None
        for item in (*of_irc(line, 0.0), *of_eventsub(frame, "demo")):
            assert isinstance(item, Message) and item.emotes == (smiley,)
            assert FULL.score(text, item.emotes) == FULL.score(text), smiley


def test_a_face_written_in_letters_is_friendly_with_and_without_a_mark() -> None:
    for face in "UwU uwu OwO owo xD :3".split():
        assert FULL.compound(face) == FULL.compound(face, [face]) > 0.05, face
