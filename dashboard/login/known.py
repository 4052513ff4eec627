"""What access rests on: the channels there are, over all that is published, and the clock."""

import time
from pathlib import Path

import streamlit as st

from dashboard import config
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.reader import Reader


def clock() -> float:
    """Now, in seconds since the epoch."""
    return time.time()


def channel_ids() -> dict[str, str | None]:
    """The id of every published channel; {} where nothing is published."""
    root = str(config.folder().root)
    try:
        return _channel_ids(root, _reader(root).manifest().version)
    except NothingPublished:
        return {}


@st.cache_data(show_spinner=False, max_entries=4)
def _channel_ids(root: str, version: int) -> dict[str, str | None]:
    """The same for everybody; what follows from it is not."""
    rows = _reader(root).query("dash_channel_ids").to_pylist()
    return {row["channel"]: row["channel_id"] for row in rows}


@st.cache_resource(show_spinner=False, max_entries=4)
def _reader(root: str) -> Reader:
    return Reader(DataFolder(Path(root)))
