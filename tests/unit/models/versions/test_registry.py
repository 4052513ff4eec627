import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.inputs.features import now
from models.versions import registry
from models.versions.registry import (
    CARD,
    LINEAR,
    NETWORK,
    SHIPPED,
    serving,
    sha256,
    usable,
    versions,
)
from tests.helpers.forecasting import make_session
from tests.helpers.model_versions import break_bytes, edit_card, no_model_at_all, put_version
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Three good versions of the same weights, 'c' the newest."""
    for day, name in enumerate("abc", 1):
        put_version(tmp_path, name, day)
    return tmp_path


def test_the_newest_version_serves_first_and_baselines_beside_it(shelf: Path) -> None:
    assert list(serving(shipped=shelf)) == [
        "lstm-c", "last_value", "session_mean", "ewma", "ridge",
    ]  # fmt: skip


def test_a_users_own_version_is_usable_but_serves_only_by_choice(
    shelf: Path, tmp_path: Path
) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.models.mkdir(parents=True)
    shutil.move(shelf / "c", folder.models / "c")
    assert next(iter(serving(folder, shelf))) == "lstm-b"
    assert [v.path.name for v in usable(folder, shelf)] == ["c", "b", "a"]


def change_features(version: Path) -> None:
    edit_card(version, contract={**registry.contract(), "features_version": 0})


def no_numbers(version: Path) -> None:
    (version / LINEAR).write_text("{}")
    edit_card(version, sha256={n: sha256(version / n) for n in (NETWORK, LINEAR)})


@pytest.mark.parametrize(
    "damage",
    [
        break_bytes,
        change_features,
        no_model_at_all,
        no_numbers,
        lambda v: (v / NETWORK).unlink(),
        lambda v: (v / LINEAR).write_text("{}"),
        lambda v: (v / CARD).write_text("{"),
        lambda v: (v / CARD).write_text("[]"),
        lambda v: edit_card(v, trained_at="yesterday"),
        lambda v: edit_card(v, verdict="better"),
        lambda v: edit_card(v, data=["x"]),
        lambda v: edit_card(v, data={"from": "once"}),
        lambda v: edit_card(v, data={"until": {"alpha": "once"}}),
        lambda v: edit_card(v, data={"until": 5}),
        lambda v: edit_card(v, data={"channels": [5]}),
        lambda v: edit_card(v, data=[["from", "2026-01-01T00:00:00Z"]]),
        lambda v: edit_card(v, verdict={"better": False}),
        lambda v: edit_card(v, verdict={"better": False, "why": 5}),
        lambda v: edit_card(v, verdict=[["better", False]]),
        lambda v: edit_card(v, sha256=[]),
        lambda v: edit_card(v, kind=5),
        lambda v: edit_card(v, kind="\ud800"),
        lambda v: (v / CARD).write_text("[" * 100_000),
    ],
)
def test_a_damaged_or_foreign_version_is_refused_and_the_one_before_serves(
    shelf: Path,
    damage,  # type: ignore[no-untyped-def]
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(shelf / "c")
    with caplog.at_level(logging.WARNING):
        models = serving(shipped=shelf)
    assert next(iter(models)) == "lstm-b"
    assert np.isfinite(models["lstm-b"].predict(now([make_session(50)])).quantiles).all()
    [told] = [record for record in caplog.records if record.name.startswith("models")]
    assert "why=" in told.getMessage()


def test_without_any_usable_version_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="train one"):
        serving(shipped=tmp_path)


def test_baselines_are_evaluated_even_without_weights(tmp_path: Path) -> None:
    found = registry.forecasters(shipped=tmp_path)
    assert list(found) == ["last_value", "session_mean", "ewma"]


def test_a_backtest_evaluates_every_usable_version(shelf: Path) -> None:
    break_bytes(shelf / "b")
    found = registry.forecasters(shipped=shelf)
    assert sorted(found) == ["ewma", "last_value", "lstm-a", "lstm-c", "ridge", "session_mean"]


def test_shipped_weights_are_small_and_their_card_is_whole() -> None:
    assert sum(p.stat().st_size for p in SHIPPED.rglob("*") if p.is_file()) <= 2_000_000
    for version in versions(shipped=SHIPPED):
        version.check()
        assert {"data", "seed", "versions", "scores", "params"} <= version.card.keys()
        assert {"from", "to", "channels", "held_out_channels"} <= version.card["data"].keys()
