"""python -m tools: what `make run` starts once .venv is there."""

import signal

# Ctrl-C before anything is started ends this process like any other, without a traceback
signal.signal(signal.SIGINT, signal.SIG_DFL)

from tools.run import app  # noqa: E402  # importing takes long enough to be interrupted

app()
