"""Files of a data folder damaged one by one, and what every command then makes of the folder.

`python -m tests.helpers.damage FIRST CASES [SECONDS]`: cases by their number, which is the seed of
all that is drawn; a line for each fault, and a line of counts at the end. It forks a child for
each case, so that a start costs nothing and what hangs can be ended.
"""

import _strptime  # noqa: F401  (nobody cannot load it later, nor the next two)
import asyncio
import concurrent.futures.thread  # noqa: F401
import encodings.idna  # noqa: F401
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import orjson

from ebs.app import create_app
from ebs.config import EbsSettings
from models.__main__ import main as models
from models.versions.choice import Choice, write_choice
from pipeline.__main__ import main as pipeline
from pipeline.chat.message import Batch, ChannelInfo, Heard, Message, StreamStart, Watch
from pipeline.cli.app import COMMANDS as TYPED
from pipeline.collect.collect_state import CollectState
from pipeline.emotes.cache import Cache, Kept
from pipeline.emotes.providers import Place
from pipeline.sources.eventsub.tokens import Token, TokenFile
from pipeline.sources.registry import SOURCES, SourceKind
from tests.helpers.forked import End, forked
from tests.helpers.model_versions import put_version
from warehouse.commands import app_of
from warehouse.config import DataFolder
from warehouse.consent import Claim, save_claims
from warehouse.errors import AppError
from warehouse.inbox.requests import InboxFolder, Request, asked_now
from warehouse.inbox.uploaded_log import UploadedLog
from warehouse.lease import Lease, write_lease
from warehouse.published.reader import Reader
from warehouse.tables import TABLES

LONGEST_S = 25.0  # of a case; beyond it hangs
SECRET = "zqsecretqz"  # in every line of who opted out
NOBODY = 65534  # root reads what nobody may
MINUTES = 6

SOURCES["told"] = SourceKind(__name__, is_live=True)  # type: ignore[index]


class Told:
    """Two channels, a message a second: of ten chatters, and of one who opted out."""

    kind, anew = "live", False

    def channels(self) -> list[ChannelInfo]:
        return [ChannelInfo("ann", "123", "Ann", "en"), ChannelInfo("bob", "124")]

    async def batches(self) -> AsyncIterator[Batch]:
        now = time.time()
        began = now - MINUTES * 60
        for name in ("ann", "bob"):
            start = StreamStart(name, began, f"{name}:1", "a title", "Chess")
            yield Batch(began, (start, Watch(name, began)))
        for n in range(0, MINUTES * 60, 10):
            at = began + n
            said = [
                Message(f"{now}{name}{n}{k}", name, at + k, f"chatter{k}", "great play LUL")
                for name in ("ann", "bob")
                for k in range(10)
            ]
            gone = Message(f"{now}x{n}", "ann", at, "optedout", f"{SECRET} is so sad")
            yield Batch(at + 10, (*said, gone, Heard("ann", at + 10), Heard("bob", at + 10)))

    def gauge(self) -> dict[str, Any]:
        return {}

    def stored(self, clock: float) -> None:
        return

    def leased(self, until: float) -> None:
        return


def open_source(opening: object) -> Told:
    """As `run` opens any source."""
    return Told()


# -- commands -------------------------------------------------------------------------------


def typed(*words: str, main: Callable[[], None] = pipeline) -> int:
    """Exit code of the words behind `python -m pipeline`."""
    sys.argv = ["pipeline", *words]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def ask_ebs(folder: DataFolder) -> int:
    """Every route that reads the folder; a 500 is only what says which file is damaged."""

    async def send() -> None:
        transport = httpx.ASGITransport(create_app(EbsSettings(), folder))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8081") as web:
            token = await web.get(
                "/preview/token", params={"role": "broadcaster", "channel_id": "123"}
            )
            bearer = {"Authorization": f"Bearer {token.json().get('token')}"}
            for path in (
                "/healthz",
                "/readyz",
                "/metrics",
                "/v1/mood",
                "/v1/channel",
            ):
                answer = await web.get(path, headers=bearer)
                told = "PublishedDamaged" in answer.text  # the contract's word for it
                assert answer.status_code != 500 or told, (path, answer.text)

    try:
        asyncio.run(send())
    except AppError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def read(folder: DataFolder) -> int:
    """All tables, as the dashboard reads them: it has a sentence for these errors."""
    reader, code = Reader(folder), 0
    for table in TABLES:
        try:
            reader.run(f"FROM {table}")
        except (AppError, duckdb.Error) as exc:
            print(f"error: {table}: {type(exc).__name__}", file=sys.stderr)
            code = 1
    return code


