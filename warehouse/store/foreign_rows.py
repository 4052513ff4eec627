"""Rows from elsewhere: a backup's, an import's, a bucket's. Only what our tables take is taken.

Columns are known ones of their own type, and every value lies within the bounds below; a row that
does not fit refuses its file, before any of it is written.
"""

from collections.abc import Iterable, Iterator, Mapping

from warehouse.connections import Connection
from warehouse.errors import BadInput
from warehouse.records import BASES, CHANNEL_ID, HORIZON, KEY, SLOTS, WINDOW_SECONDS
from warehouse.tables import TABLES, UNPUBLISHED

Columns = Mapping[str, str]  # type by name
# each is true, or NULL, for a value that may be; {c} is the column
_BY_TYPE = {
    "BOOLEAN": "true",
    "INTEGER": "{c} >= 0",
    "BIGINT": "{c} >= 0",
    "DOUBLE": "isfinite({c})",
    "INTEGER[]": "len({c}) <= 10 AND list_min({c}) >= 0",
    "DOUBLE[]": "len({c}) <= 10 AND isfinite(list_min({c})) AND isfinite(list_max({c}))",
    "DATE": "{c} BETWEEN DATE '1970-01-01' AND DATE '2199-12-31'",
    "TIMESTAMP": "{c} >= TIMESTAMP '1970-01-01' AND {c} < TIMESTAMP '2200-01-01'",
    "VARCHAR": "length({c}) <= 1000",
    "BLOB": "octet_length({c}) <= 1000000",
}
_A_WINDOW = f"epoch_us({{c}}) % {WINDOW_SECONDS * 1_000_000} = 0"
_A_SHARE = "{c} BETWEEN 0 AND 1"
_OF_STEPS = f"len({{c}}) = {HORIZON}"
_JSON = "length({c}) <= 1000000 AND json_valid({c})"
_LONG = "length({c}) <= 1000000"
# beside the type's, or for a text in its place; of one table alone: TABLE.COLUMN
_BY_NAME = {
    "channel": f"regexp_full_match({{c}}, '{KEY.pattern}')",
    "channel_id": f"{{c}} = '' OR regexp_full_match({{c}}, '{CHANNEL_ID.pattern}')",
    "source": "{c} IN ('simulated', 'replay', 'live', 'import')",
    "term": "length({c}) <= 200",
    "rev": "{c} < 1000000000000000",
    "model": r"regexp_full_match({c}, '[\w.-]{1,100}')",
    "step": f"{{c}} <= {HORIZON}",
    "start": _A_WINDOW,
    "cutoff": _A_WINDOW,
    "hour": "{c} = date_trunc('hour', {c})",
    "readable": _A_SHARE,
    "basis": f"{{c}} IN {BASES}",
    "share_positive": _A_SHARE,
    "share_negative": _A_SHARE,
    "share_scored": _A_SHARE,
    "share_emote": _A_SHARE,
    "sub_n": f"len({{c}}) = {SLOTS}",
    "sub_mean": f"len({{c}}) = {SLOTS} AND list_min({{c}}) >= -1 AND list_max({{c}}) <= 1",
    **dict.fromkeys(("q025", "q10", "q50", "q90", "q975"), _OF_STEPS),
    **dict.fromkeys(("volume_q10", "volume_q50", "volume_q90"), _OF_STEPS),
    **dict.fromkeys(("chance_above", "chance_drop", "chance_rise"), _A_SHARE),
    **dict.fromkeys(("params", "scores", "before"), _JSON),
    **dict.fromkeys(("detail", "evidence"), _LONG),
    "clip_id": r"regexp_full_match({c}, '[\w-]{1,100}')",
    "clips.vod_id": r"regexp_full_match({c}, '\d{1,20}')",
    "clips.duration_s": "{c} > 0",
    "meta.value": _LONG,  # of the name, by _META
}
_OF_ALL = {"vocabulary", "decisions", "alerts"}  # whose channel may be '', that is all channels


def checked(
    con: Connection,
    table: str,
    source: str,
    columns: Columns | None = None,
    are_some: bool = False,
) -> str:
    """SQL of the rows of `source`, whose columns are those of our table by name and type.

    source: SQL of a table. columns: that the source must have, all of them; else some of the
    connection's own table. are_some: the source may have others beside them, which are left
    out. Raises BadInput for what does not fit.
    """
    ours = columns or types(con, table)
    theirs = types(con, source)
    if are_some:
        theirs = {name: kind for name, kind in theirs.items() if name in ours}
    for name, kind in theirs.items():
        if ours.get(name) != kind:
            raise BadInput(
                f"{table} has a column {name[:60]!r} of type {kind[:60]}, not one of ours"
            )
    if columns and (missing := ours.keys() - theirs.keys()):
        raise BadInput(f"{table} has no column {min(missing)}")
    _refuse_values(con, table, source, theirs)
    return f"SELECT {_names(theirs)} FROM {source}"


