"""Bad input at the commands: exit code 1, one line on stderr, nothing half written."""

import json
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.inputs.published import sessions_by_channel, sessions_from_table
from models.inputs.sessions import Session
from models.inputs.training_arrays import arrays
from models.training.train import fit_linear
from tests.helpers.forecasting import as_table, days_of, make_session, publish, with_values
from tests.helpers.model_versions import put_version
from tests.unit.models.conftest import Run
from warehouse.config import DataFolder
from warehouse.errors import BadInput


def refused(run: Run, *words: str) -> str:
    """The one line a command failed with."""
    code, _, err = run(*words)
    assert code == 1 and len(err.splitlines()) == 1 and err.startswith("error: ")
    return err


def files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


every_command = pytest.mark.parametrize("command", ["train", "tune", "backtest"])


@every_command
def test_a_folder_that_is_no_data_folder_is_named(
    run: Run, folder: DataFolder, command: str
) -> None:
    folder.root.mkdir()
    (folder.root / "holiday.jpg").write_bytes(b"JFIF")
    assert f"nothing published in {folder.published}" in refused(run, command)
    assert list(folder.root.iterdir()) == [folder.root / "holiday.jpg"], "no folder is made in it"


@every_command
def test_a_file_in_place_of_the_data_folder(run: Run, folder: DataFolder, command: str) -> None:
    folder.root.write_text("not a folder")
    assert "Not a directory" in refused(run, command)


