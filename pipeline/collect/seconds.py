"""Seconds of a source as bodies, one for each shard: names hashed, who opted out left out."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.chat.anonymous import OPTED_OUT, anonymous
from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Item,
    Message,
    StreamStart,
)
from pipeline.collect.chatters import Chatters
from pipeline.collect.sight import Sight
from pipeline.privacy.hashing import Hasher
from pipeline.queue.packer import Packer
from pipeline.queue.queue import Packed
from warehouse.consent import OptOut
from warehouse.identities import Identities
from warehouse.records import window_start
from warehouse.shards import shard_of

_SECOND = 1.0
_ITEMS = 5000  # then a body goes out early
_BACK_S = 2.0  # a step back of the clock that is followed


@dataclass
class _Context:
    """Things told of a shard's channels before a second began."""

    seen: dict[str, tuple[float, float]] = field(default_factory=dict)
    streams: list[StreamStart] = field(default_factory=list)
    infos: list[ChannelInfo] = field(default_factory=list)


class Seconds:
    """The second that is being told. optout: asked again for each batch. at: the source's clock,
    epoch seconds, None while it is not known. messages, hidden: how many were taken, and how many
    of them were of people who opted out. has_met: channels were told of; whoever keeps who is who
    clears it."""

    def __init__(
        self,
        packer: Packer,
        shards: int,
        identities: Identities,
        hasher: Hasher,
        optout: Callable[[], OptOut],
    ) -> None:
        self.packer, self.shards, self.hasher, self.optout = packer, shards, hasher, optout
        self.identities = identities
        self.sight, self.chatters = Sight(identities), Chatters()
        self.at: float | None = None
        self._start: float | None = None
        self.messages = self.hidden = 0
        self.has_met = False
        self._troubles: Mapping[str, str] = {}
        self._is_news = False
        self._begin()

    def take(self, batch: Batch) -> dict[int, list[Packed]]:
        """Take a batch in; returns the bodies of each shard where a second is over."""
        packed: dict[int, list[Packed]] = {}
        if batch.at is not None and self.at is not None and batch.at < self.at - _BACK_S:
            packed = self.flush()
            self._back, self._start = True, batch.at
        self._out = self.optout()
        for item in batch.items:
            self._put(item)
        self._malformed += batch.malformed
        if batch.troubles is not None:
            self._troubles, self._is_news = batch.troubles, True
        if batch.at is not None:
            self.at, self._closes = batch.at, True
        self._taken += 1
        if not self._is_over():
            return packed
        over = self.flush()
        return {shard: packed.get(shard, []) + over[shard] for shard in over}

    def flush(self) -> dict[int, list[Packed]]:
        """The bodies of what was taken since the last; none where there was nothing."""
        if not self._taken:
            return {}
        at = self.at
        if at is None or not self._closes:  # nobody knows what time it is, but for what came
            at = max([self._start or 0.0, *(i.at for some in self._items for i in some)])
        start = at if self._start is None else self._start
        chatters = self.chatters.take(self._out.chatters)
        bodies = {shard: self._pack(shard, start, at, chatters) for shard in range(self.shards)}
        self._is_news = False
        self._begin()
        return bodies

    def _begin(self) -> None:
        self._items: list[list[Item]] = [[] for _ in range(self.shards)]
        self._start = self.at
        self._began = time.monotonic()
        self._taken = self._malformed = 0
        self._closes = self._back = False
        self._context = self._before()

    def _is_over(self) -> bool:
        told = self.at is not None and self.at - (self._start or 0.0) >= _SECOND
        waited = time.monotonic() - self._began >= _SECOND
        return told or waited or sum(map(len, self._items)) >= _ITEMS

    def _put(self, item: Item) -> None:
        if isinstance(item, ChannelInfo):
            self._meet(item)
            return
        key = self.identities.resolve(item.channel)
        if key in self._out.channels or self.identities.id_of(key) in self._out.ids:
            self.sight.forget(key)
            return
        self.sight.note(key, item)
        self._items[shard_of(key, self.shards)].append(self._named(item))

    def _meet(self, info: ChannelInfo) -> None:
        """To the shard of who has the login; that of who had it is told that it has passed on."""
        had = self.identities.resolve(info.channel)
        key = self.identities.key_of(info.channel, info.channel_id)
        self.sight.note(key, info)
        self.has_met = True
        if had != key:
            self.sight.forget(had)
        shard, before = shard_of(key, self.shards), shard_of(had, self.shards)
        self._items[shard].append(info)
        if before != shard:
            at = info.at or self.at or 0.0
            self._items[before] += self.sight.passed_on(had, info.channel, at)

    def _named(self, item: Item) -> Item:
        """The item without names; of somebody who opted out, that something was said."""
        item = anonymous(item, self.hasher.of)
        if not isinstance(item, Message):
            return item
        self.messages += 1
        if int(item.chatter) not in self._out.chatters:
            self.chatters.saw(int(item.chatter))
            return item
        self.hidden += 1
        name = str(self.hasher.of(item.id)) if item.id else ""
        return Message(name, item.channel, item.at, str(OPTED_OUT), "", ())

    # -- bodies out --------------------------------------------------------------------------

    def _pack(self, shard: int, start: float, at: float, chatters: tuple[int, ...]) -> list[Packed]:
        """The running streams and all the rest is told again as each window begins: a new reader
        begins with one."""
        context = self._context.get(shard, _Context())
        told: dict[str, Any] = {"seen": context.seen, "items": tuple(self._items[shard])}
        told["chatters"] = chatters
        is_window = window_start(at) > window_start(start)
        if is_window:
            told |= {"streams": tuple(context.streams), "infos": tuple(context.infos)}
        if is_window or self._is_news:
            told["troubles"] = self._troubles_of(shard)
        told["malformed"] = self._malformed if shard == 0 else 0
        body = self.packer.body(shard, start, at, closes=self._closes, back=self._back, **told)
        return self.packer.pack(body)

    def _before(self) -> dict[int, _Context]:
        contexts: dict[int, _Context] = {}
        for key, (login, span) in self.sight.spans(self.at or 0.0).items():
            self._of(contexts, key).seen[login] = span
        for key, told in self.sight.told().items():
            for item in told:
                context = self._of(contexts, key)
                if isinstance(item, ChannelInfo):
                    context.infos.append(item)
                else:
                    context.streams.append(item)
        return contexts

    def _of(self, contexts: dict[int, _Context], key: str) -> _Context:
        return contexts.setdefault(shard_of(key, self.shards), _Context())

    def _troubles_of(self, shard: int) -> dict[str, str]:
        """Of the shard's channels and of all; what is said in words is for shard 0."""
        resolve = self.identities.resolve
        return {
            what: why
            for what, why in self._troubles.items()
            if not what
            or (shard == 0 if " " in what else shard_of(resolve(what), self.shards) == shard)
        }
