"""Which version serves: by choice, by promotion, after a rollback, with files that are broken."""

import json
import logging
from pathlib import Path

import pytest

from models.__main__ import _decide as decide
from models.versions import promotion
from models.versions.choice import CHOICE, mark, read_choice
from models.versions.promotion import promote, rollback, statuses
from models.versions.registry import serving
from tests.helpers.model_versions import break_bytes, edit_card, no_model_at_all, put_version
from warehouse.config import DataFolder
from warehouse.errors import BadInput, ModelUnusable


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Two shipped versions, b the newer."""
    for day, name in enumerate("ab", 1):
        put_version(tmp_path / "shipped", name, day)
    return tmp_path / "shipped"


@pytest.fixture
def mine(folder: DataFolder) -> DataFolder:
    """Two versions of the user's own, newer than the shipped ones."""
    for day, name in enumerate("mn", 3):
        put_version(folder.models, name, day)
    return folder


def first(folder: DataFolder, shipped: Path) -> str:
    return next(iter(serving(folder, shipped)))


def standing(folder: DataFolder, shipped: Path, served: str = "") -> dict[str, str]:
    return {v.path.name: status for v, status in statuses(folder, served, shipped)}


def test_a_users_version_serves_only_once_it_is_promoted(mine: DataFolder, shipped: Path) -> None:
    assert first(mine, shipped) == "lstm-b"
    promote(mine, "m", "better", shipped)
    assert first(mine, shipped) == "lstm-m", "though n is newer"


def test_the_choice_says_since_when_why_and_what_served_before(
    mine: DataFolder, shipped: Path
) -> None:
    promote(mine, "lstm-m", "better", shipped)
    promote(mine, "n", "asked for", shipped)
    body = json.loads((mine.models / CHOICE).read_text())
    assert (body["version"], body["why"], body["since"][-1]) == ("n", "asked for", "Z")
    assert [(p["version"], p["why"]) for p in body["previous"]] == [
        ("m", "better"), ("b", "the newest shipped"),
    ]  # fmt: skip
    assert body["previous"][0]["until"] == body["since"]
    assert [p.name for p in mine.models.iterdir() if p.is_file()] == [CHOICE]


def test_rollback_serves_what_served_before_until_nothing_did(
    mine: DataFolder, shipped: Path
) -> None:
    promote(mine, "m", "better", shipped)
    promote(mine, "n", "better", shipped)
    assert rollback(mine, shipped).version == "m"
    assert rollback(mine, shipped).why == "rolled back from m"
    assert first(mine, shipped) == "lstm-b"
    with pytest.raises(BadInput, match="no version served before"):
        rollback(mine, shipped)
    assert first(mine, shipped) == "lstm-b"


def test_rollback_passes_over_a_version_that_is_broken(mine: DataFolder, shipped: Path) -> None:
    promote(mine, "m", "better", shipped)
    promote(mine, "n", "better", shipped)
    break_bytes(mine.models / "m")
    assert rollback(mine, shipped).version == "b"


def test_rollback_to_nothing_but_broken_ones_says_so_and_changes_nothing(
    mine: DataFolder, shipped: Path
) -> None:
    promote(mine, "m", "better", shipped)
    break_bytes(shipped / "b")
    with pytest.raises(BadInput, match="can be loaded"):
        rollback(mine, shipped)
    assert first(mine, shipped) == "lstm-m"


@pytest.mark.parametrize("damage", [break_bytes, no_model_at_all])
def test_a_broken_version_cannot_be_promoted(mine: DataFolder, shipped: Path, damage) -> None:  # type: ignore[no-untyped-def]
    damage(mine.models / "n")
    with pytest.raises(ModelUnusable):
        promote(mine, "n", "asked for", shipped)
    assert read_choice(mine) is None


def test_a_version_that_is_not_there_or_serves_already_is_refused(
    mine: DataFolder, shipped: Path
) -> None:
    with pytest.raises(BadInput, match="no version z; there are: n, m, b, a"):
        promote(mine, "z", "asked for", shipped)
    promote(mine, "m", "asked for", shipped)
    with pytest.raises(BadInput, match="lstm-m serves already"):
        promote(mine, "m", "asked for", shipped)


def test_the_newest_shipped_can_be_kept_by_choice(mine: DataFolder, shipped: Path) -> None:
    promote(mine, "b", "asked for", shipped)
    put_version(shipped, "c", 9)
    assert first(mine, shipped) == "lstm-b"
    assert read_choice(mine).previous == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("damage", [break_bytes, no_model_at_all])
