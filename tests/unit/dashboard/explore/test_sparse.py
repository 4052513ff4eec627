"""Explore over sparse years and with addresses that ask for what is not there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.browser import published
from tests.helpers.browser.rows import WINDOW, channel, stream, term, window
from tests.helpers.pages import open_at, text_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD = [datetime(2019, 3, 1, 18, tzinfo=UTC) + 7 * k * DAY for k in range(12)]
NEW = [datetime(2022, 1, 4, 18, tzinfo=UTC) + 7 * k * DAY for k in range(10)]
EARLY = datetime(2016, 8, 1, 18, tzinfo=UTC)
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imported: 22 streams of an hour in two stretches, years apart, and one without a date; and a
    channel without a stream."""
    begun = [UNDATED, *OLD, *NEW]
    tables = {
        "channels": [channel(name, source="import") for name in ("alpha", "early", "idle")],
        "streams": [
            stream("alpha", at, at + HOUR, source="import", undated=at == UNDATED) for at in begun
        ]
        + [stream("early", EARLY, EARLY + HOUR, source="import")],
        "windows": [
            window("alpha", at + k * WINDOW, 10, 0.1, source="import")
            for at in begun
            for k in range(120)
        ]
        + [window("early", EARLY + k * WINDOW, 7, 0.2, source="import") for k in range(120)],
        "window_terms": [term("alpha", at, "LUL", 3 + at.year % 7, 0.01) for at in begun],
    }
    return published.write(tmp_path_factory.mktemp("years"), tables, source="replay").root


@pytest.fixture
def explore(monkeypatch: pytest.MonkeyPatch, years: Path) -> Open:
    def opened(**address: str) -> AppTest:
        page = open_at(monkeypatch, NOON, "explore", years, {"channels": "alpha", **address})
        assert not page.exception and not page.error
        return page

    return opened


def asked(since: datetime, until: datetime) -> dict[str, str]:
    return {"span": "dates", "from": since.isoformat(), "to": until.isoformat()}


def notes(page: AppTest) -> str:
    return " ".join(note.value for note in page.info)


def told(page: AppTest, name: str) -> str:
    found = page.query_params.get(name, "")
    return found if isinstance(found, str) else found[0]


def test_logs_open_on_the_newest_stretch_that_has_streams(explore: Open) -> None:
    page = explore()
    assert told(page, "span") == "newest"
    assert "2 months 4 Jan 2022, 18:00 to 8 Mar 2022, 19:00" in text_of(page)
    assert "a point a stream" in text_of(page)


def test_all_leaves_out_what_has_no_date_and_says_so(explore: Open) -> None:
    page = explore(span="all")
    assert "3 years 1 Mar 2019, 18:00 to 8 Mar 2022, 19:00" in text_of(page)
    assert "1 stream without a date is left out" in " ".join(c.value for c in page.caption)
    assert "n = 26,400" in text_of(page)


def test_the_step_is_the_readers_to_choose_and_stands_in_the_address(explore: Open) -> None:
    page = explore(span="all")
    assert told(page, "step") == ""
    page.selectbox(key="point").select("month").run()
    assert told(page, "step") == "month"
    assert "a point a month" in text_of(page)
    page.button_group(key="span").set_value("3h").run()
    assert "points of 30 s" in text_of(page), "no month fits into three hours"
    assert told(page, "step") == ""


def test_an_empty_span_leads_to_the_nearest_that_is_not(explore: Open) -> None:
    page = explore(**asked(datetime(2020, 6, 1, tzinfo=UTC), datetime(2020, 6, 2, tzinfo=UTC)))
    assert "No stream of these channels was seen in this span" in text_of(page)
    labels = [b.label for b in page.button if b.label.startswith("Nearest")]
    assert labels == ["Nearest before: 17 May 2019", "Nearest after: 4 Jan 2022"]
    page.button(key="nearest-after").click().run()
    assert "n = 1,200" in text_of(page)
    assert told(page, "from") == "2022-01-04T18:00:00Z"
    page.button(key="zoom-back").click().run()
    page.button(key="nearest-before").click().run()
    assert told(page, "to") == "2019-05-17T19:00:00Z"
    assert "n = 1,200" in text_of(page)


