"""Views of those who may see some channels only: one a table, and no row beside it."""

from collections.abc import Collection

from warehouse.records import KEY

_OF_CHANNELS = (
    "channels streams windows window_terms window_hours term_days samples forecasts "
    "forecast_scores events alerts clips"
).split()
_FOR_ALL_TOO = ("vocabulary", "decisions")  # '' is what holds in every channel
# the cards of models name the channels they learnt from
_REPLACED = {"models": "REPLACE (NULL::VARCHAR AS params)", "trials": "", "lexicon": ""}
# of the source as a whole; counts are of all channels
_HEALTH = ("lag_s", "told_at", "reading", "clock_offset_s")
_TROUBLE = '[{"channel":"VARCHAR","since":"VARCHAR","says":"VARCHAR"}]'  # reading.py


def visible(table: str, query: str, channels: Collection[str]) -> str:
    """SQL of those of the query's rows that may be seen; none of a table not known here."""
    listed = ", ".join(f"'{name}'" for name in channels if KEY.fullmatch(name)) or "NULL"
    rows = f"({query})"
    if table in _OF_CHANNELS:
        return f"SELECT * FROM {rows} WHERE channel IN ({listed})"
    if table in _FOR_ALL_TOO:
        return f"SELECT * FROM {rows} WHERE channel = '' OR channel IN ({listed})"
    if table in _REPLACED:
        return f"SELECT * {_REPLACED[table]} FROM {rows}"
    if table == "health":
        may = f"list_filter(from_json(detail, '{_TROUBLE}'), lambda t: t.channel IN ('', {listed}))"
        detail = f"if(name = 'reading', to_json({may})::VARCHAR, NULL) AS detail"
        return f"SELECT * REPLACE ({detail}) FROM {rows} WHERE name IN {_HEALTH}"
    return f"SELECT * FROM {rows} WHERE false"
