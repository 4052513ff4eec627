import base64

import pytest
from pydantic import ValidationError

from ebs.config import EbsSettings

NEW = base64.b64encode(b"n" * 32).decode()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no .env here
    for name in ("DLD_DEVELOPMENT", "DLD_EBS_SECRET", "DLD_EBS_CLIENT_IDS", "DLD_EBS_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_serve_the_documented_address():
    settings = EbsSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8081)
    assert settings.development is False


def test_a_secret_is_not_in_the_settings_text(monkeypatch):
    monkeypatch.setenv("DLD_EBS_SECRET", NEW)
    assert NEW not in repr(EbsSettings())


def test_env_files_are_read(tmp_path):
    (tmp_path / ".env").write_text(f"DLD_EBS_SECRET={NEW}\nDLD_EBS_PORT=9000\nDLD_OTHER=1\n")
    settings = EbsSettings()
    assert settings.secret is not None
    assert (settings.port, settings.secret.get_secret_value()) == (9000, NEW)


def test_client_ids_become_twitchs_origins(monkeypatch):
    monkeypatch.setenv("DLD_EBS_CLIENT_IDS", "abc123, def456")
    assert EbsSettings().origins() == [
        "https://abc123.ext-twitch.tv",
        "https://def456.ext-twitch.tv",
    ]


@pytest.mark.parametrize("wrong", ["*", "https://evil.example", "a.b", "A1"])
def test_only_client_ids_become_origins(monkeypatch, wrong):
    monkeypatch.setenv("DLD_EBS_CLIENT_IDS", wrong)
    with pytest.raises(ValidationError, match="small letters"):
        EbsSettings()


def test_broadcasts_are_for_the_first_client_id_of_an_owner():
    assert EbsSettings(client_ids="abc, def").broadcasts_for == ""
    assert EbsSettings(owner_id="42").broadcasts_for == ""
    assert EbsSettings(client_ids="abc, def", owner_id="42").broadcasts_for == "abc"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("owner_id", "streamer"),
        ("owner_id", "٤٢"),
        ("trusted_proxies", "*"),
        ("trusted_proxies", "10.0.0.0/40"),
        ("workers", 0),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(name, value):
    with pytest.raises(ValidationError):
        EbsSettings(**{name: value})


def test_what_may_be_meant_is_taken():
    settings = EbsSettings(trusted_proxies="127.0.0.1, 10.0.0.0/8,fd00::/8")
    assert settings.proxies == ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        EbsSettings().port = 1
