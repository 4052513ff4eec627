"""Lambda function `forecast`: windows of running streams in, quantiles of the next ten out, and of
the five minutes that they are together.

A request is {"v": 1, "windows": [...]}, rows of the table `windows`, a day of each stream at most.
Forecasts are the served model's as it is: what channels taught the daemon is not known here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from itertools import groupby
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.inputs.features import enough, now
from models.inputs.sessions import Past
from models.versions.registry import serving
from pipeline.forecasting.session_log import SessionLog
from pipeline.lambdas.events import Answer, answered, entries, request
from warehouse.errors import BadInput
from warehouse.records import (
    FIVE,
    QUANTILES,
    SLOTS,
    VOLUME_QUANTILES,
    WINDOW_SECONDS,
    Window,
    iso,
    utc,
    window_start,
)

_model = next(iter(serving().values()))
_rows = TypeAdapter(list[Window])
_MOST = 1_000_000  # messages of a window
_DAY_S = 86400


def handler(event: dict[str, Any], context: object) -> Answer:
    """Answer as Lambda calls it."""
    return answered(event, request, _answer)


def _answer(told: Any) -> Answer:
    """Forecasts, and the channels of which too little is known for one."""
    try:
        windows = _rows.validate_python(entries(told, "windows"))
    except ValidationError as exc:
        raise BadInput("windows of a request are rows of the table windows") from exc
    logs = list(_newest(_possible(window) for window in windows if window.stream_id))
    known = [log for log in logs if enough(log.session())]
    return {
        "v": 1,
        "model": _model.name,
        "quantiles": QUANTILES,
        "volume_quantiles": VOLUME_QUANTILES,
        "forecasts": _forecasts(known) if known else [],
        "too_short": [log.channel for log in logs if log not in known],
    }


def _possible(window: Window) -> Window:
    """The window, its time in UTC. Raises BadInput where no window has such values."""
    start = window.start if window.start.tzinfo else window.start.replace(tzinfo=UTC)
    moods = (window.mean_compound, *window.sub_mean)
    shares = (
        window.share_positive, window.share_negative, window.share_scored, window.share_emote,
    )  # fmt: skip
    is_possible = (
        window_start(start.timestamp()) == start.timestamp()
        and all(0 <= n <= _MOST for n in (window.n_messages, window.n_chatters, *window.sub_n))
        and 0 <= window.observed_s <= WINDOW_SECONDS
        and (window.mean_compound is None) == (window.n_messages == 0)
        and len(window.sub_n) == len(window.sub_mean) == SLOTS
        and all(-1 <= mood <= 1 for mood in moods if mood is not None)
        and all(0 <= share <= 1 for share in shares if share is not None)
        and 0 <= (window.sd_compound or 0) <= 2
    )
    if not is_possible:
        raise BadInput("a window of the request has values that no window has")
    return replace(window, start=start)


def _newest(windows: Iterable[Window]) -> Iterator[SessionLog]:
    """Of each channel its newest stream, which knows the sums of those before it, by the basis of
    its newest window."""
    in_order = sorted(windows, key=attrgetter("channel", "start"))
    for channel, found in groupby(in_order, attrgetter("channel")):
        of_channel = list(found)
        of_channel = [w for w in of_channel if w.basis == of_channel[-1].basis]
        past: Past = ()
        for stream, of_stream in groupby(of_channel, attrgetter("stream_id")):
            log = _log(SessionLog(channel, stream, past), list(of_stream))
            past = log.with_this()
        yield log


def _log(log: SessionLog, windows: Sequence[Window]) -> SessionLog:
    """The log with the windows, oldest first. Raises BadInput for more than a day of them."""
    if (windows[-1].start - windows[0].start).total_seconds() >= _DAY_S:
        raise BadInput("windows of a stream span more than a day")
    for window in windows:
        log.put(window)
    return log


def _forecasts(logs: Sequence[SessionLog]) -> list[dict[str, Any]]:
    """quantiles, volume: a row a window, at the quantiles that the answer tells; five: one each."""
    predicted = _model.predict(now([log.session() for log in logs]))
    quantiles, volume = predicted.quantiles.round(4), predicted.volume.round(2)
    return [
        {
            "channel": log.channel,
            "stream_id": log.stream_id,
            "cutoff": iso(utc(log.end())),
            "quantiles": quantiles[k, FIVE + 1 :].tolist(),
            "volume": volume[k, FIVE + 1 :].tolist(),
            "five": {"quantiles": quantiles[k, FIVE].tolist(), "volume": volume[k, FIVE].tolist()},
        }
        for k, log in enumerate(logs)
    ]
