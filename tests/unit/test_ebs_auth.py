import jwt
import pytest

import ebs.auth
from ebs.auth import Doorkeeper, Viewer
from warehouse.errors import NotAuthorised

KEY, OLD_KEY = b"k" * 32, b"o" * 32
NOW = 1_795_000_000.0


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


def header(key=KEY, **changed):
    claims = {"exp": int(NOW) + 60, "channel_id": "123", "role": "viewer"} | changed
    return b"Bearer " + jwt.encode(claims, key, algorithm="HS256").encode()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(clock):
    return Doorkeeper((KEY, OLD_KEY), leeway_s=10, clock=clock)


@pytest.mark.parametrize("role", ["viewer", "moderator", "broadcaster"])
def test_a_good_token_is_its_viewer(door, role):
    assert door.viewer(header(role=role)) == Viewer("123", role, NOW + 60)


def test_a_token_of_the_secret_being_rotated_out_still_passes(door):
    assert door.viewer(header(OLD_KEY)).channel_id == "123"


def test_a_token_of_a_withdrawn_secret_is_refused(clock):
    with pytest.raises(NotAuthorised, match="another secret"):
        Doorkeeper((KEY,), 10, clock).viewer(header(OLD_KEY))


def test_the_scheme_is_read_without_case(door):
    assert door.viewer(header().replace(b"Bearer", b"bEARER")).channel_id == "123"


def test_expiry_has_the_leeway_and_no_more(door, clock):
    clock.now = NOW + 69.9
    assert door.viewer(header()).channel_id == "123"
    clock.now = NOW + 70
    with pytest.raises(NotAuthorised, match="expired"):
        door.viewer(header())


def test_a_remembered_token_expires_as_well(door, clock):
    token = header()
    door.viewer(token)
    assert len(door) == 1
    clock.now = NOW + 71
    with pytest.raises(NotAuthorised, match="expired"):
        door.viewer(token)


def test_a_remembered_token_is_not_verified_again(door, monkeypatch):
    token = header()
    door.viewer(token)
    monkeypatch.setattr(ebs.auth.jwt, "decode", None)
    assert door.viewer(token).channel_id == "123"


def test_a_long_lived_token_is_verified_again_after_a_while(door, clock, monkeypatch):
    token = header(exp=int(NOW) + 10**6)
    door.viewer(token)
    clock.now = NOW + ebs.auth.CACHED_FOR_S + 1
    monkeypatch.setattr(ebs.auth.jwt, "decode", None)
    with pytest.raises(NotAuthorised, match="malformed"):
        door.viewer(token)


def test_the_cache_is_bounded_and_forgets_the_oldest(door, monkeypatch):
    monkeypatch.setattr(ebs.auth, "CACHED_TOKENS", 3)
    for n in range(10):
        door.viewer(header(opaque_user_id=f"A{n}"))
    assert len(door) == 3


def test_refused_tokens_are_not_remembered(door):
    for n in range(5):
        with pytest.raises(NotAuthorised):
            door.viewer(header(b"x" * 32, opaque_user_id=f"A{n}"))
    assert len(door) == 0