COMMANDS: dict[str, Callable[[DataFolder], int]] = {
    "run": lambda f: typed("run", "--source", "told"),
    "forget chatter": lambda f: typed("forget", "--chatter", "chatter1"),
    "forget channel": lambda f: typed("forget", "--channel", "bob"),
    "opt-out": lambda f: typed("opt-out", "--chatter", "chatter2"),
    "opt-out channel": lambda f: typed("opt-out", "--channel", "bob"),
    "channels": lambda f: typed("channels", "list"),
    "channels add": lambda f: typed("channels", "add", "cy"),
    "doctor": lambda f: typed("doctor"),
    "backup": lambda f: typed("backup", "--out", str(f.root.parent / f"out{random.random()}")),
    "restore": lambda f: restore(f),
    "export": lambda f: typed("export", "--out", str(f.root.parent / f"ex{random.random()}")),
    "vocabulary": lambda f: typed("vocabulary"),
    "models": lambda f: typed("versions", main=models),
    "promote": lambda f: typed("promote", "mine", main=models),
    "rollback": lambda f: typed("rollback", main=models),
    "ebs": ask_ebs,
    "dashboard": read,
}


def restore(folder: DataFolder) -> int:
    """The backup beside the folder, into another."""
    os.environ["DLD_DATA"] = str(folder.root.parent / "restored")
    try:
        return typed("restore", str(folder.root.parent / "backup.duckdb"))
    finally:
        os.environ["DLD_DATA"] = str(folder.root)


# -- the folder -----------------------------------------------------------------------------


def build(root: Path) -> None:
    """A data folder with a file of every kind, a backup beside it, and itself as it was before."""
    folder = DataFolder(root)
    os.environ["DLD_DATA"] = str(root)
    assert typed("opt-out", "--chatter", "optedout") == 0
    assert typed("channels", "add", "ann", "bob") == 0
    assert typed("run", "--source", "told") == 0
    shutil.copytree(root, root.parent / "older")
    assert typed("opt-out", "--chatter", "another") == 0
    assert typed("run", "--source", "told") == 0
    save_claims(folder.claims, {"125": Claim("cy", True)})
    TokenFile(root).save(Token("a" * 30, "r" * 50, "1", "me", "client", ("user:read:chat",), 2e9))
    CollectState(root / "collect.json").save()
    put_version(folder.models, "mine")
    write_choice(folder, Choice("mine", "2026-01-01T00:00:00Z", "asked"))
    (folder.models / "trials.jsonl").write_text('{"trial": 1, "state": "COMPLETE", "value": 0.1}\n')
    Cache(root / "cache" / "emotes").save(Place("bttv", "123"), Kept(("LUL", "Kappa"), time.time()))
    write_lease(folder.ebs / "lease.json", Lease(1.0, 2.0))
    (folder.ebs / "viewers").mkdir()
    (folder.ebs / "viewers" / "123").touch()
    inbox = InboxFolder(folder.inbox)
    inbox.put(
        Request("waits", asked_now(), "test", "channels", {"change": "add", "channels": ["di"]})
    )
    inbox.put(Request("log", asked_now(), "test", "import-log", {"name": "x.txt"}))
    UploadedLog(folder.inbox / "log").put([b"[2026-01-31 13:00:00] <ann> hello\n"])
    assert typed("backup", "--out", str(root.parent / "backup.duckdb")) == 0


# -- damage ---------------------------------------------------------------------------------

ODD: list[Any] = [
    None, True, -1, 0, 2**63, 2**70, 1e308, -1e308, 1e-320, "", "x" * 100_000, "\u0000", "nan",
    "NaN", "inf", "-inf", "2026-99-99T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    [], {}, [[]], [None], {"a": {"b": [1]}}, "\U0001f600",
    "../../x", "'; DROP TABLE windows; --", 3.5, "1e999", [1] * 50,
]  # fmt: skip


