import jwt
import pytest

import ebs.auth
from ebs.auth import Doorkeeper, Viewer
from ebs.errors import Forbidden
from ebs.signing_keys import Secret, Secrets
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
    return doorkeeper(clock, Secret(KEY), Secret(OLD_KEY))


def doorkeeper(clock, *secrets, **options):
    return Doorkeeper(Secrets(secrets, clock=clock), clock=clock, **options)


@pytest.mark.parametrize("role", ["viewer", "moderator", "broadcaster"])
def test_a_good_token_is_its_viewer(door, role):
    assert door.viewer(header(role=role)) == Viewer("123", role, NOW + 60)


def test_a_token_of_the_secret_being_rotated_out_still_passes(door):
    assert door.viewer(header(OLD_KEY)).channel_id == "123"


def test_a_token_of_a_withdrawn_secret_is_refused(clock):
    with pytest.raises(NotAuthorised, match="another secret"):
        doorkeeper(clock, Secret(KEY)).viewer(header(OLD_KEY))


def test_the_scheme_is_read_without_case(door):
    assert door.viewer(header().replace(b"Bearer", b"bEARER")).channel_id == "123"


def test_expiry_has_the_leeway_and_no_more(door, clock):
    clock.now = NOW + 69.9
    assert door.viewer(header()).channel_id == "123"
    clock.now = NOW + 70
    with pytest.raises(NotAuthorised, match="expired"):
        door.viewer(header())


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_of_the_future_doubts_the_clock_and_a_slightly_wrong_one_passes(
    door, claim, caplog
):
    assert door.viewer(header(**{claim: NOW + 59})).channel_id == "123"
    assert door.viewer(header(**{claim: None})).channel_id == "123"
    for ahead in (61, 3600, 10**300, float("inf"), float("nan")):
        with pytest.raises(NotAuthorised, match=f"{claim} lies in the future: the clock"):
            door.viewer(header(**{claim: NOW + ahead}))
    assert caplog.text.count("is this machine's clock behind?") == 1
    for none in ("soon", str(int(NOW)), True, [NOW], {}):
        with pytest.raises(NotAuthorised, match=f"the token's {claim} is not a number"):
            door.viewer(header(**{claim: none}))


def test_an_audience_is_the_extension_or_refused_in_words(clock):
    door = doorkeeper(clock, Secret(KEY), audiences=["abc123"])
    for ours in ("abc123", ["x", "abc123"], "", [], None):
        assert door.viewer(header(aud=ours)).channel_id == "123"
    for other in ("abc", ["x"], "ABC123"):
        with pytest.raises(NotAuthorised, match="aud names none of DLD_EBS_CLIENT_IDS"):
            door.viewer(header(aud=other))
    for none in (5, {"abc123": 1}, ["abc123", 5], [["abc123"]]):
        with pytest.raises(NotAuthorised, match="aud is neither a name nor a list"):
            door.viewer(header(aud=none))


def test_claims_that_nobody_reads_are_in_nobodys_way(door):
    for more in ({"sub": 5}, {"jti": []}, {"iss": "https://api.twitch.tv"}):
        assert door.viewer(header(**more)).channel_id == "123"


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


def test_the_cache_is_bounded_in_size_and_keeps_no_token(clock):
    door = doorkeeper(clock, Secret(KEY), remembered=3)
    for n in range(10):
        door.viewer(header(opaque_user_id=f"A{n}"))
    assert len(door) == 3
    assert all(len(key) == 16 for key in door._verified_tokens)


def test_the_cache_lets_go_of_what_has_expired(door, clock):
    for n in range(5):
        door.viewer(header(opaque_user_id=f"A{n}"))
    clock.now = NOW + 100
    door.viewer(header(exp=int(NOW) + 200))
    assert len(door) == 1


def test_a_remembered_token_does_not_outlive_its_secret(clock):
    door = doorkeeper(clock, Secret(KEY), Secret(OLD_KEY, expires_at=NOW + 20))
    token = header(OLD_KEY)
    assert door.viewer(token).channel_id == "123"
    clock.now = NOW + 20
    with pytest.raises(NotAuthorised, match="another secret"):
        door.viewer(token)


def test_hits_and_misses_are_counted(door):
    for token in (header(), header(), header(role="moderator")):
        door.viewer(token)
    assert (door.hits, door.misses) == (1, 2)


@pytest.mark.parametrize("linked", [True, False, "true", "false", None])
def test_whoever_has_not_shared_who_they_are_is_let_in_however_it_is_said(door, linked):
    assert door.viewer(header(is_unlinked=linked)).channel_id == "123"


@pytest.mark.parametrize("linked", ["maybe", "", "False", 0, 1, 0.0, [], {}, ["false"]])
def test_a_token_that_says_anything_else_of_it_is_refused(door, linked):
    with pytest.raises(NotAuthorised, match="is_unlinked"):
        door.viewer(header(is_unlinked=linked))


@pytest.mark.parametrize("name", ["user_id", "opaque_user_id"])
@pytest.mark.parametrize("value", [77, True, ["77"], {"a": 1}])
def test_a_token_whose_user_is_no_text_is_refused(door, name, value):
    with pytest.raises(NotAuthorised, match=f"{name} is no text"):
        door.viewer(header(**{name: value}))


@pytest.mark.parametrize(
    "channel_id", ["0123", "0", "\u0661", "123\n", "+123", "1_0", 123, ["123"]]
)
def test_a_channel_has_one_id_only(door, channel_id):
    with pytest.raises(NotAuthorised, match="channel_id"):
        door.viewer(header(channel_id=channel_id))


def test_only_the_broadcaster_is_one(door):
    assert door.broadcaster(header(role="broadcaster")).channel_id == "123"
    for role in ("viewer", "moderator"):
        with pytest.raises(Forbidden, match="broadcaster"):
            door.broadcaster(header(role=role))


@pytest.mark.parametrize("more", [b"=", b"==", b"=" * 100])
def test_a_token_that_is_padded_is_the_same_and_remembered_once(door, more):
    token = header()
    assert door.viewer(token).key == door.viewer(token + more).key
    assert (len(door), door.hits) == (1, 1)


def test_a_viewers_key_is_of_the_claims_however_they_are_signed(door):
    claims = {"exp": int(NOW) + 60, "channel_id": "123", "role": "viewer"}
    spelled = [
        jwt.encode(body, key, algorithm="HS256", headers=headers, sort_headers=False)
        for body in (claims, dict(reversed(claims.items())))
        for headers in ({}, {"kid": "a"}, {"kid": "b", "cty": "x"})
        for key in (KEY, OLD_KEY)
    ]
    keys = {door.viewer(b"Bearer " + token.encode()).key for token in spelled}
    assert (len(set(spelled)), len(keys)) == (12, 1)
    assert door.viewer(header(opaque_user_id="U2")).key not in keys


def test_refused_tokens_are_not_remembered(door):
    for n in range(5):
        with pytest.raises(NotAuthorised):
            door.viewer(header(b"x" * 32, opaque_user_id=f"A{n}"))
    assert len(door) == 0
