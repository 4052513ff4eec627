"""DLD's dashboard: `python -m streamlit run dashboard/app.py`. Navigation only.

The server imports this file once, and runs it as a script for every visit.
"""

from importlib import import_module
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware
from streamlit.config import set_option
from streamlit.starlette import App

from dashboard.login import oidc, return_to
from dashboard.login.gate import Gate
from dashboard.moved import Moved
from dashboard.skeleton import Skeleton
from warehouse.atomic import keep_private
from warehouse.config import UploadSettings
from warehouse.process import allow_open_files, share_heaps
from warehouse.removed_settings import name_removed_settings

HERE = Path(__file__).parent
A_DAY_S = 86_400
LIBRARIES = ("duckdb", "pyarrow.parquet", "pandas", "plotly.graph_objects")  # what pages load
MOST_FILES = 4096  # four a page that is open, three of one that was closed a minute ago

PAGES = (
    ("app_pages/review.py", "Session review", "movie", None),
    ("app_pages/explore.py", "Explore history", "timeline", None),
    ("app_pages/accuracy.py", "Forecast accuracy", "query_stats", None),
    ("app_pages/vocabulary.py", "Vocabulary", "menu_book", None),
    ("app_pages/import_log.py", "Bring your own", "upload_file", "bring-your-own"),
    ("app_pages/health.py", "Data health", "monitor_heart", None),
)


def draw() -> None:
    """The page that was asked for, if whoever asks is let in."""
    from dashboard import process_memory  # not for the server, which has nothing to cache in yet
    from dashboard.login import login

    process_memory.settle()
    st.set_page_config(page_title="DLD", page_icon=str(HERE / "icon.png"), layout="wide")
    st.logo(str(HERE / "logo.svg"), size="large")
    st.html(HERE / "page.css")
    admitted = login.admits()
    page = st.navigation(_pages(), position="top" if admitted else "hidden")
    if admitted:
        st.set_page_config(page_title=f"{page.title} · DLD")  # of the tab, and read out first
        page.run()
        _kept_up()


@st.fragment(run_every=A_DAY_S)
def _kept_up() -> None:
    """Nothing, again and again: a page that repeats something is drawn anew when its connection
    comes back. Any other goes on as it stands, and another process of ours knows nothing of it."""


def warm() -> None:
    """Load what takes long, so that whoever opens the first page need not wait for it."""
    for name in LIBRARIES:
        import_module(name)


def _pages() -> list[st.Page]:
    live = st.Page(
        "app_pages/live.py", title="Live", icon=":material/sensors:", url_path="home", default=True
    )
    others = [
        st.Page(path, title=title, icon=f":material/{icon}:", url_path=address)
        for path, title, icon, address in PAGES
    ]
    return [live, *others]


if __name__ == "__main__":
    draw()
else:
    share_heaps()
    allow_open_files(MOST_FILES)
    keep_private()
    name_removed_settings("dashboard")
    secrets = oidc.secrets()
    set_option("server.maxUploadSize", UploadSettings().mb, "DLD_UPLOAD_MB")  # for all of it
    layers = [
        Middleware(Gate),
        Middleware(return_to.BackToWhatWasAsked),
        Middleware(Moved),
        Middleware(Skeleton),
    ]
    Thread(target=warm, daemon=True).start()
    app = App(__file__, secrets=secrets, middleware=layers)
