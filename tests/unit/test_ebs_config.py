import base64

import pytest
from pydantic import ValidationError

from ebs.config import DEVELOPMENT_SECRET, EbsSettings
from warehouse.errors import BadInput

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no .env here
    for name in ("DLD_DEVELOPMENT", "DLD_EBS_SECRET", "DLD_EBS_CLIENT_IDS", "DLD_EBS_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_serve_the_documented_address():
    settings = EbsSettings()
    assert (settings.host, settings.port, settings.stale_after_s) == ("127.0.0.1", 8081, 90)
    assert settings.development is False


def test_without_a_secret_it_refuses_to_start():
    with pytest.raises(BadInput, match="DLD_EBS_SECRET is not set"):
        EbsSettings().keys()


def test_an_empty_secret_is_none(monkeypatch):
    monkeypatch.setenv("DLD_EBS_SECRET", "")
    with pytest.raises(BadInput, match="DLD_EBS_SECRET is not set"):
        EbsSettings().keys()


@pytest.mark.parametrize("listed", [DEVELOPMENT_SECRET, f"{NEW},{DEVELOPMENT_SECRET}"])
def test_the_development_secret_is_refused_outside_development(monkeypatch, listed):
    monkeypatch.setenv("DLD_EBS_SECRET", listed)
    with pytest.raises(BadInput, match="development secret"):
        EbsSettings().keys()


def test_development_alone_accepts_the_development_secret(monkeypatch):
    monkeypatch.setenv("DLD_DEVELOPMENT", "1")
    assert EbsSettings().keys() == (base64.b64decode(DEVELOPMENT_SECRET),)


def test_development_with_a_secret_accepts_both(monkeypatch):
    monkeypatch.setenv("DLD_DEVELOPMENT", "true")
    monkeypatch.setenv("DLD_EBS_SECRET", NEW)
    assert EbsSettings().keys() == (b"n" * 32, base64.b64decode(DEVELOPMENT_SECRET))


def test_the_secrets_of_a_rotation_are_all_live(monkeypatch):
    monkeypatch.setenv("DLD_EBS_SECRET", f"{NEW}, {OLD}")
    assert EbsSettings().keys() == (b"n" * 32, b"o" * 32)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("not base64!", "not base64"),
        ("abc", "not base64"),
        ("ünïcödé", "not base64"),
        (base64.b64encode(b"short").decode(), "too short"),
    ],
)
def test_a_damaged_secret_is_refused_and_not_repeated(monkeypatch, secret, why):
    monkeypatch.setenv("DLD_EBS_SECRET", secret)
    with pytest.raises(BadInput, match=why) as caught:
        EbsSettings().keys()
    assert secret not in str(caught.value)


def test_a_secret_is_not_in_the_settings_text(monkeypatch):
    monkeypatch.setenv("DLD_EBS_SECRET", NEW)
    assert NEW not in repr(EbsSettings())


def test_env_files_are_read(tmp_path):
    (tmp_path / ".env").write_text(f"DLD_EBS_SECRET={NEW}\nDLD_EBS_PORT=9000\nDLD_OTHER=1\n")
    settings = EbsSettings()
    assert (settings.port, settings.keys()) == (9000, (b"n" * 32,))


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


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        EbsSettings().port = 1
