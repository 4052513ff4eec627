"""The three simulated channels: who they are and how their crowds behave.

Shares and rates lie inside what real channels of that size show; docs/simulator.md
has both, measured by compare.py.
"""

from dataclasses import dataclass

from pipeline.chat.message import ChannelInfo


@dataclass(frozen=True)
class Profile:
    """One crowd. Shares are 0..1 of ordinary messages, outside bursts.

    rate: messages in 30 s over a stream, on average. crowd: people who ever come.
    positive, negative: share of phrases VADER scores above and below 0.
    emote_only, emote_tail: messages of emotes alone; phrases that end in one.
    short: share of unscored phrases that are a word or two.
    bursts: moments an hour when many say the same. swing: sd of the mood in compound.
    slow, fast: sd of the log rate that lasts 20 minutes, and 1 minute.
    prefix: what its own emotes begin with.
    """

    channel: str
    channel_id: str
    display_name: str
    prefix: str
    rate: float
    crowd: int
    positive: float
    negative: float
    emote_only: float
    emote_tail: float
    short: float
    bursts: float
    swing: float
    slow: float
    fast: float
    subs: float

    @property
    def info(self) -> ChannelInfo:
        """What a source tells of it before the first message."""
        return ChannelInfo(self.channel, self.channel_id, self.display_name, "en")


PROFILES = {
    p.channel: p
    for p in (
        Profile(
            "sim_harbor", "99900000001", "Harbor (simulated)", "harbor",
            rate=3.0, crowd=260, positive=0.285, negative=0.17, emote_only=0.04, emote_tail=0.09,
            short=0.12, bursts=5, swing=0.06, slow=0.30, fast=0.30, subs=0.7,
        ),
        Profile(
            "sim_lagoon", "99900000002", "Lagoon (simulated)", "lagoon",
            rate=15.0, crowd=1800, positive=0.21, negative=0.15, emote_only=0.11, emote_tail=0.14,
            short=0.3, bursts=8, swing=0.034, slow=0.40, fast=0.35, subs=3,
        ),
        Profile(
            "sim_arcade", "99900000003", "Arcade (simulated)", "arcade",
            rate=45.0, crowd=4200, positive=0.118, negative=0.104, emote_only=0.19, emote_tail=0.12,
            short=0.5, bursts=10, swing=0.016, slow=0.30, fast=0.30, subs=9,
        ),
    )
}  # fmt: skip

QUIET, MEDIUM, BUSY = PROFILES