def test_terms_are_compared_with_all_before_where_a_pause_lies_between(explore: Open) -> None:
    page = explore(show="terms")
    assert "nobody spoke in the 2 months before this span" in text_of(page)
    page.button(key="against-all").click().run()
    assert told(page, "against") == "all"
    assert "against 14,400 in 1 Mar 2019, 00:00 to 4 Jan 2022, 00:00" in text_of(page)


def test_a_channel_without_a_stream_in_the_span_is_named_with_its_nearest(explore: Open) -> None:
    page = explore(channels="alpha,early", span="30d")
    assert "No stream in this span: early." in text_of(page)
    page.button(key="away-before").click().run()
    assert "No stream in this span: alpha." in text_of(page)
    assert "n = 840" in text_of(page)


def test_streams_without_a_date_say_so_where_they_stand(explore: Open) -> None:
    page = explore(**asked(UNDATED, UNDATED + DAY))
    said = " ".join(c.value for c in page.caption)
    assert "Without a date: 1 stream of this span." in said and "left out" not in said


def test_the_future_leads_back(explore: Open) -> None:
    page = explore(**asked(NOON + 5000 * DAY, NOON + 5001 * DAY))
    assert [b.label for b in page.button if b.label.startswith("Nearest")] == [
        "Nearest before: 8 Mar 2022"
    ]


@pytest.mark.parametrize(("first", "last"), [(1990, 2090), (1950, 2050), (1, 9999)])
def test_a_hundred_years_are_all_there_is(explore: Open, first: int, last: int) -> None:
    page = explore(**asked(datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)))
    assert "is too long; this is all there is instead" in notes(page)
    assert "n = 26,400" in text_of(page)


def test_a_second_is_the_window_that_holds_it(explore: Open) -> None:
    second = OLD[0] + timedelta(seconds=41)
    page = explore(**asked(second, second + timedelta(seconds=1)))
    assert not page.info
    assert "30 s 1 Mar 2019, 18:00:30 to 18:01:00" in text_of(page)
    assert "of 1 window on air" in text_of(page)
    assert "n = 10" in text_of(page)


def test_a_span_that_ends_before_it_begins_is_the_last_day(explore: Open) -> None:
    page = explore(**asked(NOON, NOON - DAY))
    assert "The span in the address is empty" in notes(page)
    assert "n = 1,200" in text_of(page)


def test_two_hundred_channels_are_those_that_are_known(explore: Open) -> None:
    page = explore(channels=",".join(["alpha", *(f"channel{k}" for k in range(200))]))
    assert page.multiselect(key="channels").value == ["alpha"]
    assert "not known here" in notes(page)


def test_a_channel_without_a_stream_is_told_as_such(explore: Open) -> None:
    for channels in ("alpha,idle", "idle"):
        page = explore(channels=channels)
        assert notes(page) == "idle has no stream yet, and was left out."
        assert page.multiselect(key="channels").value == ["alpha"]


@pytest.mark.parametrize(
    "address",
    [
        {"span": "all", "show": "why"},
        {"span": "30d", "show": "terms", "against": "month"},
        {"span": "stream", "stream": "alpha:20190301T180000", "show": "spread"},
        {"span": "dates", "from": "2019-03-01T00:00:00Z", "to": "2022-04-01T00:00:00Z"},
    ],
)
def test_addresses_of_before_open_what_they_meant(explore: Open, address: dict[str, str]) -> None:
    page = explore(**address)
    assert not page.info
    assert told(page, "span") == address["span"]
    assert "Mean mood ▲ +0.10" in text_of(page)


def test_more_channels_than_fit_are_the_first_and_it_is_said() -> None:
    def script() -> None:
        import streamlit as st

        from dashboard import url_state

        known = [f"channel{k}" for k in range(200)]
        st.text(",".join(url_state.choices("channels", known, [], 6)))
        st.text(" ".join(url_state.notes()))

    page = AppTest.from_function(script)
    page.query_params["channels"] = ",".join(f"channel{k}" for k in range(9))
    shown, said = (text.value for text in page.run().text)
    assert shown == "channel0,channel1,channel2,channel3,channel4,channel5"
    assert said == "“channels” in the address holds 9; the first 6 are shown."
