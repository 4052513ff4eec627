"""How fast past chat comes in, and in how much memory. Run with `make bench`.

Chat is made up: words of the lexicon and others, emotes, some lines said often. Each import runs
in a process of its own, whose peak memory is its own; seconds are those of the whole command.
"""

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.imports.formats import FORMATS
from pipeline.imports.formats.base import Log
from pipeline.imports.formats.log_file import LogFile
from tests.helpers.paths import ROOT

CHATTERS = 3000
EVERY_S = 0.4  # seconds between messages
START = "2026-01-01T18:00:00Z"
FROM_TABLE = 50_000  # messages/s, the aims
FROM_JSON = 30_000
MOST_MB = 400
_RUN = """
import resource, sys
from pipeline.__main__ import main
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def said(n: int, seed: int = 1) -> Iterator[tuple[float, str, str, list[str]]]:
    """(seconds, login, text, its emotes): n lines of made-up chat."""
    dice = random.Random(seed)
    words = [
        *"good great love nice win lose bad hate sad stream game play the and you is it so".split(),
        *(
            "".join(dice.choices("abcdefghilmnoprstuvwy", k=dice.randint(2, 9)))
            for _ in range(4000)
        ),
    ]
    emotes = ["LUL", "Kappa", "PogChamp", "BibleThump", *(f"chan{k}Hype" for k in range(40))]
    often = [dice.choice(emotes) for _ in range(60)] + ["lol", "gg", "W", "L", "LETS GO", "no way"]
    for k in range(n):
        if dice.random() < 0.35:
            text = dice.choice(often)
        else:
            text = " ".join(dice.choices(words, k=dice.randint(1, 14)))
            text += f" {dice.choice(emotes)}" if dice.random() < 0.3 else ""
        marked = [word for word in text.split() if word in emotes]
        yield round(k * EVERY_S, 3), f"chatter{dice.randrange(CHATTERS)}", text, marked


def table(path: Path, n: int) -> Path:
    """A Parquet table of n messages."""
    t, user, text, emotes = zip(*said(n), strict=True)
    columns = {
        "channel": ["bench"] * n, "stream": ["1"] * n, "date": [START] * n, "t": t, "user": user,
        "text": text, "emotes": [" ".join(e) for e in emotes], "bot": [False] * n,
    }  # fmt: skip
    pq.write_table(pa.table(columns), path)
    return path


def downloader(path: Path, size: int) -> int:
    """A TwitchDownloader log of `size` bytes; returns its messages."""
    head = {"FileInfo": {"Version": {"Major": 1, "Minor": 4}},
            "streamer": {"name": "bench", "id": 1},
            "video": {"id": "2000000001", "created_at": START, "title": "made up"}}  # fmt: skip
    with path.open("wb") as file:
        file.write(orjson.dumps(head)[:-1] + b',"comments":[')
        n = 0
        for seed in range(1000):
            for _, user, text, emotes in said(50_000, seed):
                file.write((b"," if n else b"") + comment(n, n * EVERY_S, user, text, emotes))
                n += 1
                if n % 1000 == 0 and file.tell() >= size:
                    file.write(b'],"embeddedData":{"firstParty":[]}}')
                    return n
    raise AssertionError(size)


def comment(k: int, t: float, user: str, text: str, emotes: list[str]) -> bytes:
    """A comment as TwitchDownloader writes it."""
    fragments = [
        {"text": piece, "emoticon": {"emoticon_id": "25"} if piece in emotes else None}
        for piece in re.split(r"( )", text)
    ] if emotes else [{"text": text, "emoticon": None}]  # fmt: skip
    return orjson.dumps(
        {
            "_id": f"{k:08x}-0000-4000-8000-000000000000", "created_at": START,
            "channel_id": "1", "content_type": "video", "content_id": "2000000001",
            "content_offset_seconds": int(t),
            "commenter": {"display_name": user, "_id": "12345678", "name": user, "bio": None,
                          "created_at": START, "updated_at": START,
                          "logo": "https://example.invalid/0000-profile_image-300x300.png"},
            "message": {"body": text, "bits_spent": 0, "fragments": fragments,
                        "user_badges": [{"_id": "subscriber", "version": "12"}],
                        "user_color": "#1E90FF", "emoticons": []},
        }
    )  # fmt: skip


def imported(path: Path, data: Path, *more: str) -> tuple[float, int]:
    """(seconds, peak resident MB) of the import, in a process of its own on one core."""
    core = {min(os.sched_getaffinity(0))}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "import", str(path), *more],
        env={**os.environ, "DLD_DATA": str(data)}, cwd=ROOT, text=True, capture_output=True,
        check=False, preexec_fn=lambda: os.sched_setaffinity(0, core),
    )  # fmt: skip
    taken = time.perf_counter() - began
    assert done.returncode == 0, done.stderr[-2000:]
    return taken, int(done.stdout.split()[-1])


def test_import_of_a_table(tmp_path: Path) -> None:
    n = 1_000_000
    seconds, peak = imported(table(tmp_path / "a.parquet", n), tmp_path / "data")
    print(f"\nParquet: {n / seconds:,.0f} messages/s to committed windows, peak {peak} MB")
    assert peak < MOST_MB
    assert n / seconds >= FROM_TABLE


@pytest.mark.data
def test_import_of_real_chat(tmp_path: Path) -> None:
    root = os.environ.get("DLD_TEST_DATA")
    if not root:
        pytest.skip("needs real chat: DLD_TEST_DATA")
    path = Path(root) / "data" / "chat.parquet"
    n = pq.read_metadata(path).num_rows
    seconds, peak = imported(path, tmp_path / "data", "--undated")
    print(
        f"\nreal chat: {n / seconds:,.0f} messages/s to committed windows (the aim: "
        f"{FROM_TABLE:,}), peak {peak} MB"
    )
    assert peak < MOST_MB


@pytest.mark.parametrize("size", [1 << 28, 1 << 30], ids=["256 MB", "1 GB"])
def test_import_of_twitchdownloader_json(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.json"
    n = downloader(path, size)
    began = time.perf_counter()
    with LogFile(path) as source:
        assert sum(1 for _ in FORMATS["twitchdownloader"].read(source, Log())) == n
    parsing = time.perf_counter() - began
    seconds, peak = imported(path, tmp_path / "data")
    path.unlink()
    print(
        f"\nJSON of {size >> 20} MB, {n:,} messages: {n / seconds:,.0f} messages/s to committed "
        f"windows, peak {peak} MB; the parser alone {n / parsing:,.0f} messages/s, "
        f"{parsing / seconds:.0%} of the time"
    )
    assert peak < MOST_MB
    assert n / seconds >= FROM_JSON
