"""Questions in SQL: what is answered, in every format, and what is refused."""

import json
import os
import pty
import re
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from subprocess import run as run_process

import pyarrow.parquet as pq
import pytest

from tests.helpers.build import put, republish, term_row, window_row
from tests.helpers.commands import Done, run
from tests.helpers.paths import ROOT
from warehouse.__main__ import main
from warehouse.analysis.answer_formats import MOST_SHOWN
from warehouse.config import DataFolder
from warehouse.sql import quoted
from warehouse.store.store import Store

TERMS = ["=1+1", 'a "b",c', "Ünï 🎉", "x\x1b[31m\u202ey"]
QUESTION = "SELECT start, n_messages, mean_compound, sub_mean FROM windows ORDER BY start"
FIRST = {
    "start": "2026-01-01T12:00:00Z", "n_messages": 3, "mean_compound": 0.5,
    "sub_mean": [0.5, None, None, None, None, None],
}  # fmt: skip
SQL = [sys.executable, "-m", "warehouse", "sql"]
REFUSED = {
    "COPY windows TO 'x.csv'": "COPY is not answered",
    "ATTACH 'x.duckdb'": "ATTACH is not answered",
    "SET threads = 1": "SET is not answered",
    "INSTALL httpfs": "LOAD is not answered",
    "CREATE TABLE t AS SELECT 1": "CREATE is not answered",
    "DROP VIEW windows": "DROP is not answered",
    "EXPLAIN ANALYZE SELECT 1": "EXPLAIN is not answered",
    "EXPORT DATABASE 'x'": "EXPORT is not answered",
    "SELECT 1; SELECT 2": "2 statements",
    "-- nothing": "0 statements",
    "PIVOT windows ON channel USING count(*)": "PIVOT without IN|[23] statements",
    "SELECT 1) TO 'x.csv' (FORMAT csv); --": "syntax error",
    "WITH t AS (DELETE FROM windows RETURNING *) FROM t": "CTE|data-modifying|Can only delete",
    "FROM read_csv('/etc/passwd')": r"read_csv\(\) is not answered",
    "SELECT (SELECT max(content) FROM READ_TEXT('/etc/passwd'))": r"read_text\(\) is not answered",
    "FROM glob('/*')": r"glob\(\) is not answered",
    "FROM query('SELECT 1')": r"query\(\) is not answered",
    "FROM '/etc/passwd'": "is a file",
    "FROM 'x.csv'": "is a file",
    "SELECT getenv('HOME')": "getenv does not exist",
    "SELECT nothing FROM windows": '"nothing" not found',
    "FROM nothing": "nothing does not exist",
    "SELECT $name": "not provided|prepared parameter",
    "SELECT term::INTEGER FROM window_terms": "Could not convert",
}


