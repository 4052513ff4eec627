"""A reader without a browser: speaks Streamlit's websocket protocol with its own messages.

It does what its page does: says its address and time zone, keeps the address the server gives
it, remembers large messages so that they are sent once, and runs fragments again by their
interval. It draws nothing.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

PATIENCE_S = 60.0
WIDGETS = ("selectbox", "multiselect", "button_group", "slider")
# other ends of a run, such as being stopped for the next one, are followed by another
DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Run:
    """One run of a script. seconds: from asking to its last message; what was wrong is told by
    its kind, never by its text."""

    seconds: float = 0.0
    bytes: int = 0
    charts: int = 0
    elements: int = 0
    errors: list[str] = field(default_factory=list)


class Reader:
    """One session. pages: hash by address; widgets: those of the page that is open, by id."""

    def __init__(self, address: str, draw: random.Random) -> None:
        self.address, self.draw = address, draw
        self.pages: dict[str, str] = {}
        self.page = self.query = ""
        self.widgets: dict[str, Any] = {}
        self.states: dict[str, WidgetState] = {}
        self.repeats: dict[str, float] = {}  # seconds by fragment
        self._kept: dict[str, ForwardMsg] = {}
        # a cookie of nginx says which of several processes it is kept at
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        async with self._session.get(self.address) as answer:
            answer.raise_for_status()
        url = self.address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await self._session.ws_connect(
            url, protocols=("streamlit",), origin=self.address, max_msg_size=0, compress=0
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._socket.close()
        await self._session.close()

    async def open(self, page: str = "") -> Run:
        """Go to a page of the navigation ('' is the first one), as a click on it does."""
        self.page, self.query, self.states = page, "", {}
        return await self._run()

    async def change(self) -> Run | None:
        """Set one of the page's filters to another value; None where it has none."""
        ready = [w for w in self.widgets.values() if not w.disabled and len(choices(w)) > 1]
        if not ready:
            return None
        widget = self.draw.choice(ready)
        self.states[widget.id] = another(widget, self.draw)
        return await self._run()

    async def refresh(self, fragment: str) -> Run:
        """Run a fragment again, as its interval does."""
        return await self._run(fragment)

    async def _run(self, fragment: str = "") -> Run:
        began, run = time.perf_counter(), Run()
        await self._socket.send_bytes(self._asked(fragment).SerializeToString())
        if not fragment:
            self.widgets, self.repeats = {}, {}
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await self._read(run):
                    pass
        except TimeoutError:
            run.errors.append("no end")
        run.seconds = time.perf_counter() - began
        return run

    def _asked(self, fragment: str) -> BackMsg:
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string = self.query
        state.page_script_hash = self.pages.get(self.page, "")
        state.page_name = "" if self.pages else self.page
        state.widget_states.widgets.extend(self.states.values())
        state.context_info.timezone, state.context_info.locale = "Europe/Berlin", "en-GB"
        state.context_info.url = f"{self.address}/{self.page}"
        state.cached_message_hashes.extend(self._kept)
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, True
        return asked

    async def _read(self, run: Run) -> bool:
        """Take in one message; True when it ends the run."""
        received = await self._socket.receive()
        if received.type != aiohttp.WSMsgType.BINARY:
            run.errors.append("disconnected")
            return True
        run.bytes += len(received.data)
        message = ForwardMsg.FromString(received.data)
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message = self._kept[message.ref_hash]
        elif message.metadata.cacheable:
            self._kept[message.hash] = message
        if kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                run.errors.append("does not compile")
            return message.script_finished not in (ForwardMsg.FINISHED_EARLY_FOR_RERUN,)
        self._take(message, run)
        return False

    def _take(self, message: ForwardMsg, run: Run) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.pages = {p.url_pathname: p.page_script_hash for p in message.navigation.app_pages}
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "page_not_found":
            run.errors.append("page not found")
        elif kind == "auto_rerun":
            self.repeats[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._element(message.delta.new_element, run)

    def _element(self, element: Any, run: Run) -> None:
        kind = element.WhichOneof("type")
        run.elements += 1
        run.charts += kind == "plotly_chart"
        if kind == "exception":
            run.errors.append(element.exception.type or "exception")
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            run.errors.append("error shown")
        elif kind in WIDGETS:
            widget = getattr(element, kind)
            self.widgets[widget.id] = widget
            if widget.set_value:  # the server's own value holds from now on
                self.states.pop(widget.id, None)


def _is_scale(widget: Any) -> bool:
    """True for a slider over numbers; one over words has these as its options."""
    return hasattr(widget, "min") and not widget.options


def choices(widget: Any) -> list[Any]:
    """What a widget can be set to."""
    if _is_scale(widget):
        steps = int((widget.max - widget.min) / widget.step) if widget.step else 0
        return [widget.min + k * widget.step for k in range(steps + 1)]
    return [getattr(option, "content", option) for option in widget.options]


def another(widget: Any, draw: random.Random) -> WidgetState:
    """A value out of those, as the page would send it."""
    state = WidgetState(id=widget.id)
    value = draw.choice(choices(widget))
    if _is_scale(widget):
        state.double_array_value.data.append(value)
    elif any(hasattr(widget, name) for name in ("min", "max_selections")) or hasattr(
        widget.options, "add"
    ):
        state.string_array_value.data.append(value)
    else:
        state.string_value = value
    return state


def pages(reader: Reader) -> Iterator[str]:
    """Addresses of the pages of the navigation, the first one first."""
    yield from sorted(reader.pages, key=lambda path: path != "")
