"""Coverage of channels as bodies tell it: to a reader that has just come, or that missed some,
what went before is told as if it came now."""

from pipeline.chat.message import ChannelInfo, Heard, Item, Lost, StreamStart, Watch
from pipeline.queue.body import Body


class Memory:
    """Memory of what a reader was told. sound: for each run, from when on, by the source's
    clock, nothing of it was missed."""

    def __init__(self) -> None:
        self.sound: dict[str, float] = {}
        self._seeing: set[str] = set()
        self._streams: dict[str, None] = {}
        self._infos: dict[str, ChannelInfo] = {}

    def lost(self, run: str, at: float, again: float) -> list[Item]:
        """Bodies of a run are missing between `at` and `again`: nobody saw that."""
        self.sound[run] = again
        return self._noted([Lost(channel, at) for channel in sorted(self._seeing)])

    def items(self, body: Body) -> list[Item]:
        """What the body says, after what went before it as far as that is news."""
        items: list[Item] = [i for i in body.infos if self._infos.get(i.channel) != i]
        sound = self.sound.get(body.run, body.start)
        for channel, (since, to) in body.seen.items():
            if channel not in self._seeing and to >= sound:
                items += [Watch(channel, max(since, sound)), Heard(channel, to)]
        items += [stream for stream in body.streams if stream.stream_id not in self._streams]
        return self._noted([*items, *body.items])

    def _noted(self, items: list[Item]) -> list[Item]:
        for item in items:
            if isinstance(item, Watch):
                self._seeing.add(item.channel)
            elif isinstance(item, Lost):
                self._seeing.discard(item.channel)
            elif isinstance(item, ChannelInfo):
                self._infos[item.channel] = item
            elif isinstance(item, StreamStart):
                self._streams[item.stream_id] = None
        return items