def _nodes(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at]
    if isinstance(value, dict):
        found += [n for k, v in value.items() for n in _nodes(v, (*at, k))]
    elif isinstance(value, list):
        found += [n for k, v in enumerate(value) for n in _nodes(v, (*at, k))]
    return found


def _changed(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = value.copy()
    if len(at) == 1 and new is ...:
        del copy[at[0]]
    else:
        copy[at[0]] = _changed(value[at[0]], at[1:], new)
    return copy


def wrong_json(path: Path, dice: random.Random) -> None:
    """One value of the file's JSON is another, or gone; of JSON lines in some of them."""
    texts = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    texts = [text for text in texts if text.strip()] or ["null"]  # an hour nobody wrote in yet
    for n in dice.sample(range(len(texts)), min(len(texts), 5)):
        value = json.loads(texts[n])
        at = dice.choice(_nodes(value))
        texts[n] = json.dumps(_changed(value, at, dice.choice([*ODD, *([...] if at else [])])))
    if dice.random() < 0.2:
        texts[0] = "[" * 5000 + "]" * 5000
    path.write_text("\n".join(texts) + "\n")


def wrong_meta(path: Path, dice: random.Random) -> None:
    """A value that the warehouse keeps by name is another."""
    with duckdb.connect(str(path)) as con:
        names = [name for (name,) in con.execute("SELECT name FROM meta ORDER BY name").fetchall()]
        odd = [*map(str, (v for v in ODD if v is not None)), "{", "[1]", "nan nan"]
        con.execute(
            "UPDATE meta SET value = $v WHERE name = $n",
            {"v": dice.choice(odd), "n": dice.choice(names)},
        )


def flip(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 1, 8, 200))):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def _folder(path: Path, dice: random.Random) -> None:
    path.unlink()
    path.mkdir()
    if dice.random() < 0.5:
        (path / "x").write_text("x")


def _link(path: Path, dice: random.Random) -> None:
    path.unlink()
    path.symlink_to(
        dice.choice(["nowhere", path.name, "/dev/null", "/dev/zero", "..", "/proc/self/mem"])
    )


def _fifo(path: Path, dice: random.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def _swap(path: Path, dice: random.Random) -> None:
    others = [p for p in sorted(path.parent.iterdir()) if p.is_file() and p != path]
    others += [
        p for p in sorted(path.parent.parent.rglob(f"*{path.suffix}")) if p.is_file() and p != path
    ]
    if others:
        path.write_bytes(dice.choice(others).read_bytes())


def _older(path: Path, dice: random.Random) -> None:
    root = next(p for p in path.parents if p.name == "data")
    older = root.parent / "older" / path.relative_to(root)
    if older.is_file():
        path.write_bytes(older.read_bytes())


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "deleted": lambda p, d: p.unlink(),
    "emptied": lambda p, d: p.write_bytes(b""),
    "cut": lambda p, d: p.write_bytes(p.read_bytes()[: d.randrange(max(1, p.stat().st_size))]),
    "flipped": flip,
    "noise": lambda p, d: p.write_bytes(d.randbytes(d.choice((1, 7, 65, 5000)))),
    "utf-16": lambda p, d: p.write_bytes(p.read_bytes().decode("latin-1").encode("utf-16")),
    "twice": lambda p, d: p.write_bytes(p.read_bytes() * 2),
    "folder": _folder,
    "link": _link,
    "fifo": _fifo,
    "unreadable": lambda p, d: p.chmod(0),
    "sibling": _swap,
    "older": _older,
    "json": wrong_json,
    "meta": wrong_meta,
}


def kind_of(name: str) -> str:
    """Files of the same kind are damaged as often as one alone."""
    parts = Path(name).parts
    return (
        f"{parts[0]}/{parts[1]}"
        if parts[0] in ("published", "inbox", "models") and parts[1:]
        else parts[0]
    )