def types(con: Connection, source: str) -> dict[str, str]:
    """The type of every column, by name, as the source has them in order."""
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}


def _refuse_values(con: Connection, table: str, source: str, columns: Columns) -> None:
    wrong = ", ".join(
        f"count(*) FILTER (NOT ({condition}))" for condition in _conditions(table, columns)
    )
    counts = con.execute(f"SELECT {wrong} FROM {source}").fetchall()[0]
    for name, count in zip(columns, counts, strict=True):
        if count:
            raise BadInput(f"{table}.{name} is out of bounds in {count} rows")


def _conditions(table: str, columns: Columns) -> Iterator[str]:
    """Of every column, true or NULL for a value that may be."""
    for name, kind in columns.items():
        rule, own = _BY_TYPE[kind], _BY_NAME.get(f"{table}.{name}", _BY_NAME.get(name))
        if own:
            rule = own if kind == "VARCHAR" else f"({rule}) AND ({own})"
        if name == "channel" and table in _OF_ALL:
            rule = f"{{c}} = '' OR {rule}"
        yield rule.replace("{c}", f'"{name}"')


def refuse_twice(con: Connection, table: str, source: str) -> None:
    """A key of ours stands once; most tables have no index that would hold it. Of rows of before a
    column of it was there, what they have. Raises BadInput."""
    have = types(con, source)
    key = _names(name for name in _key_of(table) if name in have)
    twice = con.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {source} GROUP BY {key} HAVING count(*) > 1)"
    ).fetchall()
    if twice != [(0,)]:
        raise BadInput(f"{table} has {twice[0][0]} keys more than once")


def _key_of(table: str) -> tuple[str, ...]:
    """Columns that tell a row of the table from every other."""
    spec = TABLES.get(table) or UNPUBLISHED.get(table)
    return tuple(dict.fromkeys((*spec.replace, *spec.order))) if spec else ("name",)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


_NUMBER = r"-?\d{1,10}(\.\d{1,24})?(e-\d{1,2})?"  # epoch seconds, or small ones
_TIME = r"[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8]|29|3[01])([ T][\d:.Z+-]{1,30})?"
_COMPANY = rf'"([^"\\]|\\.)*":\[{_NUMBER}(,{_NUMBER}){{4}}\]'
_FILE = r"[a-z_]{1,40}/[0-9a-f]{32}\.parquet"
_SECOND = r'"[12]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\+00:00"'
_TOLD = rf'"channel_id":"\d{{0,20}}","at":{_SECOND},"found_at":{_SECOND}'  # of a moment
# names of `meta`, and what each may say
_META = {
    "schema|revision|erased": r"\d{1,15}",
    "clock|buffer_from": _NUMBER,
    "open_window_hours|open_term_days|health_from": _TIME,
    "source": "simulated|replay|live|import",
    "salt": "[0-9a-f]{16}",
    "optout": r"\{.*\}",
    "lexicon": r"[\w.+:-]{0,100}",
    "scrub": "due|done",
    "company": rf"\{{({_COMPANY}(,{_COMPANY})*)?\}}",
    r"(request|here):[\w-]{1,100}": _TIME,
    "replay:[0-9a-f]{24}": f"({_NUMBER})?",
    f"moved {KEY.pattern}": f"({KEY.pattern})?",
    f"moment {KEY.pattern}": rf'\{{"channel":"{KEY.pattern}",{_TOLD},.*\}}',
    f"awaited {_FILE}": r"[a-z_]{1,40}( [\d TZ:.+-]{0,40})?",
}


def broken_meta(con: Connection) -> str:
    """A name of ours in `meta` whose value it cannot have; '' where all is well."""
    wrong = con.execute(f"SELECT name FROM meta WHERE {_which(' AND NOT ')} LIMIT 1").fetchall()
    return str(wrong[0][0]) if wrong else ""


def _which(joined: str) -> str:
    """SQL: the name is known, and its value (joined) one that it can have."""
    return " OR ".join(
        f"(regexp_full_match(name, '{name}'){joined}regexp_full_match(value, '{value}'))"
        for name, value in _META.items()
    )


def refuse_meta(con: Connection, source: str, schema: int) -> None:
    """Raises BadInput for a name that we do not keep, and for a value that it cannot have."""
    wrong = con.execute(
        f"SELECT left(name, 60) FROM {source} WHERE ({_which(' AND ')}) IS NOT true LIMIT 1"
    ).fetchall()
    if wrong:
        raise BadInput(f"meta has {wrong[0][0]!r}, which is none of ours or out of bounds")
    told = con.execute(f"SELECT value FROM {source} WHERE name = 'schema'").fetchall()
    if told != [(str(schema),)]:
        raise BadInput("meta has another schema than the backup says")