@pytest.fixture
def published(folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A window with chat and a silent one, and terms that would do harm where they are shown."""
    put(
        store,
        windows=[window_row(0), window_row(30, n=0)],
        window_terms=[term_row(0, term) for term in TERMS],
    )
    republish(folder, store)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    return folder


def ask(*words: object, stdin: bytes = b"", command: str = "sql") -> Done:
    return run(command, *words, main=_main, stdin=stdin)


def _main() -> None:
    sys.exit(main(sys.argv[1:]))


@pytest.mark.usefixtures("published")
def test_json_is_an_array_with_times_in_utc_and_null_for_silence() -> None:
    done = ask(QUESTION, "--format", "json")
    rows = json.loads(done.out)
    assert (done.code, rows[0]) == (0, FIRST)
    assert rows[1]["mean_compound"] is None
    assert json.loads(ask("FROM windows WHERE false", "--format", "json").out) == []


@pytest.mark.usefixtures("published")
def test_numbers_are_numbers_and_spans_of_time_are_words(tmp_path: Path) -> None:
    """A sum is a HUGEINT, 1.5 * n a DECIMAL, a difference of times an INTERVAL."""
    asked = """SELECT sum(n_messages) AS n, 1.5 * sum(n_messages) AS m, [0.5] AS l,
        max(start) - min(start) AS took, '101'::BIT AS b, 18446744073709551616::UHUGEINT AS u
        FROM windows"""
    told = {
        "n": 3, "m": 4.5, "l": [0.5], "took": "00:00:30", "b": "101", "u": "18446744073709551616",
    }  # fmt: skip
    assert json.loads(ask(asked, "--format", "json").out) == [told]
    assert ask(asked, "--format", "csv").out.splitlines()[1] == (
        "3,4.5,[0.5],00:00:30,101,18446744073709551616"
    )
    assert ask(asked, "--format", "parquet", "--out", tmp_path / "a").code == 0
    assert pq.read_table(tmp_path / "a", columns=["n", "took"]).to_pylist() == [
        {"n": 3, "took": "00:00:30"}
    ]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_time_that_no_calendar_has_is_told(form: str) -> None:
    done = ask("SELECT 'infinity'::TIMESTAMP AS at", "--format", form)
    assert (done.code, "::VARCHAR" in done.reason) == (1, True)


@pytest.mark.usefixtures("published")
def test_csv_is_what_a_spreadsheet_may_see() -> None:
    done = ask(QUESTION, "--format", "csv")
    assert done.out.splitlines() == [
        "start,n_messages,mean_compound,sub_mean",
        '2026-01-01T12:00:00Z,3,0.5,"[0.5,null,null,null,null,null]"',
        '2026-01-01T12:00:30Z,0,,"[null,null,null,null,null,null]"',
    ]
    terms = ask("SELECT term FROM window_terms ORDER BY term", "--format", "csv").out
    assert terms.splitlines()[1] == "'=1+1"
    assert '"a ""b"",c"' in terms


@pytest.mark.usefixtures("published")
def test_a_table_shows_null_and_no_character_that_moves_a_terminal() -> None:
    done = ask(QUESTION)
    assert done.out.splitlines()[0].split() == [
        "start", "n_messages", "mean_compound", "sub_mean",
    ]  # fmt: skip
    assert done.out.splitlines()[3].split() == [
        "2026-01-01T12:00:30Z", "0", "NULL", "[null,null,null,null,null,null]",
    ]  # fmt: skip
    assert done.out.endswith("(2 rows)\n")
    shown = ask("SELECT term FROM window_terms").out
    assert "x[31my" in shown
    assert not {"\x1b", "\u202e"} & {*shown}


@pytest.mark.usefixtures("published")
def test_a_table_says_where_it_ends_before_its_rows_do() -> None:
    done = ask(f"FROM range({MOST_SHOWN + 5})")
    assert len(done.out.splitlines()) == 2 + MOST_SHOWN + 1
    assert f"the first {MOST_SHOWN} of more" in done.out
    assert "of more" not in ask(f"FROM range({MOST_SHOWN})").out


def test_parquet_keeps_types_and_replaces_nothing(published: DataFolder, tmp_path: Path) -> None:
    out = tmp_path / "it's.parquet"
    assert ask(QUESTION, "--format", "parquet", "--out", out).code == 0
    table = pq.read_table(out)
    assert [str(field.type) for field in table.schema] == [
        "timestamp[us]", "int32", "double", "list<element: double>",
    ]  # fmt: skip
    assert table.num_rows == 2
    assert out.stat().st_mode & 0o777 == 0o600
    assert "is there already" in ask(QUESTION, "--format", "parquet", "--out", out).reason
    assert {*tmp_path.iterdir()} == {out, published.root}  # nothing is left aside


@pytest.mark.usefixtures("published")
def test_a_file_for_excel_says_that_it_is_utf_8(tmp_path: Path) -> None:
    out = tmp_path / "terms.csv"
    ask("SELECT term FROM window_terms", "--format", "csv", "--out", out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbfterm\r\n")
    assert "Ünï 🎉" in out.read_text("utf-8-sig")


@pytest.mark.usefixtures("published")
def test_a_question_comes_from_stdin_too_and_may_end_in_a_comment() -> None:
    assert json.loads(ask("SELECT 1 AS a; -- one;", "--format", "json").out) == [{"a": 1}]
    done = ask("-", "--format", "json", stdin=b"SELECT 1 AS a,\n 2 AS a; -- \xc3\xa9;")
    assert json.loads(done.out) == [{"a": 1, "a_1": 2}]
    assert json.loads(ask("-- b=1 --out\nSELECT 1 AS a", "--format", "json").out) == [{"a": 1}]
    assert ask("SELECT 1", "--fromat", "json").code == 2


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("question", REFUSED)
def test_what_is_no_question_is_refused_in_a_line(
    question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ask(question)
    assert re.search(REFUSED[question], done.reason)
    assert done.out == ""
    assert not list(tmp_path.glob("x*"))


def test_published_files_are_not_read_by_themselves(published: DataFolder) -> None:
    """They hold rows that a later file replaced."""
    files = quoted(published.published / "windows" / "*.parquet")
    assert "read_parquet() is not answered" in ask(f"FROM read_parquet({files})").reason


def test_nothing_published_and_a_lost_file_are_told(
    published: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for file in (published.published / "windows").glob("*.parquet"):
        file.unlink()
    assert "ask again" in ask("SELECT sum(n_messages) FROM windows").reason
    monkeypatch.setenv("DLD_DATA", str(tmp_path / "empty"))
    assert "nothing published" in ask("SELECT 1").reason


@pytest.mark.usefixtures("published")
def test_a_reader_who_has_had_enough_ends_it_quietly() -> None:
    command = [*SQL, "FROM range(10000000)", "--format", "csv"]
    with Popen(command, cwd=ROOT, stdout=PIPE, stderr=PIPE) as asked:
        assert asked.stdout and asked.stderr
        assert asked.stdout.readline() == b"range\r\n"
        asked.stdout.close()
        assert asked.stderr.read() == b""
    assert asked.returncode == 0


@pytest.mark.usefixtures("published")
def test_ctrl_c_ends_an_endless_question() -> None:
    command = [*SQL, "FROM range(100000000000000)", "--format", "csv"]
    with Popen(command, cwd=ROOT, stdout=PIPE, stderr=PIPE) as asked:
        assert asked.stdout
        assert asked.stdout.readline() == b"range\r\n"
        asked.send_signal(signal.SIGINT)
        _, told = asked.communicate()
    assert b"Traceback" not in told
    assert asked.returncode == 130


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("more", [[], ["--out", "x.csv", "--format", "csv"]])
def test_an_answer_that_takes_too_long_is_given_up(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    endless = "SELECT a.range FROM range(10000000) a, range(10000000) b WHERE a.range < b.range - 1"
    done = ask(endless, "--timeout", "0.2", *more)
    assert "takes longer than 0.2 s" in done.reason
    assert not [*tmp_path.glob("*.csv*")]


@pytest.mark.usefixtures("published")
def test_parquet_is_not_written_to_a_terminal() -> None:
    master, terminal = pty.openpty()
    command = [*SQL, "SELECT 1", "--format", "parquet"]
    done = run_process(command, cwd=ROOT, stdout=terminal, stderr=PIPE, check=False)
    os.close(terminal)
    os.close(master)
    assert (done.returncode, b"--out FILE" in done.stderr) == (2, True)