def test_a_promoted_version_that_breaks_is_refused_and_the_one_before_serves(
    mine: DataFolder,
    shipped: Path,
    damage,  # type: ignore[no-untyped-def]
    caplog: pytest.LogCaptureFixture,
) -> None:
    promote(mine, "m", "better", shipped)
    promote(mine, "n", "better", shipped)
    damage(mine.models / "n")
    with caplog.at_level(logging.WARNING):
        assert first(mine, shipped) == "lstm-m"
    assert "model refused version=n why=" in caplog.text


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"version": "m"}', '{"version":1,"previous":3}', "[" * 100_000]
)
def test_a_file_that_does_not_say_what_serves_leaves_it_to_the_newest_shipped(
    mine: DataFolder, shipped: Path, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    (mine.models / CHOICE).write_text(body)
    with pytest.raises(ModelUnusable, match="models promote VERSION"):
        read_choice(mine)
    assert first(mine, shipped) == "lstm-b"
    assert "serving.json: does not say which version serves" in caplog.text
    promote(mine, "m", "asked for", shipped)
    assert first(mine, shipped) == "lstm-m"


def test_a_chosen_version_that_was_deleted_leaves_it_to_the_one_before(
    mine: DataFolder, shipped: Path
) -> None:
    promote(mine, "n", "better", shipped)
    (mine.models / "n" / "card.json").unlink()
    assert first(mine, shipped) == "lstm-b"


def test_every_version_says_how_it_stands(mine: DataFolder, shipped: Path) -> None:
    put_version(mine.models, "o", 8, verdict={"better": False, "why": "not better"})
    put_version(mine.models, "p", 9, verdict={"better": None, "why": "too little"})
    put_version(mine.models, "q", 10)
    edit_card(mine.models / "q", contract={})
    promote(mine, "m", "better", shipped)
    promote(mine, "n", "better", shipped)
    assert standing(mine, shipped) == {
        "q": "refused", "p": "candidate", "o": "rejected", "n": "serving", "m": "available",
        "b": "available", "a": "available",
    }  # fmt: skip


def test_what_the_daemon_could_not_load_does_not_count_as_serving(
    mine: DataFolder, shipped: Path
) -> None:
    promote(mine, "m", "better", shipped)
    no_model_at_all(mine.models / "m")
    found = standing(mine, shipped, served="lstm-b")
    assert (found["b"], found["m"]) == ("serving", "refused")


def test_the_files_mark_changes_with_every_choice(mine: DataFolder, shipped: Path) -> None:
    marks = [mark(mine)]
    for name in "mn":
        promote(mine, name, "better", shipped)
        marks.append(mark(mine))
    assert marks[0] is None and len(set(marks)) == 3


def test_only_the_newest_rejected_versions_are_kept(
    mine: DataFolder, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "KEPT_REJECTED", 1)
    for day, name in enumerate("opq", 8):
        put_version(mine.models, name, day, verdict={"better": False, "why": "not better"})
    promote(mine, "o", "asked for", shipped)
    promote(mine, "m", "asked for", shipped)
    put_version(mine.models, "r", 20, verdict={"better": None, "why": "too little"})
    assert promotion.tidy(mine, shipped) == ["p"]
    assert sorted(p.name for p in mine.models.iterdir() if p.is_dir()) == list("mnoqr")
    assert rollback(mine, shipped).version == "o", "what once served is never deleted"


def test_versions_that_could_not_be_judged_do_not_pile_up(
    mine: DataFolder, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "KEPT_REJECTED", 1)
    for day, name in enumerate("opq", 8):
        put_version(mine.models, name, day, verdict={"better": None, "why": "too little"})
    promote(mine, "o", "asked for", shipped)
    assert promotion.tidy(mine, shipped) == ["p"], "q is the newest, o serves"
    assert standing(mine, shipped)["m"] == "candidate", "never compared: its owner may want it"


@pytest.mark.parametrize(
    ("better", "wanted", "serves"),
    [
        (True, None, True), (False, None, False), (None, None, False),
        (True, False, False), (False, True, True), (None, True, True),
    ],
)  # fmt: skip
def test_a_challenger_serves_if_it_is_better_or_wanted(
    mine: DataFolder, better: bool | None, wanted: bool | None, serves: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    why = "better: CRPS" if better else "not better"
    edit_card(mine.models / "m", verdict={"better": better, "why": why, "against": "lstm-b"})
    decide(mine, promotion.find(mine, "m"), wanted)
    choice = read_choice(mine)
    said = capsys.readouterr().out
    assert (choice is not None) is serves and why in said
    if choice:
        assert choice.version == "m"
        assert choice.why == (why if wanted is None else "asked for")
    else:
        assert "not promoted: lstm-b serves on" in said
