"""A script that asks for data: the app in this process, and tokens for it."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from dashboard.api.app import create_app
from dashboard.api.tokens import Tokens
from dashboard.config import ApiSettings
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.helpers.ports import free_port
from warehouse.config import DataFolder

COMMAND = (sys.executable, "-m", "dashboard.api")
BASE = "http://127.0.0.1"
LOGIN = {
    "DLD_DASHBOARD_OIDC_METADATA_URL": "http://127.0.0.1:9/.well-known/openid-configuration",
    "DLD_DASHBOARD_OIDC_CLIENT_ID": "dld",
    "DLD_DASHBOARD_OIDC_CLIENT_SECRET": "x",
    "DLD_DASHBOARD_OIDC_COOKIE_SECRET": "not-a-secret-but-long-enough-for-it",
    "DLD_DASHBOARD_OIDC_REDIRECT_URI": "https://dld.example.org/oauth2callback",
}
ROUTES = ("/v1/channels", "/v1/streams", "/v1/windows", "/v1/moments", "/v1/terms")


def token(data: DataFolder, sub: str = "", login: str = "") -> str:
    """A new token of that person; of nobody in particular where there is no login."""
    return Tokens(data).add(sub, login, datetime.now(UTC))[0]


class Script:
    """Requests to an app in this process, one at a time, with a token."""

    def __init__(self, data: DataFolder, given: str, per_minute: int) -> None:
        app = create_app(ApiSettings(_env_file=None, per_minute=per_minute), data)
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._headers = {"Authorization": f"Bearer {given}"} if given else {}

    def request(self, method: str, path: str, headers: Any = None, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=BASE) as asked:
                given = self._headers if headers is None else headers
                given = {**self._headers, **given} if isinstance(given, dict) else given
                return await asked.request(method, path, headers=given, **more)

        return asyncio.run(send())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)


def client(data: DataFolder, given: str | None = None, per_minute: int = 0) -> Script:
    """Whoever asks with this token; by default with one for all channels. '': with none."""
    return Script(data, token(data) if given is None else given, per_minute)


def pages(asked: Script, path: str, **parameters: Any) -> list[list[dict[str, Any]]]:
    """The rows of each page, from the first to the last."""
    found: list[list[dict[str, Any]]] = []
    cursor = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = asked.get(path, params={**parameters, **more})
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json()["next"]
        if not cursor:
            return found


@contextmanager
def running(root: Path, command: Sequence[str] = COMMAND, **settings: str) -> Iterator[str]:
    """Address of a process of its own on this folder, until the end of the block; then it stops as
    asked, and has said nothing that it must not."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DLD_")}
    env |= {"DLD_DATA": str(root), "DLD_API_PORT": str(free_port()), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=env | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + process.stderr.read()
        yield found[0]
    finally:
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err and "dld_" not in err
