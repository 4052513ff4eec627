"""Plain vaderSentiment with terms: the scorer `vader`."""

from collections.abc import Mapping, Sequence

from pipeline.scoring.reading import Reading, as_sign, as_word, use_of
from pipeline.scoring.scored import Named, Scored
from pipeline.scoring.vader import VaderRules
from warehouse.remembered import Remembered

VADER_VERSION = "vader-3.3.2"


class VaderScorer:
    """Plain vaderSentiment, made fast: most chat holds no word it knows."""

    def __init__(self) -> None:
        self.version = VADER_VERSION
        self.rules = VaderRules()
        self.readings: Remembered[str, Reading] = Remembered(as_word)
        self.marked: Remembered[str, Reading] = Remembered(self._emote)

    def compound(self, text: str, emotes: Sequence[str] = ()) -> float:
        """Identical to SentimentIntensityAnalyzer().polarity_scores(text)["compound"]."""
        if not text.isascii():
            text = self.rules.described(text)
        sentiments = self.rules.sentiments(text.split())
        return self.rules.compound(sentiments.values(), text)[0] if sentiments else 0.0

    def score(
        self, text: str, emotes: tuple[str, ...] = (), is_name: Named | None = None
    ) -> Scored:
        """The compound with its terms; the words of an emoji's name are not among them."""
        described = self.rules.described(text)
        sentiments = self.rules.sentiments(described.split())
        compound, total = self.rules.compound(sentiments.values(), described)
        if described is not text:
            sentiments = self._own(text, sentiments)
        scale = compound / total if total else 0.0
        tokens = text.split()
        read = [(self.marked if t in emotes else self.readings)[t] for t in tokens]
        terms = [
            use_of(reading, sentiments[i] * scale) if i in sentiments else reading.term
            for i, reading in enumerate(read)
        ]
        strange = dict.fromkeys([r.strange for r in read if r.strange])
        has_emote = bool(emotes) or described is not text
        return Scored(compound, tuple([t for t in terms if t]), has_emote, tuple(strange))

    def knows(self, term: str) -> bool:
        """True if the lexicon has the term."""
        return term.lower() in self.rules.lexicon

    def _own(self, text: str, sentiments: Mapping[int, float]) -> dict[int, float]:
        """Sentiments by the place of the text's own tokens, without those of emoji."""
        own, at = {}, 0
        for i, token in enumerate(text.split()):
            words = self.rules.described(token).split()
            if words == [token] and at in sentiments:
                own[i] = sentiments[at]
            at += len(words)
        return own

    def _emote(self, token: str) -> Reading:
        return as_sign(token, "emote", 0.0)._replace(strange="" if self.knows(token) else token)
