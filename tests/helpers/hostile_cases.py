"""Hostile buckets, each made of a good one: what is damaged, or put in with ill will."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Case = Callable[[Path], object]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    def keep(how: Case) -> Case:
        CASES[name] = how
        return how

    return keep


def home(root: Path, shard: int = 1) -> Path:
    return root / f"shard-{shard}"


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_bytes(orjson.dumps(change(orjson.loads(path.read_bytes()))))


def manifest(root: Path, change: Callable[[dict[str, Any]], Any], shard: int = 1) -> None:
    def do(raw: dict[str, Any]) -> Any:
        told = change(raw)
        return raw if told is None else told

    edit(home(root, shard) / "manifest.json", do)


def of_table(root: Path, table: str, shard: int = 1) -> Path:
    return next((home(root, shard) / table).glob("*.parquet"))


def private(root: Path, name: str, shard: int = 0) -> Path:
    return next((home(root, shard) / "private" / name).iterdir())


def rewrite(root: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = of_table(root, table)
    pq.write_table(change(pq.read_table(path)), path)


def column(table: pa.Table, name: str, values: Any) -> pa.Table:
    values = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return table.set_column(table.schema.get_field_index(name), name, values)


def _set(value: dict[str, Any], at: str, new: Any) -> None:
    *path, last = at.split(".")
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    if new is ...:
        del value[last]
    else:
        value[last] = new


def _in_manifest(at: str, new: Any) -> Case:
    return lambda root: manifest(root, lambda raw: _set(raw, at, new), 0)


def _in_file(key: str, new: Any) -> Case:
    return lambda root: manifest(root, lambda raw: raw["tables"]["windows"][0].update({key: new}))


def _in_private(name: str, new: str) -> Case:
    return lambda root: manifest(root, lambda raw: raw["private"].update({name: new}), 0)


for at in (
    "v",
    "version",
    "revision",
    "published_at",
    "source",
    "tables",
    "writer",
    "retention_s",
    "bodies",
    "private",
):
    for said, new in {
        "gone": ...,
        "null": None,
        "list": [1],
        "text": "x",
        "number": -1,
        "huge": 2**63 - 1,
        "object": {"a": 1},
    }.items():
        CASES[f"manifest {at} {said}"] = _in_manifest(at, new)
for said, new in {
    "up": "../../../../tmp/up.parquet",
    "absolute": "/tmp/x.parquet",
    "inner": "windows/../../x.parquet",
    "nul": "windows/\0.parquet",
    "long": "windows/" + "x" * 5000 + ".parquet",
    "number": 5,
    "unicode": "windows/\u212a.parquet",
    "url": "https://evil.example/x.parquet",
    "glob": "windows/*.parquet",
    "other shard": "shard-0/windows/x.parquet",
    "not there": "windows/none.parquet",
}.items():
    CASES[f"file path {said}"] = (
        _in_manifest("tables.windows.0.path", new)
        if False
        else (
            lambda root, new=new: manifest(
                root, lambda raw: raw["tables"]["windows"][0].update(path=new)
            )
        )
    )
for key in ("rows", "min", "max"):
    for said, new in {
        "negative": -5,
        "huge": 2**62,
        "text": "zzz",
        "null": None,
        "nan": "nan",
        "far": "9999-12-31T23:59:59Z",
    }.items():
        CASES[f"file {key} {said}"] = _in_file(key, new)
for said, new in {
    "up": "../../optout.json",
    "root": "",
    "folder": "private",
    "other": "../install.json",
    "absolute": "/etc/passwd",
    "nul": "\0",
    "long": "x" * 3000,
    "double": "a//b",
    "dot": "./a",
}.items():
    CASES[f"private name {said}"] = lambda root, new=new: manifest(
        root, lambda raw: raw["private"].update(optout=new), 0
    )
    CASES[f"bodies name {said}"] = lambda root, new=new: manifest(
        root, lambda raw: raw.update(bodies=new), 0
    )
    CASES[f"meta name {said}"] = lambda root, new=new: manifest(
        root, lambda raw: raw["private"].update(meta=new), 0
    )


@case("manifest of very many files")
def _many(root: Path) -> None:
    def more(raw: dict[str, Any]) -> None:
        file = raw["tables"]["windows"][0]
        raw["tables"]["windows"] = [
            {**file, "path": f"windows/{n:032x}.parquet"} for n in range(300_000)
        ]

    manifest(root, more)


@case("manifest with the same file twice")
def _twice(root: Path) -> None:
    manifest(root, lambda raw: raw["tables"]["windows"].append(raw["tables"]["windows"][0]))


@case("manifest with a table that is none")
def _table(root: Path) -> None:
    manifest(root, lambda raw: raw["tables"].update(secrets=raw["tables"]["windows"]))


@case("manifest with a table under another's name")
def _mixed(root: Path) -> None:
    manifest(root, lambda raw: raw["tables"].update(streams=raw["tables"]["windows"]))


@case("manifest without a table")
def _without(root: Path) -> None:
    manifest(root, lambda raw: _set(raw, "tables.windows", ...))


@case("manifest without samples")
def _without_text(root: Path) -> None:
    manifest(root, lambda raw: _set(raw, "tables.samples", ...))


@case("manifest of deep levels")
def _deep(root: Path) -> None:
    (home(root) / "manifest.json").write_bytes(b"[" * 100_000 + b"]" * 100_000)


@case("manifest of noise")
def _noise(root: Path) -> None:
    (home(root) / "manifest.json").write_bytes(random.Random(1).randbytes(3000))


@case("manifest empty")
def _empty(root: Path) -> None:
    (home(root) / "manifest.json").write_bytes(b"")


@case("manifest of hundreds of MB")
def _large(root: Path) -> None:
    raw = orjson.loads((home(root) / "manifest.json").read_bytes())
    (home(root) / "manifest.json").write_bytes(orjson.dumps(raw)[:-1] + b" " * 400_000_000 + b"}")


@case("manifest is a folder")
def _folder(root: Path) -> None:
    (home(root) / "manifest.json").unlink()
    (home(root) / "manifest.json").mkdir()


# tables

for said, name, values in (
    ("mean not finite", "mean_compound", lambda t: [float("nan")] * len(t)),
    ("mean beyond one", "mean_compound", lambda t: [7.5] * len(t)),
    ("count negative", "n_messages", lambda t: pa.array([-3] * len(t), pa.int32())),
    ("channel that is a path", "channel", lambda t: ["../../x"] * len(t)),
    ("channel of SQL", "channel", lambda t: ["'; DROP TABLE windows; --"] * len(t)),
    ("channel null", "channel", lambda t: pa.array([None] * len(t), pa.string())),
    (
        "start off the grid",
        "start",
        lambda t: pc.add(t["start"], pa.scalar(1_000_000, pa.duration("us"))),
    ),
    (
        "start of year 1",
        "start",
        lambda t: pa.array([-62135596800000000] * len(t), pa.timestamp("us")),
    ),
    ("start of year 290000", "start", lambda t: pa.array([2**62] * len(t), pa.timestamp("us"))),
    ("counts as text", "n_messages", lambda t: ["5"] * len(t)),
    ("observed of a day", "observed_s", lambda t: [86400.0] * len(t)),
    (
        "sub_n of a thousand",
        "sub_n",
        lambda t: pa.array([[1] * 1000] * len(t), pa.list_(pa.int32())),
    ),
    ("source of nobody", "source", lambda t: ["evil"] * len(t)),
    ("version of a megabyte", "lexicon_version", lambda t: ["x" * 1_000_000] * len(t)),
    (
        "all the same key",
        "start",
        lambda t: pa.array([t["start"][0].as_py()] * len(t), t["start"].type),
    ),
):
    CASES[f"windows {said}"] = lambda root, name=name, values=values: rewrite(
        root, "windows", lambda t: column(t, name, values(t))
    )


@case("windows with one more column")
def _more(root: Path) -> None:
    rewrite(root, "windows", lambda t: t.append_column("evil", pa.array(["x"] * len(t))))


@case("windows without a column")
def _less(root: Path) -> None:
    rewrite(root, "windows", lambda t: t.drop_columns(["mean_compound"]))


@case("windows of no columns of ours")
def _none(root: Path) -> None:
    rewrite(root, "windows", lambda t: pa.table({"a": [1] * len(t)}))


@case("windows is a bomb")
def _bomb(root: Path) -> None:
    """Twenty million rows in a few kilobytes."""
    path = of_table(root, "windows")
    part = pa.concat_tables([pq.read_table(path).slice(0, 1)] * 100_000).combine_chunks()
    with pq.ParquetWriter(path, part.schema, compression="zstd") as writer:
        for _ in range(200):
            writer.write_table(part)


@case("windows of another file's bytes")
def _bytes(root: Path) -> None:
    of_table(root, "windows").write_bytes(of_table(root, "streams").read_bytes())


@case("windows is a catalogue of DuckDB")
def _duck(root: Path) -> None:
    path = of_table(root, "windows")
    path.unlink()
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE windows AS SELECT 1 AS a")


@case("windows is CSV")
def _csv(root: Path) -> None:
    of_table(root, "windows").write_bytes(b"channel,start\nann,2026-01-01\n")


@case("windows with a footer that lies")
def _footer(root: Path) -> None:
    path = of_table(root, "windows")
    data = bytearray(path.read_bytes())
    data[-8:-4] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(data)


for number in range(12):

    def _flip(root: Path, number: int = number) -> None:
        dice = random.Random(number)
        paths = sorted(p for p in root.rglob("*.parquet"))
        path = dice.choice(paths)
        data = bytearray(path.read_bytes())
        for _ in range(dice.choice((1, 20, 400))):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)

    CASES[f"table flipped {number}"] = _flip
for table in ("channels", "streams", "samples", "window_terms"):
    CASES[f"{table} emptied"] = lambda root, table=table: of_table(root, table).write_bytes(b"")
    CASES[f"{table} cut"] = lambda root, table=table: of_table(root, table).write_bytes(
        of_table(root, table).read_bytes()[:-40]
    )
    CASES[f"{table} gone"] = lambda root, table=table: of_table(root, table).unlink()
CASES["samples of other columns"] = lambda root: rewrite(
    root, "samples", lambda t: t.append_column("author", pa.array(["x"] * len(t)))
)
CASES["samples of a gigabyte text"] = lambda root: rewrite(
    root, "samples", lambda t: column(t, "text", ["x" * 300_000_000] * len(t))
)
CASES["samples rank null"] = lambda root: rewrite(
    root, "samples", lambda t: column(t, "rank", pa.array([None] * len(t), pa.int32()))
)
CASES["channels with a foreign id"] = lambda root: rewrite(
    root, "channels", lambda t: column(t, "channel_id", ["../../1"] * len(t))
)
CASES["channels id of the other shard's"] = lambda root: rewrite(
    root, "channels", lambda t: column(t, "channel_id", ["120"] * len(t))
)

# private

for said, data in {
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "empty": b"",
    "noise": b"\xff\xfe\0",
    "deep": b"[" * 50_000,
    "number": b"5",
    "other": b'{"a":1}',
    "types": b'{"v":1,"chatters":["x"],"channels":[5],"ids":[]}',
    "key of no login": b'{"v":1,"chatters":[],"channels":["kate~05"],"ids":{}}',
}.items():
    for name in ("optout", "claims", "channels", "learnt", "meta"):
        CASES[f"{name} {said}"] = lambda root, name=name, data=data: private(
            root, name
        ).write_bytes(data)
for said, more in {
    "clock nan": {"clock": "nan"},
    "clock text": {"clock": "x"},
    "schema 0": {"schema": "0"},
    "schema -1": {"schema": "-1"},
    "schema huge": {"schema": "9" * 5000},
    "schema 1e3": {"schema": "1e3"},
    "foreign": {"evil": "x"},
    "revision": {"revision": "-5"},
    "company": {"company": "{"},
    "company list": {"company": "[1]"},
    "optout": {"optout": "{}"},
    "optout null": {"optout": '{"a":1}'},
    "number": {"clock": 5},
    "null": {"clock": None},
    "awaited": {"awaited windows/" + "0" * 32 + ".parquet": "windows"},
    "awaited up": {"awaited ../../x": "windows"},
    "salt": {"salt": "0" * 16},
    "hours": {"open_window_hours": "x"},
    "days": {"open_term_days": "0001"},
    "request": {"request:../x": "2026-01-01"},
    "many": {f"request:{n}": "2026-01-01" for n in range(200_000)},
    "schema gone": {"schema": None},
    "buffer": {"buffer_from": "1e400"},
    "source": {"source": "evil"},
    "erased": {"erased": "x"},
}.items():
    CASES[f"meta {said}"] = lambda root, more=more: edit(
        private(root, "meta"), lambda m: {**m, **more}
    )
for said, data in {
    "null": b"null",
    "list": b"[1]",
    "noise": b"\xff\0",
    "deep": b"[" * 50_000 + b"]" * 50_000,
    "empty": b"",
    "up": b'{"../../x":{}}',
    "kelvin": '{"12\u212a":{}}'.encode(),
    "text": b'{"120":"x"}',
    "null body": b'{"120":null}',
    "large": orjson.dumps({"120": "x" * 100_000_000}),
    "many": orjson.dumps({str(n): {} for n in range(1, 30_000)}),
}.items():
    CASES[f"bodies {said}"] = lambda root, data=data: next(
        (home(root, 0) / "bodies").iterdir()
    ).write_bytes(data)

# the install, the shards, trained models, what no shard puts

for said, new in {
    "gone": None,
    "null": b"null",
    "list": b"[]",
    "noise": b"\xff",
    "shards 0": b'{"salt":"","shards":0}',
    "shards -1": b'{"salt":"","shards":-1}',
    "shards huge": b'{"salt":"","shards":1000000000}',
    "shards text": b'{"salt":"","shards":"2"}',
    "shards inf": b'{"salt":"","shards":1e999}',
    "shards 1e30": b'{"salt":"","shards":1e30}',
    "shards float": b'{"salt":"","shards":2.9}',
    "shards true": b'{"salt":"","shards":true}',
    "salt list": b'{"salt":[1],"shards":2}',
    "deep": b"[" * 50_000,
    "shards fewer": b'{"salt":"SALT","shards":1}',
    "shards more": b'{"salt":"SALT","shards":3}',
}.items():

    def _install(root: Path, new: bytes | None = new) -> None:
        path = root / "install.json"
        if new is None:
            path.unlink()
        else:
            path.write_bytes(new.replace(b"SALT", orjson.loads(path.read_bytes())["salt"].encode()))

    CASES[f"install {said}"] = _install
for said, name, data in (
    ("card of nothing", "mine/card.json", b"{}"),
    ("card null", "mine/card.json", b"null"),
    ("network of noise", "mine/model.tflite", b"x" * 5000),
    ("choice of nothing", "serving.json", b"[]"),
    ("choice up", "serving.json", b'{"version":"../../x","since":"","why":"","previous":[]}'),
    ("a file that is none", "mine/evil.py", b"import os"),
    ("a link up", "mine/..%2F..%2Fx", b"x"),
    ("a file at the top", "evil.so", b"x"),
    ("linear of noise", "mine/linear.json", b"\xff"),
    ("card huge", "mine/card.json", b" " * 200_000_000),
    ("very many", "", b""),
):

    def _trained(root: Path, name: str = name, data: bytes = data) -> None:
        for n in range(3000) if not name else ():
            path = home(root, 0) / "trained" / f"v{n}" / "card.json"
            path.parent.mkdir(parents=True)
            path.write_bytes(b"{}")
        if name:
            (home(root, 0) / "trained" / name).write_bytes(data)

    CASES[f"trained {said}"] = _trained
CASES["shard gone"] = lambda root: shutil.rmtree(home(root))
CASES["shard 1 is shard 0"] = lambda root: (
    shutil.rmtree(home(root)),
    shutil.copytree(home(root, 0), home(root)),
)
CASES["odd keys beside"] = lambda root: [
    (root / name).write_bytes(b"x")
    for name in ("shard-0/windows/$(id)", "shard-0/\u202e", "x" * 200)
]
