"""Patience with what has to come to pass: no figure of speed, only less than for ever.

A test waits for an event, however slow and busy its machine is; how fast things are is measured in
tests/benchmarks.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

PATIENCE_S = 120.0  # for an event
STORY_S = 5 * PATIENCE_S  # for all of a test

T = TypeVar("T")


def until(holds: Callable[[], T], told: Callable[[], object] = str) -> T:
    """What `holds` says, once that is true. told: goes into the error when it never is."""
    end = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < end, f"it never came to pass {told()}"
        time.sleep(0.05)
    return found


async def eventually(holds: Callable[[], T], told: Callable[[], object] = str) -> T:
    """The same, while the loop goes on."""
    end = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < end, f"it never came to pass {told()}"
        await asyncio.sleep(0.05)
    return found


async def while_running(
    task: "asyncio.Task[Any]", holds: Callable[[], T], told: Callable[[], object] = str
) -> T:
    """The same, as long as the task goes on: its error comes at once."""

    def running() -> T:
        if task.done():
            task.result()
        return holds()

    return await eventually(running, told)


def play(story: Coroutine[Any, Any, T]) -> T:
    """Run a test's story to its end."""
    return asyncio.run(asyncio.wait_for(story, STORY_S))
