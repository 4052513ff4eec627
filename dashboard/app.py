"""DLD's dashboard: `python -m streamlit run dashboard/app.py`. Navigation only.

The server imports this file once, and runs it as a script for every visit.
"""

from pathlib import Path

import streamlit as st
from streamlit.starlette import App

from dashboard import oidc

HERE = Path(__file__).parent


def draw() -> None:
    """The page that was asked for, if whoever asks is let in."""
    from dashboard import login  # not for the server, which has nothing to cache in yet

    st.set_page_config(page_title="DLD", page_icon=str(HERE / "icon.png"), layout="wide")
    st.logo(str(HERE / "logo.svg"), size="large")
    st.html(HERE / "page.css")
    admitted = login.admits()
    page = st.navigation(
        [
            st.Page("app_pages/live.py", title="Live", icon=":material/sensors:", default=True),
            st.Page("app_pages/review.py", title="Session review", icon=":material/movie:"),
            st.Page("app_pages/explore.py", title="Explore history", icon=":material/timeline:"),
            st.Page(
                "app_pages/accuracy.py", title="Forecast accuracy", icon=":material/query_stats:"
            ),
            st.Page("app_pages/vocabulary.py", title="Vocabulary", icon=":material/menu_book:"),
            st.Page(
                "app_pages/import_log.py", title="Bring your own", icon=":material/upload_file:",
                url_path="bring-your-own",
            ),
            st.Page("app_pages/health.py", title="Data health", icon=":material/monitor_heart:"),
        ],
        position="top" if admitted else "hidden",
    )  # fmt: skip
    if admitted:
        page.run()


if __name__ == "__main__":
    draw()
else:
    app = App(__file__, secrets=oidc.secrets())
