"""Record of a channel's forecasts of late, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.trust import Grade, grade, grade_of

# In spans of 500 windows with chat, four hours of a busy one, a network that is good in the
# long run shows no skill in 6 of 100; in spans of 200 in 17, of 1,000 in 3.
ENOUGH = 500
_WORDS: Mapping[Grade, str] = {
    "clearly": "clearly better than guessing this stream's average",
    "little": "a little better than guessing this stream's average",
    "not": "not better than guessing this stream's average, so that is what is shown",
}


@dataclass(frozen=True)
class Standing:
    """Of one model over seven days at a step. skill: latent skill, None where nothing can be
    known beyond the session mean, or nothing was scored. targets: what was judged, that it rests
    on."""

    skill: float | None = None
    targets: int = 0

    @property
    def grade(self) -> Grade:
        """At step 0: how much better than the session mean it is, in a word."""
        return grade(self.skill, self.targets)

    @property
    def is_beaten(self) -> bool:
        """At step 1: whether the session mean does as well, as far as can be told; it is shown."""
        return self.targets >= ENOUGH and grade_of(self.skill) == "not"

    def record(self) -> str:
        """The record at step 1 in plain words."""
        if not self.targets:
            return "too new to have a record"
        if self.targets < ENOUGH:
            return f"too short a record to judge: {self.targets} of {ENOUGH} half minutes of chat"
        return f"lately {_WORDS[grade_of(self.skill)]}"


UNKNOWN = Standing()
