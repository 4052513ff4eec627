"""Trust in a channel's forecasts, told simply: how much better they were than guessing the average.

Judged are forecasts of the next five minutes over the channel's last seven days, by their latent
skill beyond the stream's average so far.
"""

from typing import Literal

Grade = Literal["clearly", "little", "not", "new"]

# five minutes judged before anything is told of them: in spans of 1,000 a good forecast shows no
# skill in 11 of 100, in spans of 2,000, 17 hours of chat, in 4, of 3,000 in none of 80
ENOUGH = 2_000
CLEAR = 0.10  # latent skill from which they are clearly better


def grade(skill: float | None, targets: int) -> Grade:
    """How much better than the average: clearly, a little, not; new: not known yet.

    skill: latent skill, None where nothing can be known beyond the average. targets: five minutes
    that it rests on; they overlap, one begins every 30 seconds.
    """
    return "new" if targets < ENOUGH else grade_of(skill)


def grade_of(skill: float | None) -> Grade:
    """The same of a record that is long enough."""
    if skill is None or shown(skill) <= 0:
        return "not"
    return "clearly" if shown(skill) >= CLEAR else "little"


def shown(skill: float) -> float:
    """A skill as it is shown, in whole percent: what is said of it follows from this number."""
    return round(skill, 2)
