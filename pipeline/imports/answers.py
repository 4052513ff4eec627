"""Answers to what a log leaves out: whose chat it is, and when it was; by the log or the user."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.chat.placement import NeedsAnswer
from pipeline.chat.table import Span, of_messages
from pipeline.imports.stage import Staged, joined
from warehouse.errors import BadInput
from warehouse.identities import Identities


@dataclass(frozen=True)
class ImportOptions:
    """Answers of the user: whose chat it is where the log does not tell, and when it was.

    place: where that time is another stream's, it comes after it. replace: less may take the
    place of more, and one stream that of another. own: whoever asks has no other channels, and a
    log that says whose id it is of says it whatever login it has. columns: of a table, by role.
    renamed: logins of logs that are to be taken for others, by what they say.
    """

    channels: tuple[str, ...] = ()
    started_at: datetime | None = None
    undated: bool = False
    place: bool = False
    replace: bool = False
    own: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def named(self, login: str) -> str:
        """The login that a log's channel is to have: the one it says, or that it had since."""
        return self.renamed.get(login, login)

    def means(self, who: Identities, name: str, login: str, channel_id: str | None) -> bool:
        """Does the name stand for who had the login in the log?"""
        is_called_so = name == login and not self.own
        return is_called_so or who.resolve(name) == who.key_then(login, channel_id)


def check(staged: Staged, options: ImportOptions, who: Identities) -> None:
    """Raises NeedsAnswer where the log leaves out what the user did not say either, BadInput
    where it is of other channels than the user named."""
    placed = moments(staged, options) or staged.log.starts_at is not None or options.undated
    dated = placed or options.started_at is not None
    if staged.log.clip and not dated:
        raise NeedsAnswer(_of_clip(staged), "when")
    if not staged.log.channel and "" in staged.spans and len(options.channels) != 1:
        raise NeedsAnswer(
            f"{staged.file} does not say whose chat it is; add --channel NAME (one of them)",
            *(("channel",) if dated else ("channel", "when")),
        )
    logins = channel_ids(staged, options)
    if options.channels and not any(
        options.means(who, name, *one) for one in logins.items() for name in options.channels
    ):
        has = ", ".join(who.name_of(who.key_then(*one)) for one in sorted(logins.items())[:8])
        raise BadInput(f"{staged.file.name} has no channel {options.channels[0]}; it has {has}")
    if not dated:
        raise NeedsAnswer(_when(staged), "when")


def earlier_login(staged: Staged, options: ImportOptions, who: Identities) -> str:
    """The log's login, where it can only be another one of the channel that the user named: it is
    the log's only one, nobody here has it, and Twitch's ids do not tell otherwise; else ''."""
    logins = channel_ids(staged, options)
    if options.own or len(options.channels) != 1 or len(logins) != 1:
        return ""
    (name,), ((login, its_id),) = options.channels, logins.items()
    if options.means(who, name, login, its_id) or who.knows(who.key_then(login, its_id)):
        return ""
    named_id = who.id_of(who.resolve(name))
    return "" if its_id and named_id and its_id != named_id else login


def _of_clip(staged: Staged) -> str:
    video = f"video {staged.log.stream}" if staged.log.stream else "a video"
    return (
        f"{staged.file} is a clip of {video}, of which nothing is known here: import the video's "
        "chat first or with it, or add --started-at 2026-01-31T18:00:00+00:00 with the moment of "
        "the start of the video, not of the clip"
    )


def _when(staged: Staged) -> str:
    reason, of = "it has no date", "its video's start"
    if staged.log.clock:
        reason, of = staged.log.zone, "its first message"
    example = "2026-01-31T18:00:00+00:00"
    if staged.log.clock and staged.first > 0 and "zone" in reason:
        example = f"{datetime.fromtimestamp(staged.first, UTC):%Y-%m-%dT%H:%M:%S}+00:00"
    return (
        f"{staged.file} does not say when it was: {reason}; add --started-at {example} with the "
        f"moment of {of}, or --undated to place it from 2000-01-01"
    )


def moments(staged: Staged, options: ImportOptions) -> bool:
    """Are its times moments, so that its sessions are told apart by silence?"""
    return staged.log.clock and not staged.log.zone and options.started_at is None


def channels(staged: Staged, options: ImportOptions) -> dict[str, str]:
    """The login for each channel its lines name, '' among them."""
    channel = staged.log.channel or (options.channels[0] if len(options.channels) == 1 else "")
    return {name: options.named(name or channel) for name in staged.spans}


def channel_ids(staged: Staged, options: ImportOptions) -> dict[str, str]:
    """Twitch's id by login, '' where the log does not tell it."""
    found = staged.log.channel_ids
    return {login: found.get(name, "") for name, login in channels(staged, options).items()}


def shown(staged: Staged, options: ImportOptions) -> dict[str, str]:
    """Display names of channels by login, of those whose the log tells."""
    found = staged.log.shown
    logins = channels(staged, options).items()
    return {login: found[name] for name, login in logins if name in found}


def covered(staged: Staged, name: str) -> Span:
    """What the log covers of the chat that its lines have under the name, in its own times."""
    found = staged.spans[name].found
    first, last = min(found)[0], max(last for _, last in found)
    heard = of_messages(first, last)
    if staged.log.covers is None:
        return heard
    since, until = staged.log.covers
    said = until if last < until else heard.until
    return Span(min(since, first), said, begins=False, ends=False)


def intervals(staged: Staged, options: ImportOptions) -> dict[str, list[list[float]]] | None:
    """When each channel's chat was, epoch seconds; None where its place is not known yet."""
    if moments(staged, options):
        base = 0.0
    elif staged.log.starts_at is not None and options.started_at is None:
        base = staged.log.starts_at
    else:
        return None
    by_channel: dict[str, list[list[float]]] = {}
    for name, channel in channels(staged, options).items():  # two names may be of one channel
        spans: Iterable[Sequence[float]] = joined(staged.spans[name].found)
        if staged.log.covers is not None:
            spans = [covered(staged, name)[:2]]
        by_channel.setdefault(channel, []).extend(
            [base + first, base + last] for first, last in spans
        )
    return by_channel
