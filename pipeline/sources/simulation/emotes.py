"""Emotes of the simulated chat: well-known names, each channel's own, and newcomers.

A newcomer comes into use at its birth, spreads within a day and fades within weeks, so the
vocabulary has something to find.
"""

from collections.abc import Iterator
from math import exp

from pipeline.sources.simulation.dice import dice
from pipeline.sources.simulation.profiles import PROFILES

COMMON = {
    "hype": ("PogChamp", "Pog", "POGGERS", "PogU", "catJAM", "EZ", "SeemsGood"),
    "laugh": ("LUL", "KEKW", "OMEGALUL", "LULW", "4Head"),
    "sad": ("BibleThump", "Sadge", "FeelsBadMan", "PepeHands", "NotLikeThis"),
    "tense": ("monkaS", "monkaW", "NotLikeThis", "WutFace", "PauseChamp"),
    "scorn": ("ResidentSleeper", "DansGame", "NotLikeThis", "WeirdChamp", "Kappa", "FailFish"),
    "greet": ("HeyGuys", "VoHiYo", "TwitchUnity", "widepeepoHappy"),
    "thank": ("bleedPurple", "PogChamp", "FeelsGoodMan", "peepoHappy"),
    "bye": ("HeyGuys", "VoHiYo", "Sadge", "peepoHappy"),
    "plain": ("Kappa", "CoolStoryBob", "BlessRNG", "TheIlluminati", "SMOrc", "Jebaited"),
}
OWN = {
    "hype": ("Wow", "Hype"),
    "laugh": ("Giggle",),
    "sad": ("Tear",),
    "tense": ("Eek",),
    "greet": ("Wave",),
    "thank": ("Love",),
    "bye": ("Wave",),
    "plain": ("Hmm",),
}
NEWCOMERS = (
    "Boop", "Wiggle", "Splash", "Toast", "Bonk", "Noodle", "Sparkle", "Mumble", "Flop", "Zoomy",
    "Pebble", "Wobble", "Snooze", "Jelly", "Turnip", "Kazoo", "Biscuit", "Puddle", "Waffle",
    "Tumble",
)  # fmt: skip
TONES = ("hype", "laugh", "sad", "scorn")

DAY = 86400.0
BIRTHS_EVERY = 1.5 * DAY
FADE = 4 * DAY
PEAK_SHARE = 0.25


def newcomers(seed: int, channel: str, at: float) -> Iterator[tuple[str, str, float]]:
    """Name, tone and share (0..1, of the emotes of its tone) of each newcomer alive at `at`."""
    now = int(at // BIRTHS_EVERY)
    for period in range(now - int(3 * FADE / BIRTHS_EVERY), now + 1):
        throw = dice(seed, "newcomer", channel, period)
        age = at - (period + throw.random()) * BIRTHS_EVERY
        name = PROFILES[channel].prefix + NEWCOMERS[period % len(NEWCOMERS)]
        tone = throw.choice(TONES)
        if age > 0:
            yield name, tone, PEAK_SHARE * (1 - exp(-age / DAY * 4)) * exp(-age / FADE)


def emote_weights(seed: int, channel: str, at: float) -> dict[str, dict[str, float]]:
    """For every tone the weight of each emote in use at `at`; a channel has its favourites."""
    weights: dict[str, dict[str, float]] = {}
    prefix = PROFILES[channel].prefix
    for tone, names in COMMON.items():
        own = [prefix + name for name in OWN.get(tone, ())]
        order = sorted([*names, *own], key=lambda name: dice(seed, channel, name).random())
        weights[tone] = {name: 1 / (rank + 1) for rank, name in enumerate(order)}
    for name, tone, share in newcomers(seed, channel, at):
        others = sum(weights[tone].values())
        weights[tone][name] = others * share / (1 - share)
    return weights
