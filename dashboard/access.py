"""Access of whoever is looking: the one place that decides who may see what.

Without a login everybody who reaches the dashboard sees all. With one, an analyst sees all, a
streamer the own channel, anybody else nothing. data.py reads through views of just these
channels, and inbox.py asks for nothing else, so that no page can forget it.
"""

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import config
from dashboard.rights import Access, holds, of
from warehouse.config import DataFolder
from warehouse.errors import NotAuthorised, NothingPublished
from warehouse.identities import Identities
from warehouse.published.reader import Reader


def current() -> Access:
    """Of whoever this page is drawn for. Raises NotAuthorised without a login that holds."""
    return of_claims(st.user.to_dict()) if config.settings().has_login else Access()


def of_claims(claims: Mapping[str, Any]) -> Access:
    """Of whoever logged in with these claims. Raises NotAuthorised where they do not hold."""
    settings = config.settings()
    if not holds(claims, settings.oidc_hours, time.time()):
        raise NotAuthorised("you are not logged in, or no longer: reload this page to log in")
    return of(claims, settings.analyst_names, identities())


def identities() -> Identities:
    """Who every published channel is; nobody where nothing is published."""
    root = str(config.folder().root)
    try:
        return _identities(root, _reader(root).manifest().version)
    except NothingPublished:
        return Identities()


@lru_cache(maxsize=4)  # asked hundreds of times a page: Streamlit's takes 0.2 ms each
def _identities(root: str, version: int) -> Identities:
    """The same for everybody; what follows from it is not."""
    return Identities(_reader(root).query("identities").to_pylist())


@lru_cache(maxsize=4)
def _reader(root: str) -> Reader:
    """Over all that is published: access rests on it."""
    return Reader(DataFolder(Path(root)))
