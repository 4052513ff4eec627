"""From a stream's plan to its messages, ten minutes at a time.

A block is made from (seed, channel, stream start, its number) alone; texts are drawn from
pools that are rendered once a stream, so a message costs a few microseconds.
"""

from functools import lru_cache
from itertools import accumulate
from random import Random

import numpy as np

from pipeline.chat.message import Message
from pipeline.sources.simulation import phrases
from pipeline.sources.simulation.crowd import KINDS, PASTE, SLOT, Plan
from pipeline.sources.simulation.dice import dice, generator
from pipeline.sources.simulation.emotes import emote_weights
from pipeline.sources.simulation.people import BOT, activity, names, speakers
from pipeline.sources.simulation.profiles import PROFILES, Profile
from pipeline.sources.simulation.schedule import ScheduledStream

BLOCK = 600  # seconds
Said = tuple[str, tuple[str, ...]]
Pools = list[list[Said]]

# Places of the ordinary pools; those of the bursts follow in the order of KINDS.
UNSCORED, PRAISE, BLAME, GLAD_EMOTES, GLUM_EMOTES, PLAIN_EMOTES, COMMANDS, BURSTS = range(8)

COMMAND_SHARE = 0.012
MENTION_SHARE = 0.07  # of ordinary phrases
BOT_EVERY = 900  # seconds between a bot's announcements
COMPOUND = 0.47  # what a phrase VADER scores is worth, on average
EMOTE_SLOPE = 1.8  # how much more than its words a crowd's emotes follow its mood


