"""Proof on real chat: every window's mean is what stock VADER says, computed apart."""

import math
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.imports.command import import_files
from tests.helpers.build import rows
from warehouse.config import DataFolder

# one stream of each of three channels, neither tiny nor long
CHOSEN = """
SELECT channel, stream, date FROM (
    SELECT channel, stream, date, count(*) AS n FROM chat GROUP BY ALL
    HAVING count(*) BETWEEN 800 AND 4000
) QUALIFY row_number() OVER (PARTITION BY channel ORDER BY n, stream) = 1
ORDER BY n LIMIT 3
"""
FIELDS = "c.channel, c.date, c.t, c.text, c.bot"


@pytest.mark.data
def test_the_mean_of_every_window_is_what_stock_vader_says(
    chat_parquet: Path, folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chat.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW chat AS FROM '{chat_parquet}'").fetchall()
        con.execute(f"CREATE TABLE chosen AS {CHOSEN}").fetchall()
        of_chosen = "FROM chat c JOIN chosen USING (channel, stream, date)"
        con.execute(f"COPY (SELECT c.* {of_chosen}) TO '{path}' (FORMAT parquet)").fetchall()
        chat = con.execute(f"SELECT {FIELDS} {of_chosen}").fetchall()
    expected = _expected(chat)

    folder.root.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")
    import_files([path], None, None, undated=True)
    query = "SELECT channel, epoch(start), n_messages, mean_compound FROM windows"
    found = {(c, at): (n, mean) for c, at, n, mean in rows(folder, query) if n}

    assert len(expected) > 100
    assert {key: n for key, (n, _) in found.items()} == {k: len(v) for k, v in expected.items()}
    for key, compounds in expected.items():
        assert abs(found[key][1] - math.fsum(compounds) / len(compounds)) < 1e-9


def _expected(
    chat: list[tuple[str, str | None, float, str, bool]],
) -> dict[tuple[str, float], list[float]]:
    """(channel, start) -> compounds, with nothing of ours."""
    stock, windows = SentimentIntensityAnalyzer(), defaultdict(list)
    for channel, date, t, text, bot in chat:
        if not bot and not re.match(r"!\w", text):
            day = datetime.fromisoformat(date or "2000-01-01").replace(tzinfo=UTC)
            start = (day.timestamp() + t) // 30 * 30
            windows[channel, start].append(stock.polarity_scores(text)["compound"])
    return windows