def damage(root: Path, dice: random.Random) -> tuple[str, str]:
    """Do it to one file; (how, which)."""
    names = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(kind_of(name), []).append(name)
    kinds["backup"] = ["../backup.duckdb"]
    if dice.random() < 0.35:  # what matters most
        kinds = {k: kinds[k] for k in ("salt", "optout.json", "warehouse.duckdb", "buffer")}
    name = dice.choice(kinds[dice.choice(sorted(kinds))])
    fits = set(DAMAGES) - {"json", "meta"}
    fits |= {"json"} if ".json" in name else set()
    fits |= {"meta"} if name == "warehouse.duckdb" else set()
    how = dice.choice(
        sorted(fits) + ["json"] * 8 * ("json" in fits) + ["meta"] * 6 * ("meta" in fits)
    )
    DAMAGES[how](root / name, dice)
    return how, name


# -- judging --------------------------------------------------------------------------------


def faults(
    folder: DataFolder, command: str, code: int, said: str, salt: bytes, name: str
) -> list[str]:
    """What is wrong with how a command ended."""
    found: list[str] = []
    if code == -1 and "paused: cannot write" in said:  # the daemon waits until it can, and goes on
        return found
    if "Traceback" in said or "never retrieved" in said:
        found.append("traceback: " + said.strip().splitlines()[-1][:300])
    if code not in (0, 1):
        found.append(f"exit code {code}")
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    if code == 1 and not lines and command != "doctor":
        found.append("no line says why")
    if command == "run" and code == 0:
        found += weaker(folder, salt, name)
    return found


def weaker(folder: DataFolder, salt: bytes, name: str) -> list[str]:
    """Privacy that was lost in silence."""
    found = []
    try:
        if (folder.root / "salt").read_bytes() != salt and name != "warehouse.duckdb":
            found.append("another salt in silence")
    except OSError as exc:
        found.append(f"no salt: {exc}")
    for path in folder.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            if SECRET.encode() in path.read_bytes():
                found.append(f"an opt-out is lost: {path.relative_to(folder.root)}")
            if path.stat().st_mode & 0o077:
                found.append(f"others can read {path.relative_to(folder.root)}")
    return found


def case(template: Path, place: Path, number: int) -> list[str]:
    """Faults of one case, in words."""
    dice = random.Random(number)
    for part in ("data", "older"):
        shutil.copytree(template / part, place / part)
    shutil.copy(template / "backup.duckdb", place)
    folder = DataFolder(place / "data")
    salt = (folder.root / "salt").read_bytes()
    how, name = damage(folder.root, dice)
    found = []
    commands = dice.sample(sorted(COMMANDS), 4)
    if dice.random() < 0.5:
        commands.insert(0, "run")
    for command in dict.fromkeys(["restore", *commands] if name.startswith("..") else commands):
        code, said, _ = child(folder, command)
        for fault in faults(folder, command, code, said, salt, name):
            found.append(f"{number}: {command} after {name} {how}: {fault}")
            if os.environ.get("DAMAGE_SHOW"):
                found.append(said)
    return found


def child(folder: DataFolder, command: str) -> End:
    """A command, as nobody where we are root."""

    def work() -> int:
        if os.getuid() == 0:
            for path in (folder.root.parent, *folder.root.parent.rglob("*")):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.environ["DLD_DATA"] = str(folder.root)
        os.chdir(folder.root.parent)
        return COMMANDS[command](folder)

    return forked(work, LONGEST_S)


def main(first: int, cases: int, seconds: float) -> int:
    os.umask(0)
    os.environ |= {"DLD_FORECAST": "false", "DLD_EMOTES": "false", "DLD_DEVELOPMENT": "1"}
    os.environ["DLD_TWITCH_URL"] = "http://127.0.0.1:9"
    app_of(TYPED, [])  # all loaded, for the children
    until, counts = time.monotonic() + seconds, Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        template = Path(place, "template")
        template.mkdir()
        Path(place).chmod(0o755)
        made = forked(lambda: build(template / "data"), LONGEST_S)
        assert made.code == 0, made.stderr
        for number in range(first, first + cases):
            if time.monotonic() > until:
                break
            here = Path(place, "case")
            here.mkdir()
            found = case(template, here, number)
            counts["cases"] += 1
            counts["faults"] += len(found)
            for line in found:
                print(line, flush=True)
            shutil.rmtree(here)
    print(orjson.dumps(counts).decode())
    return bool(counts["faults"])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), float((sys.argv[3:] or ["1e9"])[0])))
