import base64
import json
import logging
import math
import os

import pytest

from ebs.config import DEVELOPMENT_SECRET, EbsSettings
from ebs.signing_keys import LOOK_S, Secret, Secrets, parse, secrets_of
from warehouse.errors import BadInput

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()
NOW = 1_795_000_000.0
NOON = "2026-11-18T12:00:00Z"  # 1_795_003_200


def of(**values):
    return secrets_of(EbsSettings(_env_file=None, **values))


def keys(secrets, now=NOW):
    return [secret.key for secret in secrets.live(now)]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in ("DLD_DEVELOPMENT", "DLD_EBS_SECRET", "DLD_EBS_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "secrets", OLD)


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


# where the EBS must not start


@pytest.mark.parametrize("secret", [None, "", " , "])
def test_without_a_secret_it_refuses_to_start(secret):
    with pytest.raises(BadInput, match="DLD_EBS_SECRET is not set"):
        of(secret=secret)


@pytest.mark.parametrize("listed", [DEVELOPMENT_SECRET, f"{NEW},{DEVELOPMENT_SECRET}"])
def test_the_development_secret_is_refused_outside_development(listed, tmp_path):
    with pytest.raises(BadInput, match="development secret"):
        of(secret=listed)
    with pytest.raises(BadInput, match="development secret"):
        of(secret_file=write(tmp_path / "s", listed))


def test_development_alone_accepts_the_development_secret():
    secrets = of(development=True)
    assert keys(secrets) == [base64.b64decode(DEVELOPMENT_SECRET)]
    assert secrets.signing(NOW).key == base64.b64decode(DEVELOPMENT_SECRET)


def test_development_with_a_secret_accepts_both_and_signs_with_the_real_one():
    secrets = of(development=True, secret=f"{NEW} - {NOON}")
    assert keys(secrets) == [b"n" * 32, base64.b64decode(DEVELOPMENT_SECRET)]
    assert secrets.signing(NOW).key == b"n" * 32


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("notbase64!", "not base64"),
        ("abc", "not base64"),
        ("ünïcödé", "not base64"),
        (base64.b64encode(b"short").decode(), "too short"),
        (f"{NEW} tomorrow", "ISO time"),
        (f"{NEW} {NOON} {NOON} {NOON}", "two times at most"),
    ],
)
def test_a_damaged_secret_is_refused_and_not_repeated(secret, why, tmp_path):
    for values in ({"secret": secret}, {"secret_file": write(tmp_path / "s", secret)}):
        with pytest.raises(BadInput, match=why) as caught:
            of(**values)
        assert secret not in str(caught.value) and NEW not in str(caught.value)


def test_a_key_is_in_no_text_of_a_secret():
    assert "nnn" not in repr(Secret(b"n" * 32)) and "nnn" not in str(of(secret=NEW).all)


# rotation


def test_the_secrets_of_a_rotation_are_all_live():
    assert keys(of(secret=f"{NEW}, {OLD},{NEW}")) == [b"n" * 32, b"o" * 32]


def test_a_secret_is_live_before_it_is_active_and_until_it_expires():
    secrets = of(secret=f"{NEW} {NOON},{OLD} - {NOON}")
    noon = NOW + 3200
    assert keys(secrets, noon - 1) == [b"n" * 32, b"o" * 32]
    assert keys(secrets, noon) == [b"n" * 32]


def test_the_active_one_that_expires_last_signs():
    def signs(text, now=NOW):
        return Secrets(parse(text, "x")).signing(now).key[:1]

    later = "2026-11-19T12:00:00Z"
    assert signs(f"{NEW},{OLD}") == b"n"  # both for ever: the first
    assert signs(f"{OLD} - {NOON},{NEW} - {later}") == b"n"
    assert signs(f"{OLD} - {NOON},{NEW} {NOON} {later}") == b"o"  # the new one is not active yet
    assert signs(f"{OLD} - {later},{NEW} {NOON} {later}", NOW + 3200) == b"o"
    assert signs(f"{OLD} - {NOON},{NEW} {NOON} {later}", NOW + 3200) == b"n"