@every_command
def test_windows_that_cannot_be_read_are_made_anew_by_the_pipeline(
    run: Run, folder: DataFolder, command: str
) -> None:
    publish(folder, make_session(100))
    whole = (folder.published / "windows.parquet").read_bytes()
    (folder.published / "windows.parquet").write_bytes(whole[: len(whole) // 2])
    assert "start the pipeline" in refused(run, command)
    (folder.published / "windows.parquet").unlink()
    assert "start the pipeline" in refused(run, command)
    folder.manifest.write_text("{}")
    assert "not a manifest" in refused(run, command)


def replace_column(folder: DataFolder, name: str, values: pa.Array | None) -> None:
    path = folder.published / "windows.parquet"
    table = pq.read_table(path)
    at = table.column_names.index(name)
    changed = table.remove_column(at) if values is None else table.set_column(at, name, values)
    pq.write_table(changed, path)


def test_a_column_that_is_missing_or_no_number_is_named(run: Run, folder: DataFolder) -> None:
    publish(folder, make_session(100))
    replace_column(folder, "sd_compound", pa.array(["much"] * 100))
    assert "alpha/a1: a column of another type" in refused(run, "backtest")
    replace_column(folder, "sd_compound", None)
    assert "sd_compound" in refused(run, "backtest")


@every_command
def test_windows_of_no_stream_are_nothing_to_work_with(
    run: Run, folder: DataFolder, command: str
) -> None:
    publish(folder, make_session(100))
    replace_column(folder, "stream_id", pa.array([None] * 100, pa.string()))
    assert "no window" in refused(run, command)


@pytest.mark.parametrize("command", ["train", "tune"])
def test_one_short_channel_is_too_little_to_learn_from(
    run: Run, folder: DataFolder, command: str
) -> None:
    publish(folder, *days_of("alpha", 3, 100))
    assert "too little to train on: 188 windows of history in 2 streams" in refused(run, command)
    assert not folder.models.exists()


def test_streams_of_half_an_hour_are_nothing_to_judge(run: Run, folder: DataFolder) -> None:
    publish(folder, *days_of("alpha", 3, 60))
    assert "no stream has more than 60 windows" in refused(run, "backtest")
    assert files(folder.models) == []


def test_one_channel_alone_is_judged(run: Run, folder: DataFolder) -> None:
    publish(folder, make_session(80))
    code, out, err = run("backtest")
    assert (code, err) == (0, "") and "20 cutoffs, 1 streams" in out
    report = json.loads((folder.models / "backtest" / "report.json").read_text())
    assert report["all"]["cutoffs"] == 20
    assert {p for c in report["comparisons"] for p in c["squared"]["p"]} == {None}, "one stream"


@pytest.mark.parametrize("words", [("train",), ("backtest",)])
def test_a_place_that_cannot_be_written_is_known_before_the_work(
    run: Run, folder: DataFolder, tmp_path: Path, words: tuple[str, ...]
) -> None:
    publish(folder, *days_of("alpha", 30, 90))
    taken = tmp_path / "taken"
    taken.write_text("mine")
    line = refused(run, *words, "--out", str(taken))
    assert f"cannot write to {taken}: File exists; choose another folder" in line
    assert taken.read_text() == "mine"


def test_a_relative_data_folder_is_the_one_it_names(
    run: Run, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(folder, *days_of("alpha", 3, 100))
    monkeypatch.chdir(folder.root.parent)
    here = DataFolder(Path(folder.root.name))
    monkeypatch.setattr("models.__main__.data_folder", lambda: here)
    line = refused(run, "train", "--out", str(here.models), "--promote")
    assert "too little to train on" in line, "not: it would serve nowhere"


def test_names_and_reasons_are_printed_as_they_are(run: Run, folder: DataFolder) -> None:
    verdict = {"better": False, "why": "[/b] worse"}
    put_version(folder.models, "odd[b]", verdict=verdict)
    code, out, _ = run("versions")
    assert code == 0 and "odd[b]" in out and "[/b] worse" in out


def test_tune_has_to_write_its_trials(run: Run, folder: DataFolder) -> None:
    publish(folder, *days_of("alpha", 40, 90))
    folder.models.write_text("a file")
    assert f"cannot write to {folder.models}" in refused(run, "tune")


def test_an_unknown_channel_is_named(run: Run, folder: DataFolder) -> None:
    publish(folder, *days_of("alpha", 30, 90))
    assert "channels nobody in" in refused(run, "backtest", "--channel", "nobody")
    assert "nobody" in refused(run, "train", "--hold-out", "nobody")
    code, _, err = run("backtest", "--channel", "a..b")
    assert code == 2 and err.startswith("error: 'a..b' is not a login")
    assert "too little to train on: 0 windows" in refused(run, "train", "--hold-out", "alpha")


def test_a_named_channel_alone_is_judged_as_it_is_among_others(
    run: Run, folder: DataFolder, tmp_path: Path
) -> None:
    publish(folder, *days_of("alpha", 2, 90), *days_of("beta", 2, 80))
    assert run("backtest", "--out", str(tmp_path / "all"))[0] == 0
    assert run("backtest", "--out", str(tmp_path / "beta"), "--channel", "beta")[0] == 0
    both, alone = (
        json.loads((tmp_path / d / "report.json").read_text())["channels"] for d in ("all", "beta")
    )
    assert set(both) == {"alpha", "beta"} and alone == {"beta": both["beta"]}


def constant(session: Session, value: float = 0.25) -> Session:
    """Every message says the same."""
    return with_values(
        session,
        mean=np.where(session.n > 0, value, np.nan),
        sub_mean=np.where(session.sub_n > 0, value, np.nan),
        sd=np.where(session.n > 1, 0.0, np.nan),
    )


def test_a_constant_series_has_no_skill_to_tell_and_no_warning(
    run: Run, folder: DataFolder
) -> None:
    publish(folder, *map(constant, days_of("alpha", 3, 90)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code, _, err = run("backtest")
    assert (code, err) == (0, "")
    rows = pq.read_table(folder.models / "backtest" / "predictions.parquet").to_pandas()
    bands = rows[["q025", "q10", "q50", "q90", "q975"]].to_numpy()
    assert np.isfinite(bands).all() and (np.diff(bands) >= 0).all()
    assert np.abs(bands[:, 2] - 0.25).max() < 0.05 and np.ptp(bands, axis=1).max() < 0.6
    report = json.loads((folder.models / "backtest" / "report.json").read_text())
    of = report["all"]["models"]["session_mean"]
    assert of["nmse"] == [0.0] * 11 and of["latent_skill"] == [None] * 11, "nothing to know"
    assert (
        "| session_mean | – | – | – | – | – | – |"
        in (folder.models / "backtest" / "report.md").read_text()
    )


def test_baselines_can_be_fitted_to_a_constant_series() -> None:
    fitted = fit_linear(arrays([constant(s) for s in days_of("alpha", 3, 120)]))
    assert np.isfinite(fitted["ridge"]["coef"]).all()
    assert all(np.isfinite(s["mood"]).all() for s in fitted["spreads"].values())


def jumped(session: Session, by_s: int) -> Session:
    """The clock leaps ahead within the stream."""
    return with_values(
        session, start=session.start + np.where(np.arange(len(session)) > 70, by_s, 0)
    )


def test_a_stream_whose_clock_jumped_is_left_out_and_named(run: Run, folder: DataFolder) -> None:
    good, other, bad = days_of("alpha", 3, 90)
    publish(folder, good, other, jumped(bad, 30 * 86_400))
    code, out, _ = run("backtest")
    assert code == 0 and "left out, since they make no sense: 1" in out
    report = json.loads((folder.models / "backtest" / "report.json").read_text())
    assert report["all"]["streams"] == 2
    assert report["left_out"] == [
        "alpha/alpha2: windows span more than a week; the clock jumped or ids repeat"
    ]
    assert report["left_out"][0] in (folder.models / "backtest" / "report.md").read_text()


def test_every_left_out_stream_is_warned_of(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    good, *bad = days_of("alpha", 3, 90)
    publish(folder, good, *(jumped(s, 30 * 86_400) for s in bad))
    left_out: list[str] = []
    kept = [s.stream_id for c in sessions_by_channel(folder, left_out=left_out) for s in c]
    assert kept == ["alpha0"] and len(left_out) == 2
    assert [r.getMessage() for r in caplog.records] == [
        f"stream left out why={why}" for why in left_out
    ]


@every_command
def test_where_no_stream_makes_sense_the_first_is_told(
    run: Run, folder: DataFolder, command: str
) -> None:
    publish(folder, *(jumped(s, 30 * 86_400) for s in days_of("alpha", 2, 90)))
    assert refused(run, command) == (
        "error: none of the 2 streams makes sense; the first: alpha/alpha0: windows span more "
        "than a week; the clock jumped or ids repeat\n"
    )


def test_a_channel_that_was_never_watched_has_no_rate(run: Run, folder: DataFolder) -> None:
    publish(folder, make_session(90), with_values(
        make_session(90, 1, channel="beta", stream="b1"), observed_s=np.zeros(90)
    ))  # fmt: skip
    assert run("backtest")[0] == 0
    report = json.loads((folder.models / "backtest" / "report.json").read_text())
    assert report["channels"]["beta"]["rate"] is None


def test_holes_are_forecast_over_and_never_judged(run: Run, folder: DataFolder) -> None:
    session = make_session(150)
    publish(folder, session)
    path = folder.published / "windows.parquet"
    hole = slice(100, 120)
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table.slice(0, hole.start), table.slice(hole.stop)]), path)
    assert run("backtest")[0] == 0
    rows = pq.read_table(folder.models / "backtest" / "predictions.parquet").to_pandas()
    told = rows[(rows.model == "ewma") & (rows.step > 0)]
    target = (told.cutoff.astype("int64") // 10**6 - int(session.start[0])) // 30 + told.step - 1
    assert not set(target) & set(range(hole.start, hole.stop))
    assert set(target) == {i for i in range(60, 150) if session.n[i] and not 100 <= i < 120}
    assert np.isfinite(rows[["q025", "q10", "q50", "q90", "q975"]].to_numpy()).all()


@pytest.mark.parametrize("name", ["n_messages", "mean_compound", "sd_compound", "observed_s"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused_with_its_stream(
    run: Run, folder: DataFolder, name: str, value: float
) -> None:
    publish(folder, *days_of("alpha", 1, 90))
    values = as_table(make_session(90))[name].cast(pa.float64()).to_pylist()
    values[40] = value
    replace_column(folder, name, pa.array(values, pa.float64()))
    assert "alpha/alpha0: " in refused(run, "backtest")
    assert files(folder.models) == []


def test_a_report_that_cannot_be_written_leaves_the_last_run_whole(
    run: Run, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(folder, make_session(80))
    assert run("backtest")[0] == 0
    before = {p: p.read_bytes() for p in files(folder.models)}
    publish(folder, make_session(99))
    full = OSError(28, "No space left on device", "report.json")
    monkeypatch.setattr(
        "models.judging.backtest.put_texts", lambda texts: (_ for _ in ()).throw(full)
    )
    assert "No space left on device" in refused(run, "backtest")
    assert {p: p.read_bytes() for p in files(folder.models)} == before


def test_values_outside_their_range_are_refused_by_name() -> None:
    table = as_table(make_session(6))
    for name, value in (("share_positive", 1.5), ("n_chatters", -1), ("observed_s", 31.0)):
        values = table[name].to_pylist()
        values[2] = value
        at = table.column_names.index(name)
        changed = table.set_column(at, name, pa.array(values, table[name].type))
        with pytest.raises(BadInput, match=rf"alpha/a1: {name} is .*, outside 0\.\."):
            sessions_from_table(changed)
