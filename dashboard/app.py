"""DLD's dashboard: `python -m streamlit run dashboard/app.py`. Navigation only."""

from pathlib import Path

import streamlit as st

from dashboard import standing

HERE = Path(__file__).parent

standing.settle()
st.set_page_config(page_title="DLD", page_icon=str(HERE / "icon.png"), layout="wide")
st.logo(str(HERE / "logo.svg"), size="large")
st.html(HERE / "page.css")
st.navigation(
    [
        st.Page("app_pages/live.py", title="Live", icon=":material/sensors:", default=True),
        st.Page("app_pages/review.py", title="Session review", icon=":material/movie:"),
        st.Page("app_pages/explore.py", title="Explore history", icon=":material/timeline:"),
        st.Page("app_pages/accuracy.py", title="Forecast accuracy", icon=":material/query_stats:"),
        st.Page("app_pages/vocabulary.py", title="Vocabulary", icon=":material/menu_book:"),
        st.Page("app_pages/health.py", title="Data health", icon=":material/monitor_heart:"),
    ],
    position="top",
).run()
