"""Past chat that is made up: streams long enough to be judged, with a name that is new."""

import csv
from pathlib import Path

NEW = "wobbleHype"  # an emote that nobody told of
COLUMNS = ("channel", "stream", "date", "t", "user", "text")
_SAID = ("good one", "what a play", "this is so bad", "lol", "nice", "I hate this part", "hi all")


def table(
    path: Path, channels: tuple[str, ...] = ("ann", "bob"), streams: int = 2, minutes: int = 40
) -> Path:
    """A CSV of streams, a day each from 2020-03-01 on: a message every five seconds, every eighth
    with the new emote, half of those of nothing else."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for channel in channels:
            for stream in range(streams):
                date = f"2020-03-{stream + 1:02d}T18:00:00Z"
                for k in range(minutes * 12):
                    text = _SAID[k * k % len(_SAID)]
                    if k % 8 == 0:
                        text = NEW if k % 16 else f"{NEW} love this"
                    out.writerow((channel, f"s{stream}", date, k * 5, f"viewer{k % 9}", text))
    return path
