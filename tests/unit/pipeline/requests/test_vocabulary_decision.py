"""Decisions on terms: in force from the next window, undoable, and never in two minds."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.message import Batch, Heard, Message, StreamStart, Watch
from pipeline.cli.vocabulary import read_terms
from pipeline.engine.engine import Engine
from pipeline.scoring.by_channel import Overlaid, Scorers
from pipeline.scoring.decisions import Decision
from pipeline.scoring.scored import Scored
from tests.helpers import commands
from tests.helpers.build import outcome, put, rows, send, settings, stored
from tests.helpers.commands import Done
from tests.unit.pipeline.engine.test_recover import _kill
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.inbox.requests import Request
from warehouse.records import window_start
from warehouse.store.store import Store

Launch = Callable[..., Engine]
NEW = "zorpTable"  # a name that says nothing by itself


@pytest.fixture
def t0() -> float:
    return float(window_start(time.time() - 3600))


@pytest.fixture
def launch(folder: DataFolder) -> Iterator[Launch]:
    """An engine with the full lexicon; called again, the one before is as if killed."""
    running: list[Engine] = []

    def start(**values: Any) -> Engine:
        _kill(running)
        store = Store(folder.warehouse)
        values = {"lexicon": "full", **values}
        running.append(Engine(folder, settings(**values), "live", store))
        return running[-1]

    yield start
    _kill(running)


def say(at: float, text: str = NEW, channel: str = "demo") -> Message:
    return Message(f"{channel}{at}", channel, at, "ann", text)


def turn(engine: Engine, now: float, *items: Any) -> None:
    engine.feed(Batch(now, (*items, Heard("demo", now))))


def opened(engine: Engine, t0: float, *channels: str) -> None:
    for name in channels or ("demo",):
        items = StreamStart(name, t0, f"{name}:1"), Watch(name, t0)
        engine.feed(Batch(t0, items))


def proposed(engine: Engine, term: str = NEW, **more: Any) -> None:
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"term": term, "channel": "", "kind": "emote", "n": 30, "n_channels": 1,
           "first_seen": seen, "last_seen": seen, "status": "proposed", "valence": 2.0,
           "n_scored": 12,
           "mean_compound": 0.4, "sd_compound": 0.2, "n_chatters": 9, **more}  # fmt: skip
    put(engine.state.store, vocabulary=[row])


def ask(engine: Engine, decision: str, **more: Any) -> str | None:
    """'' when done, else why not."""
    number = len(list(engine.state.folder.inbox.glob("*/*.json")))
    body = {"decision": decision, "term": NEW, **more}
    at = datetime.fromtimestamp(1_767_225_600 + number, UTC).isoformat()
    send(engine.state.folder.inbox, Request(f"r{number}", at, "tester", "vocabulary", body))
    engine.commit()
    return outcome(engine.state.folder.inbox, f"r{number}")


def means(engine: Engine, t0: float) -> list[tuple[float, float, int]]:
    """(start after t0, mean, length of lexicon_version) of every window, as stored."""
    engine.commit()
    found = stored(
        engine.state.store,
        f"SELECT epoch(start) - {t0}, round(mean_compound, 4), length(lexicon_version) "
        "FROM windows ORDER BY channel, start",
    )
    return [(at, mean, n) for at, mean, n in found]


BASE, MORE = 13, 22  # full-1234abcd, and +1234abcd
LOUD = 0.4588  # compound of a valence of 2
FINE = 0.1027  # of 0.4, as our lexicon has it


def test_a_decision_is_in_force_from_the_next_window(launch: Launch, t0: float) -> None:
    engine = launch()
    proposed(engine)
    opened(engine, t0)
    turn(engine, t0 + 10, say(t0 + 1))
    assert ask(engine, "accept") == ""
    turn(engine, t0 + 40, say(t0 + 12), say(t0 + 31))
    turn(engine, t0 + 70)
    assert means(engine, t0) == [(0, 0.0, BASE), (30, LOUD, MORE)]
    assert stored(
        engine.state.store, "SELECT status, valence, in_force, decided_by FROM vocabulary"
    ) == [("accepted", 2.0, 2.0, "tester")]


def test_windows_of_before_are_made_again_as_they_were(launch: Launch, t0: float) -> None:
    engine = launch()
    proposed(engine)
    opened(engine, t0)
    turn(engine, t0 + 40, say(t0 + 1), say(t0 + 31))
    ask(engine, "accept")
    turn(engine, t0 + 45, say(t0 + 2), say(t0 + 32))
    turn(engine, t0 + 110, say(t0 + 65))
    assert means(engine, t0) == [(0, 0.0, BASE), (30, 0.0, BASE), (60, LOUD, MORE)]


def test_a_restart_changes_no_scoring(launch: Launch, t0: float) -> None:
    engine = launch()
    proposed(engine)
    opened(engine, t0)
    turn(engine, t0 + 40, say(t0 + 1), say(t0 + 31))
    ask(engine, "accept")
    turn(engine, t0 + 64, say(t0 + 33), say(t0 + 61))
    engine.state.buffer.flush()
    engine = launch()
    turn(engine, t0 + 110)
    assert means(engine, t0) == [(0, 0.0, BASE), (30, 0.0, BASE), (60, LOUD, MORE)]


def test_a_channels_own_decision_goes_before_one_for_all(launch: Launch, t0: float) -> None:
    engine = launch()
    opened(engine, t0, "demo", "other")
    turn(engine, t0 + 5)
    assert ask(engine, "change", valence=2.0) == ""
    assert ask(engine, "change", valence=-2.0, channel="other") == ""
    turn(engine, t0 + 70, say(t0 + 31), say(t0 + 32, channel="other"))
    assert means(engine, t0)[1] == (30, LOUD, MORE)
    assert means(engine, t0)[-1] == (30, -LOUD, MORE)
    assert ask(engine, "reject", channel="other") == ""
    turn(engine, t0 + 130, say(t0 + 91, channel="other"))
    assert means(engine, t0)[-1] == (90, LOUD, MORE)


def test_undo_goes_back_step_by_step(launch: Launch, t0: float) -> None:
    engine = launch()
    proposed(engine)
    for decision in ({"decision": "accept"}, {"decision": "change", "valence": -1.0}):
        assert ask(engine, **decision) == ""
    row = "SELECT status, valence, in_force, decided_by FROM vocabulary"
    assert stored(engine.state.store, row) == [("accepted", -1.0, -1.0, "tester")]
    assert ask(engine, "undo") == ""
    assert stored(engine.state.store, row) == [("accepted", 2.0, 2.0, "tester")]
    assert ask(engine, "undo") == ""
    assert stored(engine.state.store, row) == [("proposed", 2.0, None, None)]
    assert ask(engine, "undo") == f"nothing that could be undone was decided on '{NEW}'"
    assert stored(engine.state.store, "SELECT count(*) FROM decisions") == [(4,)]


def test_what_was_undone_goes_on_counting(launch: Launch, t0: float) -> None:
    engine = launch()
    proposed(engine)
    engine = launch()
    opened(engine, t0)
    ask(engine, "reject")
    turn(engine, t0 + 40, say(t0 + 1))
    assert NEW.lower() not in engine.state.vocabulary._terms
    ask(engine, "undo")
    turn(engine, t0 + 70, say(t0 + 41))
    assert engine.state.vocabulary._terms[NEW.lower()].n == 31
    engine.housekeeping()
    assert stored(engine.state.store, "SELECT n, status FROM vocabulary") == [(31, "proposed")]


def test_a_new_emote_is_proposed_once_a_minute_and_scored_once_accepted(
    launch: Launch, t0: float
) -> None:
    engine = launch()
    opened(engine, t0)
    said = [
        Message(f"m{k}", "demo", t0 + 1 + k, f"u{k % 5}", f"great {NEW} {k}" if k % 2 else NEW)
        for k in range(24)
    ]
    turn(engine, t0 + 40, *said)
    engine.housekeeping()
    row = "SELECT term, status, n, n_chatters, valence > 0, impact_windows FROM vocabulary"
    assert stored(engine.state.store, row) == [(NEW, "proposed", 24, 5, True, 1)]
    assert ask(engine, "accept") == ""
    turn(engine, t0 + 130, say(t0 + 91))
    assert means(engine, t0)[-1][1] > 0.2


def test_a_known_emote_that_turned_is_proposed_with_what_is_in_force(launch: Launch) -> None:
    engine = launch()
    engine.state.vocabulary.drift.load({"LUL": [2000, 0.4, 0.4, 0.2, 1e9]})
    scored = Scored(-0.2, (("LUL", "emote", 0.3), ("bad", "word", -0.5)), True)
    for k in range(600):
        engine.state.vocabulary.drift.saw(scored, 1e9 + k)
    engine.housekeeping()
    row = "SELECT term, status, in_force, valence < 0.8 FROM vocabulary"
    in_force = engine.state.intake.scorers.base_valence("LUL")
    assert stored(engine.state.store, row) == [("LUL", "proposed", in_force, True)]
    assert ask(engine, "accept", term="LUL") == ""
    assert engine.state.intake.scorers.at("demo", 9e12).score("LUL").compound < 0
    kept = launch().state.vocabulary.drift.dump()
    assert kept["LUL"][0] == 2600


def test_a_term_added_by_hand_and_taken_back_is_rejected(launch: Launch) -> None:
    engine = launch()
    ask(engine, "change", valence=1.0, kind="emote")
    ask(engine, "undo")
    assert stored(engine.state.store, "SELECT status, in_force FROM vocabulary") == [
        ("rejected", None)
    ]


def test_of_two_reviewers_the_second_is_told_of_the_first(launch: Launch) -> None:
    engine = launch()
    proposed(engine)
    assert ask(engine, "accept", seen=None) == ""
    why = ask(engine, "reject", seen=None) or ""
    assert why.startswith("decided meanwhile: accepted at +2.00 by tester at ")
    assert why.endswith("; look again")
    at = rows(engine.state.folder, "SELECT decided_at FROM vocabulary")[0][0]
    assert ask(engine, "reject", seen=at.isoformat()) == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"decision": "accept"}, f"'{NEW}' is not proposed (any more)"),
        ({"decision": "reject"}, f"'{NEW}' is not proposed (any more)"),
        ({"decision": "burn"}, "decision is one of accept, change, reject, undo"),
        ({"decision": "change"}, "a change needs a valence from -4 to 4"),
        ({"decision": "change", "valence": 5}, "a valence is a number from -4 to 4"),
        ({"decision": "change", "valence": True}, "a valence is a number from -4 to 4"),
        ({"decision": "change", "valence": 1, "kind": "smile"}, "kind is emote or word"),
        ({"decision": "change", "valence": 1, "channel": "no login"}, "'no login' is not a login"),
        ({"decision": "change", "valence": 1, "seen": 5}, "seen is the ISO time"),
        ({"decision": "change", "valence": 1, "seen": "soon"}, "seen is the ISO time"),
        *(({"decision": "change", "valence": 1, "term": term}, "a term is 1 to 60 visible")
          for term in ("", "a b", "x" * 61, "\u202eabc", "a\U000e0000", None, 7, "\u0301", "a\nb")),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_the_reason(
    launch: Launch, body: dict[str, Any], why: str
) -> None:
    engine = launch()
    refused = ask(engine, **body) or ""
    assert refused.startswith(why)
    assert stored(engine.state.store, "SELECT count(*) FROM decisions") == [(0,)]


def test_an_accepted_term_is_not_accepted_again(launch: Launch) -> None:
    engine = launch()
    proposed(engine)
    ask(engine, "accept")
    why = ask(engine, "accept") or ""
    assert why.startswith(f"'{NEW}' is not proposed any more: accepted at +2.00 by tester")


def test_a_proposal_without_a_valence_needs_one(launch: Launch) -> None:
    engine = launch()
    proposed(engine, valence=None)
    assert ask(engine, "accept") == f"'{NEW}' has no proposed valence; say one"
    assert ask(engine, "accept", valence=0.5) == ""


def test_rejecting_a_drift_keeps_what_is_in_force(launch: Launch) -> None:
    engine = launch()
    ask(engine, "change", valence=1.0)
    proposed(engine, in_force=1.0)
    assert ask(engine, "reject") == ""
    assert stored(engine.state.store, "SELECT status, valence, in_force FROM vocabulary") == [
        ("accepted", 1.0, 1.0)
    ]


def test_plain_vader_stays_plain(launch: Launch, t0: float) -> None:
    engine = launch(lexicon="vader")
    assert ask(engine, "change", valence=3.0, term="zorp") == ""
    opened(engine, t0)
    turn(engine, t0 + 70, say(t0 + 31, "zorp"))
    assert means(engine, t0) == [(0, None, BASE - 2), (30, 0.0, BASE - 2)]
    assert stored(engine.state.store, "SELECT status, in_force FROM vocabulary") == [
        ("accepted", None)
    ]


def test_a_forgotten_channel_takes_its_decisions_along(launch: Launch) -> None:
    engine = launch()
    ask(engine, "change", valence=1.0)
    ask(engine, "change", valence=2.0, channel="demo")
    send(
        engine.state.folder.inbox, Request("gone", "2027-01-01", "t", "forget", {"channel": "demo"})
    )
    engine.commit()
    assert stored(engine.state.store, "SELECT channel FROM decisions") == [("",)]
    assert engine.state.intake.scorers.at("demo", 9e12).score(NEW).compound == 0.25
    assert launch().state.intake.scorers.at("demo", 9e12).score(NEW).compound == 0.25


def test_a_word_is_known_in_any_case_and_an_emote_as_it_is_written(launch: Launch) -> None:
    engine = launch()
    ask(engine, "change", valence=2.0, kind="emote")
    ask(engine, "change", valence=2.0, kind="word", term="zorping")
    scorer = engine.state.intake.scorers.at("demo", 9e12)
    found = [scorer.score(t).compound for t in (NEW, NEW.lower(), "Zorping", "zorpinggg", "fine")]
    assert found == [LOUD, 0.0, LOUD, LOUD, FINE]


def test_messages_without_decided_terms_are_scored_alike(launch: Launch) -> None:
    engine = launch()
    ask(engine, "change", valence=2.0)
    base, own = Scorers("full").base, engine.state.intake.scorers.at("demo", 9e12)
    for text in ("great stream LUL", "not good", "WHAT A PLAY", "😂 haha", "", "\u202e", "a" * 500):
        assert own.score(text) == base.score(text)


# -- commands ---------------------------------------------------------------------------------


@pytest.fixture
def run(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """`vocabulary` with these words, in this process."""
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    return partial(commands.run, "vocabulary")


def test_the_commands_decide_tell_and_take_back(run: Callable[..., Done]) -> None:
    assert run("history").out == "nothing was decided yet\n"
    assert run("change", NEW, "--valence", "1.5").out == f"{NEW}: +1.50 from the next window on\n"
    assert run("change", NEW, "--valence", "-1", "--channel", "Demo").code == 0
    assert NEW in run().out
    assert run("undo", NEW).out == f"{NEW}: rejected; nothing of ours is in force\n"
    told = run("history").out
    assert [word in told for word in ("change", "undo", "demo", "+1.50", "−1.00")] == [True] * 5


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        (("accept", "gone"), 1, "'gone' is not proposed (any more)"),
        (("change", NEW, "--valence", "nan"), 2, "a valence is a number from -4 to 4, not 'nan'"),
        (("change", "a b", "--valence", "1"), 2, "a term is 1 to 60 visible characters"),
        (("import", "nowhere.tsv"), 1, "nowhere.tsv: No such file or directory"),
    ],
)
def test_what_the_commands_cannot_do_is_one_line(
    run: Callable[..., Done], args: tuple[str, ...], code: int, why: str
) -> None:
    done = run(*args)
    assert done.code == code and why in done.err and "Traceback" not in done.err


def test_terms_go_out_to_a_file_and_come_in_again(run: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "terms.tsv"
    run("change", NEW, "--valence", "1.5")
    run("change", "yikers", "--valence", "-1", "--channel", "demo")
    assert run("export", str(file)).out == f"accepted terms in {file}: 2\n"
    assert file.read_text() == (
        f"term\tkind\tvalence\tchannel\nyikers\tword\t-1.00\tdemo\n{NEW}\temote\t1.50\t\n"
    ) or sorted(file.read_text().splitlines()[1:]) == [
        "yikers\tword\t-1.00\tdemo",
        f"{NEW}\temote\t1.50\t",
    ]
    run("undo", NEW)
    assert run("import", str(file)).out == "terms in force from terms.tsv: 2; rows left out: 0\n"
    assert f"{NEW}" in run().out


def test_many_terms_come_in_together_and_in_order(
    run: Callable[..., Done], folder: DataFolder, tmp_path: Path
) -> None:
    file = tmp_path / "terms.tsv"
    rows_ = [f"zorp{k}\tword\t{k % 8 - 4}" for k in range(200)] + ["zorp0\tword\t3"]
    file.write_text("term\tkind\tvalence\n" + "\n".join(rows_) + "\n")
    assert run("import", str(file)).out == "terms in force from terms.tsv: 201; rows left out: 0\n"
    query = "SELECT valence FROM vocabulary WHERE term = 'zorp0'"
    assert rows(folder, query) == [(3.0,)]
    assert rows(folder, "SELECT count(*) FROM decisions") == [(201,)]


def test_bad_rows_of_a_file_are_told_by_line_and_left_out(tmp_path: Path) -> None:
    file = tmp_path / "terms.tsv"
    lines = ["term\tkind\tvalence", "zorp\tword\t1", "zorp", "a b\tword\t1",
             "x\tsmile\t1", "x\tword\tgood", "x\tword\t9", "x\temote\t1\tno login",
             "y\temote\t-2\tdemo"]  # fmt: skip
    file.write_text("\n".join(lines) + "\n")
    good, bad = read_terms(file)
    assert [(b["term"], b["valence"], b["channel"]) for b in good] == [
        ("zorp", 1.0, ""), ("y", -2.0, "demo"),
    ]  # fmt: skip
    assert [line.split(":")[0] for line in bad] == [f"line {k}" for k in range(3, 9)]


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"\xff\xfe\x00", b"term kind valence\n"])
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.tsv"
    file.write_bytes(content)
    with pytest.raises(BadInput):
        read_terms(file)


def test_decisions_of_many_channels_share_one_lexicon() -> None:
    now = datetime.now(UTC)
    decided = [
        Decision(str(k), f"zorp{k}Hype", f"c{k}", now, "x", "change", 1.0, "emote", 0.0)
        for k in range(50)
    ] + [Decision("w", "great", "c0", now, "x", "change", -3.0, "word", 0.0)]
    scorers = Scorers("full", decided)
    own = [scorers.at(f"c{k}", 5.0) for k in range(50)]
    assert [s.score(f"zorp{k}Hype").compound for k, s in enumerate(own)] == [0.25] * 50
    assert own[0].score("great").compound < 0 < own[1].score("great").compound
    assert own[0].score("so GREAT, not bad").compound != own[1].score("so GREAT, not bad").compound
    assert isinstance(own[0], Overlaid) and isinstance(own[1], Overlaid)
    assert own[0].own.rules.lexicon.maps[1] is own[1].own.rules.lexicon.maps[1]
