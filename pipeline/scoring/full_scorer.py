"""VADER's rules over Twitch's words, emotes and emoji: the scorer `full`."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy

from pipeline.chat.text import MAX_TEXT, is_named, visible, word_of
from pipeline.scoring.lexicon import Lexicon, twitch_lexicon
from pipeline.scoring.lexicon.emoji_table import emoji_table
from pipeline.scoring.negation import ChatRules
from pipeline.scoring.people import MOST, is_addressed, is_mention, without_greeting
from pipeline.scoring.phrases import Phrases, is_phrase
from pipeline.scoring.reading import Reading, as_person, as_sign, as_word, use_of
from pipeline.scoring.scored import Named, Scored, Term
from pipeline.scoring.signs import EmojiFinder, bare, is_smiley, short_smiley
from pipeline.scoring.slang import (
    is_odd,
    is_weak_question,
    plain_form,
    straight,
    without_comfort,
)
from pipeline.scoring.speaking_names import speaking, speaks_unmarked
from pipeline.scoring.vader import stripped
from warehouse.moments.laughter import laughs
from warehouse.remembered import Remembered

_FEW = 16  # marks: a set of more is quicker to look through
_ANCHORS = 20_000  # remembered: spellings of some 250 words
_REPEAT = 0.5  # the k-th use of an emote in a message weighs half of the one before


class FullScorer:
    """VADER's rules over Twitch's words, emotes and emoji; why each rule: docs/scoring.md."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        lexicon = lexicon or twitch_lexicon()
        self.version = lexicon.version
        self.rules = ChatRules(lexicon.words)
        self.phrases = Phrases(filter(is_phrase, self.rules.lexicon))
        self.emotes = lexicon.emotes
        self.emojis = lexicon.emojis
        self._finder = EmojiFinder(self.emojis)
        self._remember()

    def with_valences(
        self,
        version: str,
        emotes: dict[str, float],
        emojis: dict[str, float],
        words: Mapping[str, float],
    ) -> "FullScorer":
        """The same scorer with other emotes and emoji, and some words weighing otherwise."""
        made = copy(self)
        made.version, made.emotes, made.emojis = version, emotes, emojis
        made.rules = self.rules.with_words(words)
        made._remember()
        return made

    def _remember(self) -> None:
        self.readings: Remembered[str, Reading] = Remembered(self._token)
        self.marked: Remembered[str, Reading] = Remembered(self._emote)
        # what most chat is made of: the term of a silent word, () for one that is not named;
        # None for every other token
        self.plain: Remembered[str, Term | tuple[()] | None] = Remembered(self._silent, 40_000)
        self._plain = self.plain.__getitem__
        self.anchors: set[str] = set()  # plain tokens that phrases are looked for by

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """The compound of the visible text, its emotes and emoji read as one use each."""
        return self.score(text, tuple(emotes)).compound

    def score(
        self, text: str, emotes: tuple[str, ...] = (), is_name: Named | None = None
    ) -> Scored:
        """The compound of the visible text with its terms; whoever is addressed says nothing."""
        tokens = self.tokens(text)
        terms = list(map(self._plain, tokens))
        marks: Collection[str] = emotes
        if emotes:
            marks = emotes if len(emotes) < _FEW else frozenset(emotes)
            terms = [None if t in marks else term for t, term in zip(tokens, terms, strict=True)]
        if not self.anchors.isdisjoint(tokens):
            self._join_phrases(tokens, terms, marks)
        if None not in terms:
            return Scored(0.0, _named(terms), False)
        return self._loud(tokens, terms, marks, is_name)

    def tokens(self, text: str) -> list[str]:
        """The visible text's tokens, every emoji one of its own, as `emojis` has it."""
        if not text.isascii() or not text.isprintable() or len(text) > MAX_TEXT:
            text = straight(self._finder.apart(visible(text)))
        return text.split()

    def _join_phrases(
        self, tokens: list[str], terms: list[Term | tuple[()] | None], marks: Collection[str]
    ) -> None:
        """Make one token of every phrase; the word it is looked for by is not named as well."""
        pictures = self._pictures(marks) if marks else ()
        anchors = self.anchors
        for i in [i for i, token in enumerate(tokens) if token in anchors]:
            if not tokens[i]:  # of a phrase that is joined
                terms[i] = ()
            elif tokens[i] not in pictures:
                at = self.phrases.join(tokens, i, pictures)
                if at is not None:
                    terms[i], terms[at] = (), None

    def _pictures(self, marks: Collection[str]) -> set[str]:
        """Marks that are no words; what is strange may be one: a mark changes no meaning."""
        read = [self.marked[t] for t in marks]
        return {r.form for r in read if r.kind != "word" and not r.strange}

    def _loud(
        self,
        tokens: list[str],
        terms: list[Term | tuple[()] | None],
        marks: Collection[str],
        is_name: Named | None,
    ) -> Scored:
        """The score of a message with tokens that are not plain: None among its terms."""
        read: dict[int, Reading] = {}
        pictures, laughing, greeting = [], False, False
        for i, term in enumerate(terms):
            if term is None:
                token = tokens[i]
                reading = read[i] = (self.marked if token in marks else self.readings)[token]
                tokens[i] = reading.form
                laughing = laughing or reading.laughs
                greeting = greeting or reading.greets
                if reading.kind != "word":
                    pictures.append(i)
        if is_name:
            _silence_names(tokens, read, pictures, is_name)
        sentiments, sentence = self._said(tokens, read, pictures)
        if greeting and len(tokens) > MOST:
            hails = [i for i in sentiments if read[i].greets]
            sentiments = without_greeting(sentiments, hails, tokens, pictures)
        if laughing and len(sentiments) > 1:
            sentiments = without_comfort(sentiments, lambda i: read[i].laughs, tokens)
        compound, total = self.rules.compound(sentiments.values(), sentence)
        if total and is_weak_question(tokens, total):
            compound = 0.0
        scale = compound / total if total else 0.0
        for i, reading in read.items():
            terms[i] = use_of(reading, sentiments[i] * scale) if i in sentiments else reading.term
        strange = [read[i].strange for i in pictures if read[i].strange] if marks else ()
        return Scored(compound, _named(terms), bool(pictures), tuple(dict.fromkeys(strange)))

    def _said(
        self, tokens: list[str], read: Mapping[int, Reading], pictures: list[int]
    ) -> tuple[dict[int, float], str]:
        """Sentiments by place, and the sentence without its pictures. read: all but plain tokens,
        by place; pictures: places of emotes and emoji."""
        if not pictures:
            return self.rules.sentiments(tokens), " ".join(tokens)
        shown = set(pictures)
        places = [i for i in range(len(tokens)) if i not in shown]
        words = [tokens[i] for i in places]
        sentiments = {}
        if len(read) > len(pictures):
            sentiments = {places[k]: v for k, v in self.rules.sentiments(words).items()}
        sentiments.update(_saturated(tokens, read, pictures))
        return sentiments, " ".join(words)

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term."""
        return (
            term in self.emotes or bare(term) in self.emojis or term.lower() in self.rules.lexicon
        )

    def _token(self, token: str) -> Reading:
        if token in self.emotes:
            return as_sign(token, "emote", self.emotes[token], laughs(token))
        if token in self.emojis:
            return as_sign(token, "emoji", self.emojis[token], token in emoji_table().laughing)
        if is_mention(token):
            return as_person(token)
        if self._is_named(token):
            return self._spoken(token)
        form = plain_form(token, self._has)
        if form == token:
            form = self._short(token) or token
        if form != token:
            return self._token(form)
        says = self.rules.says(token)
        if says and is_smiley(stripped(token)):
            return as_sign(token, "emote", self.rules.valences[token], laughs(token))
        return as_word(token)._replace(form=token, says=says, laughs=says and laughs(token))

    def _silent(self, token: str) -> Term | tuple[()] | None:
        if token in self.emotes or token in self.emojis:
            return None
        if not (token.isalpha() and token.islower()) or is_odd(token):
            return self._closely(token)
        if token in self.phrases.by_word:  # it is spelt plainly
            self._anchor(token)
        if self.rules.lexicon.get(token):
            return None
        return (token, "word", 0.0) if is_named(token) else ()

    def _closely(self, token: str) -> Term | tuple[()] | None:
        """The same of a token that is more than a word in small letters, or may be another's."""
        if self._is_named(token):
            return None
        if "@" in token and is_mention(token):  # "@never" is not to negate either
            return None if self.rules.marks[token] else ()
        if self.phrases.begins(token):
            self._anchor(token)
        if is_odd(token):
            reading = self.readings[token]
            return None if reading.kind != "word" or reading.says else reading.term or ()
        if self.rules.says(token) or (not token.isalnum() and self._short(token)):
            return None
        word = word_of(token)
        return (word, "word", 0.0) if is_named(word) else ()

    def _anchor(self, token: str) -> None:
        if len(self.anchors) >= _ANCHORS:
            self._remember()
        self.anchors.add(token)

    def _emote(self, token: str) -> Reading:
        """A token that its source marked: what it is unmarked, where that is known."""
        reading, is_new = self._token(token), self._is_named(token)
        if not is_new and (reading.kind != "word" or self.rules.heeds(reading.form)):
            return reading
        return self._spoken(token)._replace(strange=token)

    def _spoken(self, token: str) -> Reading:
        """An emote that nobody rated: worth what its name says."""
        named = speaking(token)
        if named is None:
            return as_sign(token, "emote", 0.0, laughs(token))
        return as_sign(token, "emote", named.valence, named.laughs or laughs(token))

    def _is_named(self, token: str) -> bool:
        """True for what nobody marked or rated, and is written like an emote whose name speaks."""
        return speaks_unmarked(token) and not self.knows(token)

    def _short(self, token: str) -> str:
        """The known smiley that an unknown token draws out; '' for none."""
        short = short_smiley(token)
        return short if short and self._has(short) and not self._has(token) else ""

    def _has(self, token: str) -> bool:
        """True if VADER would find the token itself, in whatever case."""
        return token in self.emotes or token in self.emojis or self.rules.says(token)


def _named(terms: list[Term | tuple[()] | None]) -> tuple[Term, ...]:
    return tuple(filter(None, terms))  # type: ignore[arg-type]


def _silence_names(
    tokens: list[str], read: dict[int, Reading], pictures: list[int], is_name: Named
) -> None:
    """Make words say nothing that are names of whoever is addressed."""
    for i, reading in read.items():
        is_word = reading.says and reading.kind == "word"
        if is_word and is_addressed(tokens, i, pictures) and is_name(reading.loud[0]):
            read[i] = as_person(tokens[i])
            tokens[i] = read[i].form


def _saturated(
    tokens: list[str], read: Mapping[int, Reading], pictures: list[int]
) -> dict[int, float]:
    """Sentiments of emotes and emoji by place, each repeat half as loud as the one before."""
    uses: dict[str, int] = {}
    sentiments = {}
    for i in pictures:
        times = uses.get(tokens[i], 0)
        sentiments[i] = read[i].valence * _REPEAT**times
        uses[tokens[i]] = times + 1
    return sentiments
