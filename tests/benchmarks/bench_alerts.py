"""How often the alerts are wrong, and what they miss, on the windows in DLD_DATA.

False alarms: on surrogates of every stream, with the same messages in another order. For the
mood, messages are dealt out anew to windows of the same sizes; for activity and silence, whole
windows are. Nothing can have happened in them, so that every alert is a false one. Message
scores are made up again from each window's shares, mean and sd, which they meet where they can.

Recall: from a moment on, the mood of a surrogate is so much lower, for five minutes.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from models.inputs.published import sessions_by_channel
from models.inputs.sessions import Session
from pipeline.alerts.rules import MOOD_WINDOWS, WARM, StreamRules
from pipeline.alerts.watch import Alerts
from pipeline.config import AlertSettings
from tests.helpers.forecasting import windows_of, with_values
from warehouse.config import data_folder
from warehouse.records import WINDOW, WINDOW_SECONDS, Window

SEED = 1
MOODS = ("mood_drop", "mood_spike")
MOST_AN_HOUR = 1 / 20  # false alarms of mood, a stream hour
DROPS = (0.1, 0.2, 0.3)
DROP_WINDOWS = 10
LONG_ENOUGH = 2 * (WARM + MOOD_WINDOWS) + DROP_WINDOWS
SETTINGS = AlertSettings(_env_file=None)  # type: ignore[call-arg]
Counts = Counter[tuple[str, str]]  # by channel and kind


@pytest.fixture(scope="module")
def sessions() -> list[Session]:
    """Every stream there is, or a skip."""
    if not os.environ.get("DLD_DATA"):
        pytest.skip("needs a folder of imported windows: DLD_DATA")
    return [s for mine in sessions_by_channel(data_folder()) for s in mine]


def test_alerts_are_rarely_false_and_find_what_was_put_in(sessions: list[Session]) -> None:
    rng = np.random.default_rng(SEED)
    hours = Counter[str]()
    real, false, calm = Counts(), Counts(), Counts()
    for session in sessions:
        hours[session.channel] += len(session) * WINDOW_SECONDS / 3600
        real += alerts(windows_of(session))
        false += alerts(windows_of(dealt(session, rng)))
        calm += alerts(windows_of(reordered(session, rng)))
    false = Counter({k: v for k, v in false.items() if k[1] in MOODS})
    calm = Counter({k: v for k, v in calm.items() if k[1] not in MOODS})
    tell("real streams", real, hours)
    tell("surrogates", false + calm, hours)
    for size in DROPS:
        tell_recall(size, [r for s in sessions if (r := recall(s, size, rng)) is not None])
    assert sum(false.values()) / hours.total() < MOST_AN_HOUR


def alerts(windows: Iterable[Window]) -> Counts:
    """Alerts of one stream, as the daemon would have told them."""
    watching = Alerts(SETTINGS, "live")
    for window in windows:
        watching.saw(window, (window.start + WINDOW).timestamp())
    return Counter((alert.channel, alert.kind) for alert in watching.found)


# -- surrogates ------------------------------------------------------------------------------


def dealt(session: Session, rng: np.random.Generator, drop: float = 0.0, at: int = 0) -> Session:
    """The session with all its messages in another order; from window `at` on, for
    DROP_WINDOWS, each is lower by `drop`."""
    pool = np.concatenate([*scores(session), np.zeros(0)])
    rng.shuffle(pool)
    n = session.n.astype(int)
    ends = np.cumsum(n)
    low = ends[at] - n[at], ends[min(at + DROP_WINDOWS, len(n)) - 1]
    pool[slice(*low)] -= drop
    parts = np.split(np.clip(pool, -1, 1), ends[:-1])
    mean = np.array([p.mean() if len(p) else np.nan for p in parts])
    sd = np.array([p.std(ddof=1) if len(p) > 1 else np.nan for p in parts])
    return with_values(session, mean=mean, sd=sd)


def scores(session: Session) -> Iterator[np.ndarray]:
    """Messages of each window: some positive, some negative, the others 0, so that their mean
    and sd are the window's; where that cannot be, as near as -1..1 allows."""
    columns = (session.n, session.mean, session.sd, session.share_positive, session.share_negative)
    for n, mean, sd, positive, negative in zip(*columns, strict=True):
        if n:
            yield _messages(
                int(n), mean, np.nan_to_num(sd), round(n * positive), round(n * negative)
            )


def _messages(n: int, mean: float, sd: float, up: int, down: int) -> np.ndarray:
    total, squares = n * mean, (n - 1) * sd**2 + n * mean**2
    if not up or not down:  # one unknown: its sum is met
        high = total / up if up else 0.0
        low = total / down if down else 0.0
    else:  # up high + down low = total, up high^2 + down low^2 = squares
        root = up * down * ((up + down) * squares - total**2)
        high = (up * total + np.sqrt(max(0.0, root))) / (up * (up + down))
        low = (total - up * high) / down
    made = np.zeros(n)
    made[:up], made[up : up + down] = high, low
    return np.clip(made, -1, 1)


def reordered(session: Session, rng: np.random.Generator) -> Session:
    """The session with its windows in another order."""
    order = rng.permutation(len(session))
    columns = {k: v[order] for k, v in vars(session).items()
               if isinstance(v, np.ndarray) and k != "start"}  # fmt: skip
    return with_values(session, **columns)


def recall(session: Session, size: float, rng: np.random.Generator) -> tuple[int, bool] | None:
    """(messages of a drop put in halfway, whether it was found while it lasted); None for a
    stream too short, or silent then."""
    at = len(session) // 2
    n = int(session.n[at : at + DROP_WINDOWS].sum())
    if len(session) < LONG_ENOUGH or not n:
        return None
    rules, found = StreamRules(SETTINGS), False
    for place, window in enumerate(windows_of(dealt(session, rng, size, at))):
        kinds = {kind for kind, _ in rules.saw(window)}
        found |= "mood_drop" in kinds and at <= place < at + DROP_WINDOWS
    return n, found


# -- tables ------------------------------------------------------------------------------------


def tell(what: str, found: Counts, hours: Counter[str]) -> None:
    kinds = ("mood_drop", "mood_spike", "activity", "silence")
    print(f"\nalerts per 100 stream hours, {what}\n{'channel':26}{'hours':>7}", *(
        f"{kind:>11}" for kind in kinds))  # fmt: skip
    for channel in [*sorted(hours), "all"]:
        spent = hours.total() if channel == "all" else hours[channel]
        counts = [sum(v for (c, k), v in found.items() if k == kind and channel in (c, "all"))
                  for kind in kinds]  # fmt: skip
        print(f"{channel:26}{spent:7.0f}", *(f"{100 * n / spent:11.2f}" for n in counts))


def tell_recall(size: float, found: list[tuple[int, bool]]) -> None:
    n, hit = (np.array(values) for values in zip(*found, strict=True))
    groups = ((0, 50), (50, 150), (150, 500), (500, 10**9))
    told = [f"n {low}..{high if high < 10**9 else ''}: {hit[part].mean():.0%} of {part.sum()}"
            for low, high in groups if (part := (n >= low) & (n < high)).any()]  # fmt: skip
    print(f"drop of {size}: {hit.mean():.0%} found of {len(hit)}; by messages: {', '.join(told)}")