def messages(seed: int, plan: Plan, block: int) -> list[Message]:
    """The block's messages in order; those inside a lost connection are there too."""
    stream = plan.stream
    draw = generator(seed, "block", stream.channel, stream.start, block)
    slots = np.arange(block * BLOCK // SLOT, min((block + 1) * BLOCK // SLOT, len(plan.rate)))
    slot = np.repeat(slots, draw.poisson(plan.rate[slots]))
    at = np.sort(stream.start + (slot + draw.random(len(slot))) * SLOT)
    pools = rendered(seed, stream)
    pool = _topics(draw, plan, slot, PROFILES[stream.channel])
    sizes = np.array([len(p) for p in pools])[pool]
    place = (draw.random(len(slot)) * sizes).astype(int)
    place = np.where(pool == BURSTS + PASTE, plan.paste[slot], place)
    who = speakers(draw, _activity(seed, stream), len(slot))
    whom = _mentioned(draw, pool, who)
    spoken = _written(stream, block, (at, pool, place, who, whom), pools)
    return _with_bots(spoken, stream, block, dice(seed, "bot", stream.channel, stream.start, block))


def _written(
    stream: ScheduledStream, block: int, drawn: tuple[np.ndarray, ...], pools: Pools
) -> list[Message]:
    channel, people = stream.channel, names(stream.channel)
    lines = []
    at, pool, place, who, whom = (column.tolist() for column in drawn)
    name = f"sim-{channel}-{int(stream.start):x}-{block}-"
    for i, second in enumerate(at):
        text, emotes = pools[pool[i]][place[i]]
        if whom[i] >= 0:
            text = f"@{people[whom[i]]} {text}"
        when = min(round(second, 3), stream.end - 0.001)
        lines.append(Message(f"{name}{i}", channel, when, people[who[i]], text, emotes))
    return lines


def _topics(
    draw: np.random.Generator, plan: Plan, slot: np.ndarray, profile: Profile
) -> np.ndarray:
    """For each message the pool its text comes from."""
    mood = plan.mood[slot]
    lean = profile.swing * mood / (2 * COMPOUND)
    glad = profile.emote_only * 0.85 / (1 + np.exp(-EMOTE_SLOPE * mood - 0.3))
    praise = np.clip(profile.positive + lean, 0.01, None)
    blame = np.clip(profile.negative - lean, 0.01, None)
    shares = [praise, blame, glad, profile.emote_only * 0.85 - glad]
    shares += [np.full(len(slot), profile.emote_only * 0.15), np.full(len(slot), COMMAND_SHARE)]
    steps = np.cumsum(shares, axis=0)
    chance = draw.random(len(slot))
    ordinary = np.where(chance > steps[-1], UNSCORED, 1 + (chance > steps[:-1]).sum(axis=0))
    in_burst = draw.random(len(slot)) < plan.share[slot]
    return np.where(in_burst, BURSTS + plan.kind[slot], ordinary)


def _mentioned(draw: np.random.Generator, pool: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Whom each message answers, -1 for nobody: one of the last few to speak."""
    back = np.arange(len(who)) - draw.integers(1, 6, len(who))
    answers = (draw.random(len(who)) < MENTION_SHARE) & (pool <= BLAME) & (back >= 0)
    if not len(who):
        return who
    return np.where(answers & (who[back] != who), who[back], -1)


def _with_bots(
    spoken: list[Message], stream: ScheduledStream, block: int, throw: Random
) -> list[Message]:
    """Add the bot's answers to commands and its announcements."""
    start, end = stream.start + block * BLOCK, min(stream.start + (block + 1) * BLOCK, stream.end)
    due = [(m.at + 1.1, f"{m.id}-bot") for m in spoken if m.text.startswith("!")]
    first = start + -(start - stream.start) % BOT_EVERY
    if first < end and first > stream.start:
        due.append((first, f"sim-{stream.channel}-{int(first):x}-bot"))
    bots = [
        Message(name, stream.channel, round(at, 3), BOT, _bot_line(throw), (), True)
        for at, name in due
        if at < end
    ]
    return sorted(spoken + bots, key=lambda message: message.at)


def _bot_line(throw: Random) -> str:
    line = throw.choice(phrases.BOT_LINES)
    return line.replace("{number}", str(throw.randint(2, 59)), 1).replace(
        "{number}", str(throw.randint(10, 59))
    )


@lru_cache(maxsize=8)
def _activity(seed: int, stream: ScheduledStream) -> np.ndarray:
    return activity(seed, stream.channel, stream.start)


@lru_cache(maxsize=8)
def rendered(seed: int, stream: ScheduledStream) -> Pools:
    """Every pool of one stream: texts with the emotes in them."""
    profile = PROFILES[stream.channel]
    throw = dice(seed, "texts", stream.channel, stream.start)
    weights = emote_weights(seed, stream.channel, stream.start)
    alone = {tone: _emote_pool(throw, own) for tone, own in weights.items()}
    ordinary: Pools = [
        _pool(throw, profile, 4000, phrases.UNSCORED, phrases.SHORT_UNSCORED, alone["plain"]),
        _pool(throw, profile, 1500, phrases.PRAISE, phrases.SHORT_PRAISE, alone["laugh"]),
        _pool(throw, profile, 1500, phrases.BLAME, phrases.SHORT_BLAME, alone["sad"]),
        alone["laugh"] + alone["hype"],
        alone["sad"] + alone["scorn"] + alone["tense"],
        alone["plain"],
        [(command, ()) for command in phrases.COMMANDS],
    ]
    return ordinary + [_burst_pool(throw, kind, alone) for kind in KINDS]


def _pool(
    throw: Random, profile: Profile, size: int, long: tuple[str, ...], short: tuple[str, ...],
    emotes: list[Said],
) -> list[Said]:  # fmt: skip
    out = []
    for _ in range(size):
        brief = throw.random() < profile.short
        text = _brief(throw, short) if brief else phrase(throw, profile.channel, long)
        tail = throw.choice(emotes) if throw.random() < profile.emote_tail else ("", ())
        out.append((f"{text} {tail[0]}".rstrip(), tail[1]))
    return out


def phrase(throw: Random, channel: str, templates: tuple[str, ...]) -> str:
    """One template, filled in, with an opener and a tail; now and then in capitals."""
    text = throw.choice(templates).format(
        thing=throw.choice(phrases.THINGS[channel]), move=throw.choice(phrases.MOVES),
        time=throw.choice(phrases.TIMES), number=throw.choice(phrases.NUMBERS),
    )  # fmt: skip
    text = throw.choice(phrases.OPENERS) + text + throw.choice(phrases.TAILS)
    return text.upper() if throw.random() < 0.03 else text


def _brief(throw: Random, words: tuple[str, ...]) -> str:
    """One of the words, the first ones more often, as each would type it."""
    word = words[int(len(words) * throw.random() ** 2)]
    word = word.upper() if throw.random() < 0.12 else word
    mark = throw.choice(phrases.MARKS) if throw.random() < 0.3 and word[-1].isalpha() else ""
    return word + mark


def _emote_pool(throw: Random, weights: dict[str, float], size: int = 150) -> list[Said]:
    """Messages of one emote, often repeated."""
    found = throw.choices(list(weights), cum_weights=list(accumulate(weights.values())), k=size)
    repeats = throw.choices((1, 2, 3, 4, 5, 8), weights=(70, 12, 10, 4, 3, 1), k=size)
    return [(" ".join([name] * n), (name,) * n) for name, n in zip(found, repeats, strict=True)]


def _burst_pool(throw: Random, kind: str, alone: dict[str, list[Said]]) -> list[Said]:
    if kind == "paste":
        return [(text, ()) for text in phrases.PASTES]
    words = [(_brief(throw, phrases.BURST_WORDS[kind]), ()) for _ in range(len(alone[kind]))]
    mixed = [
        (f"{word} {text}", emotes)
        for (word, _), (text, emotes) in zip(words[:40], alone[kind], strict=False)
    ]
    return words + mixed + alone[kind]
