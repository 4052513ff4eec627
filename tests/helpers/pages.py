"""A dashboard page run by Streamlit's own AppTest, and what it drew."""

import html
import re
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Node

from dashboard import frame
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S

PAGES = ROOT / "dashboard" / "app_pages"


def open_at(
    patch: pytest.MonkeyPatch, now: datetime, name: str, data: Path, address: dict[str, str]
) -> AppTest:
    """Run a page on a data folder, at a time, with an address."""
    patch.setenv("DLD_DATA", str(data))
    patch.setattr(frame, "wall", lambda: now)
    page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=PATIENCE_S)
    for key, value in address.items():
        page.query_params[key] = value
    return page.run()


def html_of(page: AppTest) -> str:
    """All markup the page drew, but for scripts."""
    return "\n".join(e.proto.body for e in page.get("html") if not _is_script(e))


def scripts_of(page: AppTest) -> list[str]:
    """What the page has the browser run."""
    return [e.proto.body for e in page.get("html") if _is_script(e)]


def _is_script(element: Node) -> bool:
    is_script: bool = element.proto.unsafe_allow_javascript
    return is_script


def alts_of(page: AppTest) -> list[str]:
    """What stands for each picture in it."""
    return [html.unescape(text) for text in re.findall(r'<img [^>]*alt="([^"]*)"', html_of(page))]


def text_of(page: AppTest) -> str:
    """The words of it."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", html_of(page))))


def sql_of(page: AppTest) -> list[str]:
    """The SQL behind it, which is made when it is opened."""
    page.session_state["sql"] = True
    return [block.value for block in page.run().code]