def test_where_none_is_active_nothing_is_signed():
    with pytest.raises(BadInput, match="no secret is active now"):
        Secrets(parse(f"{OLD} - 2020-01-01T00:00:00Z,{NEW} {NOON}", "x")).signing(NOW)


# the file


def test_a_file_has_a_secret_a_line_with_notes(tmp_path):
    text = f"# of the console\n{NEW} {NOON}  # next\n\n{OLD} - {NOON}\n"
    secrets = of(secret_file=write(tmp_path / "s", text))
    assert secrets.all == (
        Secret(b"n" * 32, 1_795_003_200.0, math.inf),
        Secret(b"o" * 32, 0.0, 1_795_003_200.0),
    )


def test_a_file_may_be_twitchs_own_answer(tmp_path):
    rows = [
        {"content": OLD, "active_at": "2020-01-01T00:00:00Z", "expires_at": NOON},
        {"content": NEW, "active_at": "2026-11-18T12:00:00.123456789Z", "expires_at": NOON},
    ]
    text = json.dumps({"data": [{"format_version": 1, "secrets": rows}]})
    secrets = of(secret_file=write(tmp_path / "s", text))
    assert [s.key[:1] for s in secrets.all] == [b"o", b"n"]
    assert secrets.all[1].active_at == pytest.approx(1_795_003_200.123456)


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '{"data": 1}', '{"data": [{"secrets": [{}]}]}', "", "# nothing", "x" * 70_000],
)
def test_a_file_that_is_no_list_of_secrets_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match="DLD_EBS_SECRET_FILE"):
        of(secret_file=write(tmp_path / "s", text))


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path):
    with pytest.raises(BadInput, match=r"gone\) cannot be read: No such file"):
        of(secret_file=tmp_path / "gone")


def test_the_environments_secret_and_the_files_are_both_live(file):
    assert keys(of(secret=NEW, secret_file=file)) == [b"n" * 32, b"o" * 32]


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True)])
def test_a_file_that_others_can_read_is_warned_of(file, caplog, mode, warned):
    file.chmod(mode)
    of(secret_file=file)
    assert ("chmod 600" in caplog.text) is warned
    assert OLD not in caplog.text


def test_a_changed_file_is_read_again_within_two_seconds(file, caplog):
    caplog.set_level(logging.INFO)
    secrets = Secrets((), file, clock=lambda: NOW)
    write(file, NEW)
    secrets.look(NOW + LOOK_S / 2)
    assert (keys(secrets), secrets.version) == ([b"o" * 32], 0)
    secrets.look(NOW + LOOK_S)
    assert (keys(secrets), secrets.version) == ([b"n" * 32], 1)
    secrets.look(NOW + 3 * LOOK_S)
    assert secrets.version == 1
    assert caplog.text.count("secrets read again live=1") == 1


def test_a_file_that_is_replaced_in_the_same_instant_is_read_again(file, tmp_path):
    secrets = Secrets((), file, clock=lambda: NOW)
    at = file.stat().st_mtime_ns
    aside = write(tmp_path / "aside", NEW)
    os.utime(aside, ns=(at, at))
    aside.replace(file)
    secrets.look(NOW + LOOK_S)
    assert keys(secrets) == [b"n" * 32]


@pytest.mark.parametrize("text", ["", "half a secr", None])
def test_a_file_that_becomes_unusable_changes_nothing_and_is_told_once(file, text, caplog):
    secrets = Secrets((), file, clock=lambda: NOW)
    if text is None:
        file.unlink()
    else:
        write(file, text)
    for turn in range(1, 4):
        secrets.look(NOW + turn * LOOK_S)
    assert (keys(secrets), secrets.version) == ([b"o" * 32], 0)
    assert caplog.text.count("secrets stay as they are") == 1


def test_a_clock_set_back_does_not_stop_the_looking(file):
    secrets = Secrets((), file, clock=lambda: NOW)
    write(file, NEW)
    secrets.look(NOW - 1000)
    assert keys(secrets) == [b"n" * 32]
