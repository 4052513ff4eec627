"""Memory held for good, out of the collector's way.

A collection looks at all there is, and holds up all sessions meanwhile: with plotly and pandas
loaded 80 ms, more than most pages take; at what was made since, a few.
"""

import gc

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots


@st.cache_resource(show_spinner=False)
def settle() -> None:
    """Load what charts need, then leave all there is out of collections from now on; once."""
    figure = make_subplots(rows=2, cols=1)
    for trace in (go.Scatter(y=[1]), go.Bar(y=[1]), go.Heatmap(z=[[1]])):
        figure.add_trace(trace, row=1, col=1)
    figure.to_json()
    pd.DataFrame({"at": pd.to_datetime(pd.Series([0]))}).to_json()
    gc.collect()
    gc.freeze()
