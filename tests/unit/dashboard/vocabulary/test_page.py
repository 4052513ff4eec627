"""The review desk: what it asks of the pipeline, what it makes of the answer, and bad days."""

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import frame, inbox
from dashboard.charts import bars
from dashboard.charts.style import DOWN, GREY
from dashboard.vocabulary import decision_desk, uses
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from tests.helpers.browser import published
from tests.helpers.browser.rows import HOSTILE_TERM, channel, lexicon, term, vocabulary, window
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.unit.dashboard.test_pages import html_of, text_of
from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder
from warehouse.published.manifest import read_manifest

PAGE = ROOT / "dashboard" / "app_pages" / "vocabulary.py"
NOW = datetime.now(UTC).replace(microsecond=0)
Open = Callable[..., AppTest]


def proposal(term: str, n: int = 100, **more: Any) -> dict[str, Any]:
    row = {**vocabulary(NOW)[0], "term": term, "n": n, "valence": 1.8, **more}
    return {**row, "n_chatters": row.get("n_chatters", 9)}


def publish(root: Path, terms: Sequence[dict[str, Any]]) -> DataFolder:
    return published.write(root, {"channels": [channel("alpha")], "vocabulary": terms}, "live")


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("proposed"), [proposal("zorpHype")]).root


@pytest.fixture
def one_proposal(tmp_path: Path, proposed: Path) -> DataFolder:
    """A folder of the test's own in which zorpHype waits for a decision."""
    shutil.copytree(proposed, tmp_path, dirs_exist_ok=True)
    return DataFolder(tmp_path)


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """The page of the test's folder or another, with an address."""
    monkeypatch.setenv("DLD_FORECAST", "false")

    def opened(folder: DataFolder | None = None, **address: str) -> AppTest:
        monkeypatch.setenv("DLD_DATA", str(folder.root if folder else tmp_path))
        page = AppTest.from_file(str(PAGE), default_timeout=PATIENCE_S)
        for key, value in address.items():
            page.query_params[key] = value
        return page.run()

    return opened


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def waiting(root: Path) -> list[dict[str, Any]]:
    paths = sorted((root / "inbox").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return [orjson.loads(path.read_bytes()) for path in paths]


def apply(root: Path) -> None:
    """What the daemon does at a turn."""
    with open_workspace(DataFolder(root)) as workspace:
        apply_all(InboxFolder(workspace.folder.inbox), workspace.store, actions(workspace))
        workspace.publish()


def test_a_folder_of_before_decisions_draws_and_nothing_was_decided(
    one_proposal: DataFolder, open_page: Open
) -> None:
    manifest = orjson.loads(one_proposal.manifest.read_bytes())
    del manifest["tables"]["decisions"]
    for file in manifest["tables"]["vocabulary"]:
        path = one_proposal.published / file["path"]
        pq.write_table(pq.read_table(path).drop_columns(["in_force", "impact_windows"]), path)
    one_proposal.manifest.write_bytes(orjson.dumps(manifest))
    page = open_page()
    assert not page.error
    assert page.dataframe[0].value["Term"].tolist() == ["zorpHype"]
    page.session_state["decided"] = True
    page.run()
    assert [c.value for c in page.caption if "decided" in c.value] == ["Nothing was decided yet."]


@pytest.mark.usefixtures("one_proposal")
def test_a_dashboard_that_can_only_be_read_says_so_before_anything_is_asked(
    tmp_path: Path, open_page: Open
) -> None:
    (tmp_path / "inbox").write_text("not a folder")
    page = open_page()
    assert page.info[0].value == (
        "You cannot decide here: this dashboard may not write to the inbox of its data."
    )
    assert [page.button(key=key).disabled for key in ("accept", "reject")] == [True, True]


def test_a_pipeline_that_seems_off_is_told_of_and_can_still_be_asked(
    one_proposal: DataFolder, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = read_manifest(one_proposal.manifest).published_at + timedelta(minutes=5)
    monkeypatch.setattr(frame, "wall", lambda: then)
    page = press(open_page(), "accept")
    assert page.warning[0].value == (
        "The pipeline has published nothing for 5 min and may be off. "
        "Your decisions wait in its inbox until it runs."
    )
    assert [request["term"] for request in waiting(one_proposal.root)] == ["zorpHype"]


def test_the_term_under_review_stays_when_another_is_used_more(
    tmp_path: Path, open_page: Open
) -> None:
    publish(tmp_path, [proposal("zorpHype", 200), proposal("gladWave", 100)])
    page = open_page()
    publish(tmp_path, [proposal("zorpHype", 200), proposal("gladWave", 300)])
    page.run()
    assert page.dataframe[0].value["Term"].tolist() == ["gladWave", "zorpHype"]
    press(page, "accept")
    assert [request["term"] for request in waiting(tmp_path)] == ["zorpHype"]


def test_another_view_begins_with_its_first_term(tmp_path: Path, open_page: Open) -> None:
    publish(tmp_path, [proposal("zorpHype", 200), proposal("gladWave", 100)])
    page = open_page()
    page.text_input(key="q").set_value("wave").run()
    press(page, "accept")
    assert [request["term"] for request in waiting(tmp_path)] == ["gladWave"]


@pytest.mark.parametrize(("chosen", "seen"), [("alpha", "alpha"), ("", "all")])
def test_what_the_reviewer_saw_is_that_of_the_place_decided_on(
    tmp_path: Path, open_page: Open, chosen: str, seen: str
) -> None:
    at = {"all": NOW - timedelta(hours=2), "alpha": NOW - timedelta(hours=1)}
    row = {**vocabulary(NOW)[1], "term": "zorpHype", "in_force": 2.4}
    rows = [
        {**row, "n": 200, "decided_at": at["all"]},
        {**row, "n": 100, "channel": "alpha", "decided_at": at["alpha"]},
    ]
    publish(tmp_path, rows)
    page = open_page(status="accepted")
    page.selectbox[0].set_value(chosen).run()
    press(page, "change")
    (request,) = waiting(tmp_path)
    assert (request["channel"], request["seen"]) == (chosen, at[seen].isoformat())


def test_a_channel_without_a_row_of_its_own_has_that_of_all(
    tmp_path: Path, open_page: Open
) -> None:
    at = NOW - timedelta(hours=2)
    publish(tmp_path, [{**vocabulary(NOW)[1], "in_force": 2.4, "decided_at": at}])
    page = open_page(status="accepted")
    page.selectbox[0].set_value("alpha").run()
    press(page, "change")
    (request,) = waiting(tmp_path)
    assert (request["channel"], request["seen"]) == ("alpha", at.isoformat())


@pytest.mark.usefixtures("one_proposal")
def test_a_decision_is_signed_as_the_reviewer_likes(tmp_path: Path, open_page: Open) -> None:
    page = open_page()
    page.text_input(key="signed").set_value("  mia\u2028 of  the team ").run()
    press(page, "accept")
    assert [request["by"] for request in waiting(tmp_path)] == ["mia of the team"]


@pytest.mark.parametrize(
    ("by", "signed"), [("", "dashboard"), (" \n", "dashboard"), ("x" * 70, "x" * 60)]
)
def test_a_signature_is_short_and_never_empty(by: str, signed: str) -> None:
    assert inbox.signature(by) == signed


@pytest.mark.usefixtures("one_proposal")
def test_nothing_more_is_asked_of_a_term_until_the_answer_is_there(
    tmp_path: Path, open_page: Open
) -> None:
    page = press(open_page(), "accept")
    assert [page.button(key=key).disabled for key in ("accept", "reject")] == [True, True]
    assert "zorpHype: Accept at +1.8 asked; in force from the next window" in text_of(page)
    (path,) = (tmp_path / "inbox").glob("*.json")
    (tmp_path / "inbox" / "refused").mkdir()
    path.replace(tmp_path / "inbox" / "refused" / path.name)
    page.run()
    assert [page.button(key=key).disabled for key in ("accept", "reject")] == [False, False]


@pytest.mark.parametrize(
    ("answer", "waited_s", "told"),
    [
        (None, 60, ("waits", "asked; in force from the next window, as soon as the pipeline reads "
                    "it")),
        (None, 61, ("waits", "asked, and not answered for 61 s; it waits until the pipeline "
                    "runs")),
        ("", 500, ("done", "done; in force from the next window")),
        ("gone \u202e<b>", 0, ("refused", "refused: gone <b>")),
    ],
)  # fmt: skip
def test_an_answer_is_told_in_a_sentence(
    answer: str | None, waited_s: int, told: tuple[str, str]
) -> None:
    assert decision_desk.outcome(answer, timedelta(seconds=waited_s)) == told


@pytest.mark.usefixtures("one_proposal")
def test_a_proposal_is_accepted_and_taken_back_with_the_pipelines_help(
    tmp_path: Path, open_page: Open
) -> None:
    page = press(open_page(), "accept")
    apply(tmp_path)
    page.run()
    assert "zorpHype: Accept at +1.8 done; in force from the next window" in text_of(page)
    assert "zorpHype all channels accepted" in text_of(page)  # it stays under review
    press(page, "undo")
    apply(tmp_path)
    page.run()
    assert "zorpHype: Undo done" in text_of(page)
    assert "zorpHype all channels proposed" in text_of(page)
    assert not any("Decision" in d.value for d in page.dataframe), "it is made when it is opened"
    page.session_state["decided"] = True
    table = next(d.value for d in page.run().dataframe if "Decision" in d.value)
    assert table["Decision"].tolist() == ["undo", "accept"]


@pytest.mark.usefixtures("one_proposal")
def test_of_two_reviewers_the_second_is_told_of_the_first(tmp_path: Path, open_page: Open) -> None:
    """Both saw the open proposal; the second click comes after the first is published."""
    first, second = open_page(), open_page()
    first.text_input(key="signed").set_value("mia").run()
    press(first, "accept")
    apply(tmp_path)
    press(second, "reject")
    apply(tmp_path)
    told = text_of(second.run())
    assert "zorpHype: Reject refused: decided meanwhile: accepted" in told
    assert "by mia at" in told
    assert "look again" in told


def test_the_table_shows_how_often_a_term_was_used_and_where_its_valence_lies(
    tmp_path: Path, open_page: Open
) -> None:
    publish(tmp_path, [proposal("zorpHype", n_chatters=50, provider="7tv")])
    page = open_page()
    table = page.dataframe[0].value
    assert table[["Term", "Uses", "Moves"]].to_numpy().tolist() == [["zorpHype", 100, 0.012]]
    assert "2 channels, 50+ people, 7TV emote" in text_of(page)
    assert table["−4 … +4"].tolist() == [bars.scale(1.8, 0.9, 2.6)]


def test_the_scale_has_the_dot_in_its_interval_and_a_ring_for_what_is_in_force() -> None:
    """120 pixels wide; -4 lies at 6, 0 at 60, 4 at 114."""
    drawn = unquote(bars.scale(-4.0, -9.0, 0.0, 4.0))
    assert drawn.startswith("data:image/svg+xml;utf8,<svg ")
    assert '<rect x="6.0" y="8" width="54.0"' in drawn
    assert '<circle cx="114.0" cy="12" r="4" fill="none"' in drawn
    assert '<circle cx="6.0" cy="12" r="4.5" fill="#d9782d"/>' in drawn
    assert bars.scale(None, None, None) == ""


@pytest.mark.parametrize(("valence", "colour"), [(0.04, GREY), (-0.04, GREY), (-0.06, DOWN)])
def test_a_valence_that_is_told_as_zero_has_no_colour(valence: float, colour: str) -> None:
    assert f'r="4.5" fill="{colour}"' in unquote(bars.scale(valence, -1.0, 1.0))
    assert bars.interval(-1.0, valence, 1.0, None).data[1].marker.color == colour


@pytest.fixture(scope="module")
def odd_and_ordinary(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    terms = ["zorp\u202eHype", "z" * 61, "plainHype", "<b>**x**</b>", "كلمة"]
    return publish(tmp_path_factory.mktemp("odd"), [proposal(term) for term in terms])


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("zorp", 'title="It holds U+202E">unseen characters<'),
        ("z" * 61, 'title="It is longer than can be shown">cut<'),
    ],
)
def test_a_term_that_is_not_what_it_looks_like_says_so(
    odd_and_ordinary: DataFolder, open_page: Open, part: str, told: str
) -> None:
    page = open_page(odd_and_ordinary, q=part)
    assert len(page.dataframe[0].value) == 1
    drawn = html_of(page)
    assert told in drawn
    assert "\u202e" not in drawn


@pytest.mark.parametrize("term", ["plainHype", "<b>**x**</b>", "كلمة"])
def test_an_ordinary_term_has_no_warning(
    odd_and_ordinary: DataFolder, open_page: Open, term: str
) -> None:
    page = open_page(odd_and_ordinary, q=term)
    assert len(page.dataframe[0].value) == 1
    assert "dld-pill odd" not in html_of(page)


@pytest.mark.parametrize(
    ("in_force", "told"),
    [(None, "kept, but not in force: the lexicon in use is plain VADER"), (2.4, "In force +2.4")],
)
def test_what_was_accepted_says_whether_it_is_in_force(
    tmp_path: Path, open_page: Open, in_force: float | None, told: str
) -> None:
    publish(tmp_path, [{**vocabulary(NOW)[1], "in_force": in_force}])
    assert told in text_of(open_page(status="accepted"))


def test_a_valence_that_rounds_to_nothing_points_nowhere(tmp_path: Path, open_page: Open) -> None:
    publish(tmp_path, [proposal("zorpHype", valence=-0.04)])
    assert open_page().dataframe[0].value["Valence"].tolist() == ["● 0.0"]


def test_the_whole_lexicon_is_searched_in_any_case_with_what_was_decided_instead(
    tmp_path: Path, open_page: Open
) -> None:
    tables = {"channels": [channel("alpha")], "vocabulary": vocabulary(NOW), "lexicon": lexicon()}
    published.write(tmp_path, tables, "live")
    shown = open_page(q="POG").dataframe[-1].value
    assert shown.drop(columns="Uses").to_dict("records") == [
        {"Term": "pog", "Valence": "▲ +2.0", "Decided": "", "Kind": "word",
         "From": "rated for Twitch"},
        {"Term": "PogChamp", "Valence": "▲ +2.3", "Decided": "", "Kind": "emote",
         "From": "rated for Twitch"},
        {"Term": "PogShip", "Valence": "● 0.0", "Decided": "▲ +2.4", "Kind": "emote",
         "From": "rated for Twitch"},
    ]  # fmt: skip
    page = open_page()
    assert "n = 5 entries." in [c.value for c in page.caption]
    assert HOSTILE_TERM in page.dataframe[-1].value["Term"].tolist()


def test_an_emoji_is_found_as_keyboards_write_it(tmp_path: Path, open_page: Open) -> None:
    heart = {**lexicon()[0], "term": "❤\u200d🔥", "kind": "emoji", "valence": 2.6}
    published.write(tmp_path, {"channels": [channel("alpha")], "lexicon": [heart]}, "live")
    shown = open_page(q="❤\ufe0f").dataframe[-1].value
    assert shown["Term"].tolist() == ["❤\u200d🔥"]


def test_what_no_entry_holds_is_a_sentence_and_so_is_a_lexicon_of_before(
    tmp_path: Path, open_page: Open
) -> None:
    folder = published.write(tmp_path, {"lexicon": lexicon()}, "live")
    assert "“no such” is in no entry." in text_of(open_page(q="no such"))
    manifest = orjson.loads(folder.manifest.read_bytes())
    del manifest["tables"]["lexicon"]
    folder.manifest.write_bytes(orjson.dumps({**manifest, "version": manifest["version"] + 1}))
    assert "published as soon as the pipeline runs again" in text_of(open_page())


def test_a_term_has_its_trend_in_words_and_as_a_line(tmp_path: Path, open_page: Open) -> None:
    noon = NOW.replace(hour=12, minute=0, second=0)
    days = [(0, 3), (1, 5), (8, 4)]  # days ago, uses
    at = [(noon - timedelta(days=ago), n) for ago, n in days]
    tables = {
        "channels": [channel("alpha")],
        "vocabulary": [proposal("zorpHype")],
        "windows": [window("alpha", start, 40, 0.1) for start, _ in at],
        "window_terms": [term("alpha", start, "zorpHype", n, 0.01) for start, n in at],
    }
    published.write(tmp_path, tables, "live")
    page = open_page()
    assert "Trend 8 uses in the last 7 days, 4 in the 7 before" in text_of(page)
    line = page.dataframe[0].value["Trend"][0]
    assert len(line) == uses.DAYS
    assert {k: v for k, v in enumerate(line) if v} == {13: 75.0, 12: 125.0, 5: 100.0}


def test_another_valence_moves_the_mood_in_proportion() -> None:
    term = proposal("zorpHype", valence=2.0, impact=0.04, in_force=None)
    assert decision_desk.otherwise(term, -1.0) == (
        "At −1.0 it would move them by about −0.020, in proportion."
    )
    assert decision_desk.otherwise({**term, "in_force": 1.0}, -1.0) == ""
    assert decision_desk.otherwise({**term, "impact": None}, -1.0) == ""
