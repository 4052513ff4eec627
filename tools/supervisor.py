"""Several commands as one: honcho's manager, made sure to leave nothing running."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from threading import Thread, Timer

import honcho.manager
from honcho.manager import Manager
from honcho.printer import Printer

STOP_WITHIN_S = 10  # then the rest is killed: the pipeline is made to survive that
honcho.manager.KILL_WAIT = STOP_WITHIN_S  # its own 5 s are short for a busy machine


class Supervisor(Manager):  # type: ignore[misc]  # honcho has no types
    """Runs several commands until one ends or a signal asks all to stop.

    `ended` names the commands that ended by themselves, before anything asked them to.
    """

    def __init__(
        self, commands: Mapping[str, str], env: Mapping[str, str], when_started: Callable[[], None]
    ):
        super().__init__(Printer(Output()))
        self.ended: list[str] = []
        self._owner = os.getpid()
        self._when_started = when_started
        for name, command in commands.items():
            self.add_process(name, command, env=dict(env))

    def loop(self) -> None:
        # honcho handles SIGINT and SIGTERM; a closed terminal must not leave orphans either
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        try:
            super().loop()
        finally:  # nothing is left running, whatever went wrong
            if self._all_started():
                self.kill()

    def _start(self) -> None:
        super()._start()
        # not before: honcho forks, and forking with threads running is unsafe
        Thread(target=self._when_started, daemon=True).start()

    def terminate(self) -> None:
        if os.getpid() != self._owner:
            return  # a signal reached honcho's fork before it had learned to ignore signals
        if not self._all_started():
            later(0.05, self.terminate)  # honcho cannot stop what has no pid yet
            return
        if not self._terminating:
            self.ended = [name for name, p in self._processes.items() if "returncode" in p]
            later(STOP_WITHIN_S, self.kill)
        super().terminate()


class Output:
    """Standard output that may vanish (closed terminal, `| head`): then everything is stopped."""

    def isatty(self) -> bool:
        return sys.stdout.isatty()

    def write(self, text: str) -> int:
        return self._try(lambda: sys.stdout.write(text))

    def flush(self) -> None:
        self._try(sys.stdout.flush)

    def _try(self, act: Callable[[], int | None]) -> int:
        try:
            return act() or 0
        except RuntimeError:
            return 0  # a signal's line in the middle of another line: leave it out
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            os.kill(os.getpid(), signal.SIGTERM)
            return 0


def later(seconds: float, act: Callable[[], None]) -> None:
    """Call act in another thread after some seconds, unless the program has ended by then."""
    timer = Timer(seconds, act)
    timer.daemon = True
    timer.start()
