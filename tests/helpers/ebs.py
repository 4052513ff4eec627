"""An EBS in this process: bodies for it, tokens as Twitch signs them, requests, the one shape of
its failures."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime

import httpx
import jwt
import pytest

from ebs.app import create_app
from ebs.config import EbsSettings
from warehouse.config import DataFolder

KEY = b"k" * 32
SECRET = base64.b64encode(KEY).decode()
CHANNEL = "123"
BASE = "http://localhost"


def publish(folder, channel_id=CHANNEL, age_s=1.0, **changed):
    """A body as the pipeline publishes it, in what matters to the EBS."""
    at = datetime.fromtimestamp(time.time() - age_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"v": 1, "channel_id": channel_id, "login": "demo", "source": "simulated"}
    body |= {"generated_at": at, "status": "live", "history": [["x" * 20, 0.1, 5]] * 60}
    (folder.latest / f"{channel_id}.json").write_text(json.dumps(body | changed))


def token(key=KEY, algorithm="HS256", headers=None, **changed):
    """A viewer's token; `...` takes a claim out."""
    claims = {"exp": int(time.time()) + 60, "channel_id": CHANNEL, "role": "viewer"}
    claims = {k: v for k, v in (claims | changed).items() if v is not ...}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def bearer(value=None):
    return {"Authorization": f"Bearer {value or token()}"}


class Client:
    """Requests to an app in this process, one at a time."""

    def __init__(self, app):
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method, path, **options):
        async def send():
            async with httpx.AsyncClient(transport=self._transport, base_url=BASE) as c:
                return await c.request(method, path, **options)

        return asyncio.run(send())

    def get(self, path, **options):
        return self.request("GET", path, **options)


def serve(data, token_per_minute=60, **settings):
    """A client of an EBS with these settings."""
    options = {"secret": SECRET, "client_ids": "abc123", "_env_file": None} | settings
    return Client(create_app(EbsSettings(**options), data, token_per_minute))


def is_failure(answer, status, name):
    """Its detail; anything but that failure in the one shape fails."""
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, name)
    assert sorted(body) == ["detail", "error"]
    assert isinstance(body["detail"], str) and body["detail"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return body["detail"]


@pytest.fixture
def data(tmp_path):
    """A data folder in which one channel is published."""
    folder = DataFolder(tmp_path)
    folder.latest.mkdir(parents=True)
    publish(folder)
    return folder


@pytest.fixture
def client(data):
    return serve(data)
