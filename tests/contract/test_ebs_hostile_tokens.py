"""Tokens made to get in, and requests made to break: every one is a 401 in the one shape."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest

from tests.helpers.ebs import KEY, bearer, client, data, is_failure, token

__all__ = ["client", "data"]  # fixtures


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header, claims, key=KEY, digest=hashlib.sha256):
    """A token made by hand: a library would refuse to."""
    head = f"{part(header)}.{part(claims)}"
    return f"{head}.{part(hmac.new(key, head.encode(), digest).digest())}"


HS256 = {"alg": "HS256", "typ": "JWT"}
LATER = int(time.time()) + 3600
GOOD = {"exp": LATER, "channel_id": "123", "role": "viewer"}
RAW = '{"channel_id":"123","role":"viewer","exp":%s}'
valid = token(exp=LATER)
head, claims, signature = valid.split(".")

TOKENS = {
    # algorithms
    "alg none": f"{part({'alg': 'none'})}.{claims}.",
    "alg None": f"{part({'alg': 'None'})}.{claims}.{signature}",
    "alg none with HS256's signature": f"{part({'alg': 'none'})}.{claims}.{signature}",
    "alg empty": signed({"alg": ""}, GOOD),
    "alg missing": signed({"typ": "JWT"}, GOOD),
    "alg null": signed({"alg": None}, GOOD),
    "alg a list": signed({"alg": ["HS256"]}, GOOD),
    "alg lower case": signed({"alg": "hs256"}, GOOD),
    "alg HS384": signed({"alg": "HS384"}, GOOD, digest=hashlib.sha384),
    "alg HS512": signed({"alg": "HS512"}, GOOD, digest=hashlib.sha512),
    "alg RS256 over an HMAC": signed({"alg": "RS256"}, GOOD),
    "alg ES256 over an HMAC": signed({"alg": "ES256"}, GOOD),
    "a key of its own in the header": signed(
        {"alg": "HS256", "jwk": {"kty": "oct", "k": part(b"x" * 32)}}, GOOD, b"x" * 32
    ),
    "a key by address": signed({"alg": "HS256", "jku": "http://127.0.0.1/"}, GOOD, b"x" * 32),
    "a key id with a path": signed({"alg": "HS256", "kid": "../../dev/null"}, GOOD, b""),
    "a critical extension": signed({"alg": "HS256", "crit": ["b64"], "b64": False}, GOOD),
    # signatures
    "another secret": token(b"x" * 32),
    "the secret before decoding": token(base64.b64encode(KEY)),
    "no secret at all": signed(HS256, GOOD, b""),
    "truncated signature": valid[:-4],
    "one letter of the signature": f"{head}.{claims}.{signature[:1]}",
    "no signature": f"{head}.{claims}.",
    "no third part": f"{head}.{claims}",
    "signature of another token": f"{head}.{claims}.{token(role='moderator').split('.')[2]}",
    "changed claims": f"{head}.{part(GOOD | {'channel_id': '456'})}.{signature}",
    "changed header": f"{part(HS256 | {'x': 1})}.{claims}.{signature}",
    "signature not base64": f"{head}.{claims}.!!!!",
    # expiry
    "expired": token(exp=int(time.time()) - 60),
    "expired long ago": token(exp=1),
    "no exp": token(exp=...),
    "exp null": token(exp=None),
    "exp a string": signed(HS256, GOOD | {"exp": str(LATER)}),
    "exp true": signed(HS256, GOOD | {"exp": True}),
    "exp a list": signed(HS256, GOOD | {"exp": [LATER]}),
    "exp an object": signed(HS256, GOOD | {"exp": {}}),
    "exp negative": signed(HS256, GOOD | {"exp": -LATER}),
    "exp zero": signed(HS256, GOOD | {"exp": 0}),
    "exp infinite": signed(HS256, (RAW % "1e999").encode()),
    "exp Infinity": signed(HS256, (RAW % "Infinity").encode()),
    "exp NaN": signed(HS256, (RAW % "NaN").encode()),
    "exp of a thousand digits": signed(HS256, (RAW % ("9" * 1000)).encode()),
    "exp twice, the last one over": signed(HS256, (RAW % f'{LATER},"exp":1').encode()),
    "exp in milliseconds": token(exp=LATER * 1000),
    "exp in ten years": token(exp=LATER + 10 * 366 * 86_400),
    "not yet valid": token(nbf=LATER),
    "issued in the future": token(iat=LATER),
    "issued never": signed(HS256, GOOD | {"iat": "x"}),
    "issued in milliseconds": token(iat=int(time.time()) * 1000),
    "for another audience": token(aud="another"),
    "for an audience that is none": signed(HS256, GOOD | {"aud": {"a": 1}}),
    # channel
    "no channel_id": token(channel_id=...),
    "channel_id null": token(channel_id=None),
    "channel_id a number": token(channel_id=123),
    "channel_id a list": token(channel_id=["123"]),
    "channel_id an object": token(channel_id={"a": 1}),
    "channel_id empty": token(channel_id=""),
    "channel_id all": token(channel_id="all"),
    "channel_id a name": token(channel_id="test_channel"),
    "channel_id a path": token(channel_id="../latest/123"),
    "channel_id an absolute path": token(channel_id="/etc/passwd"),
    "channel_id with a NUL": token(channel_id="123\0"),
    "channel_id with a line end": token(channel_id="123\n"),
    "channel_id with CRLF": token(channel_id="123\r\nSet-Cookie: a=b"),
    "channel_id with a space": token(channel_id=" 123"),
    "channel_id with a dot": token(channel_id="123.json"),
    "channel_id in other digits": token(channel_id="١٢٣"),
    "channel_id full width": token(channel_id="１２３"),
    "channel_id negative": token(channel_id="-123"),
    "channel_id of 21 digits": token(channel_id="1" * 21),
    "channel_id a lone surrogate": signed(
        HS256, b'{"exp":%d,"role":"viewer","channel_id":"\\ud800"}' % LATER
    ),
    # role
    "no role": token(role=...),
    "role null": token(role=None),
    "role empty": token(role=""),
    "role admin": token(role="admin"),
    "role in capitals": token(role="Viewer"),
    "role a list": token(role=["viewer"]),
    "role an object": token(role={"viewer": 1}),
    "role external, which an EBS signs": token(role="external"),
    # form
    "garbage": "garbage",
    "three dots": "...",
    "two dots": "..",
    "four parts": f"{valid}.x",
    "claims not an object": signed(HS256, [1, 2]),
    "claims a string": signed(HS256, "x"),
    "claims null": signed(HS256, None),
    "claims not JSON": signed(HS256, b"{"),
    "claims not UTF-8": signed(HS256, b"\xff\xfe"),
    "claims empty": signed(HS256, b""),
    "header not an object": signed([1], GOOD),
    "header not JSON": signed(b"{", GOOD),
    "header nested deep": signed(b"[" * 2000, GOOD),
    "padded base64": f"{head}=.{claims}.{signature}",
    "a token with spaces in it": valid.replace(".", " . "),
    "a token and another": f"{valid} {valid}",
    "a token, another": f"{valid}, {valid}",
    "a line end inside": f"{valid}%0d%0aX: y",
    "quoted": f'"{valid}"',
    "an encrypted one (five parts)": f"{part({'alg': 'dir', 'enc': 'A128GCM'})}..a.b.c",
    "too long by far": "a" * 60_000,
    "too long though signed": token(padding="x" * 5000),
    "is_unlinked something else": token(is_unlinked="maybe"),
    "is_unlinked a number": token(is_unlinked=0),
    "is_unlinked a list": token(is_unlinked=["false"]),
    "exp twice, the first one a string": signed(
        HS256, (RAW % f'"x","exp":{LATER - 10**9}').encode()
    ),
    "exp in Arabic digits": signed(HS256, (RAW % '"\u0661\u0662"').encode()),
    "channel_id twice, the last one no id": signed(
        HS256, (RAW % f'{LATER},"channel_id":"x"').encode()
    ),
    "role twice, the last one external": signed(
        HS256, (RAW % f'{LATER},"role":"external"').encode()
    ),
    "claims nested in claims": signed(HS256, {"claims": GOOD}),
    "a token inside a token": signed(HS256, GOOD | {"exp": valid}),
    "x5u": signed({"alg": "HS256", "x5u": "http://127.0.0.1/"}, GOOD, b"x" * 32),
    "kid of SQL": signed({"alg": "HS256", "kid": "' OR 1=1 --"}, GOOD, b"x" * 32),
    "alg twice, the last one none": signed(b'{"alg":"HS256","alg":"none"}', GOOD),
    "alg RS384": signed({"alg": "RS384"}, GOOD),
    "alg EdDSA": signed({"alg": "EdDSA"}, GOOD),
    "alg with a space": signed({"alg": "HS256 "}, GOOD),
    "signature in standard base64": f"{head}.{claims}.+/+/{signature[4:]}",
    "signature twice": f"{head}.{claims}.{signature}{signature}",
    "another case": valid.swapcase(),
    "emoji": base64.urlsafe_b64encode("\U0001f600".encode()).decode(),
}


def test_there_are_at_least_sixty_of_them():
    assert len(TOKENS) >= 60
    assert len(set(TOKENS.values())) == len(TOKENS)


def test_the_token_they_are_made_of_is_good(client):
    assert client.get("/v1/mood", headers=bearer(valid)).status_code == 200
    assert client.get("/v1/mood", headers=bearer(signed(HS256, GOOD))).status_code == 200


@pytest.mark.parametrize("name", TOKENS)
def test_a_hostile_token_is_refused(client, name, caplog):
    hostile = TOKENS[name]
    answer = client.get("/v1/mood", headers={"Authorization": f"Bearer {hostile}"})
    detail = is_failure(answer, 401, "NotAuthorised")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "set-cookie" not in answer.headers
    if len(hostile) > 8:
        assert hostile not in detail and hostile not in caplog.text


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("issued in the future", "iat lies in the future: the clock"),
        ("not yet valid", "nbf lies in the future: the clock"),
        ("issued never", "iat is not a number"),
        ("for another audience", "aud names none of DLD_EBS_CLIENT_IDS"),
        ("for an audience that is none", "aud is neither"),
        ("no exp", "has no exp"),
        ("expired", "has expired"),
    ],
)
def test_what_is_at_fault_is_named(client, name, says):
    answer = client.get("/v1/mood", headers=bearer(TOKENS[name]))
    assert says in is_failure(answer, 401, "NotAuthorised")


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Basic abc", valid, f"Token {valid}",
        f"Bearer:{valid}", f"Bearer\t{valid}", "Bearer \x80\xff", "Bearer " + "\xe9" * 50,
    ],
)  # fmt: skip
def test_a_header_without_a_bearer_token_is_refused(client, header):
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    is_failure(client.get("/v1/mood", headers=headers), 401, "NotAuthorised")


@pytest.mark.parametrize("where", ["token", "access_token", "Authorization", "jwt"])
def test_a_token_in_the_address_is_refused_and_not_logged(client, where, caplog):
    for headers in ({}, bearer(valid)):
        answer = client.get("/v1/mood", params={where: valid}, headers=headers)
        assert valid not in is_failure(answer, 400, "BadRequest")
    assert valid not in caplog.text


@pytest.mark.parametrize("second", [valid, token(channel_id="456"), "x"])
def test_two_authorization_headers_are_refused(client, second):
    twice = [("Authorization", f"Bearer {valid}"), ("authorization", f"Bearer {second}")]
    is_failure(client.get("/v1/mood", headers=twice), 400, "BadRequest")


def test_an_rsa_swap_with_the_secret_as_public_key_is_refused(client):
    swapped = jwt.encode(GOOD, KEY, algorithm="HS256", headers={"alg": "HS256", "typ": "RS256"})
    assert client.get("/v1/mood", headers=bearer(swapped)).status_code == 200  # typ says nothing
    is_failure(
        client.get("/v1/mood", headers=bearer(signed({"alg": "PS256"}, GOOD))), 401, "NotAuthorised"
    )


# the same tokens where more is at stake


def test_no_hostile_token_changes_a_channel(client, data):
    for name, hostile in TOKENS.items():
        headers = {"Authorization": f"Bearer {hostile}"}
        action = ("opt-in", "opt-out", "delete")[len(name) % 3]
        answer = client.request("POST", f"/v1/channel/{action}", headers=headers)
        assert answer.status_code == 401, name
    assert not data.inbox.exists()


def test_a_viewers_good_token_of_another_channel_reads_that_one_alone(client):
    other = bearer(token(channel_id="456"))
    is_failure(client.get("/v1/mood", headers=other), 404, "NothingPublished")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/mood/", "/v1//mood", "//v1/mood", "/v1/%6dood/x", "/v1/mood;x=1", "/v1/mood%00",
        "/v1/mood%2f..%2f..%2fetc%2fpasswd", "/V1/MOOD", "/v1/mood.json", "/v1/latest/123.json",
        "/published/latest/123.json", "/123.json", "/%2e%2e/%2e%2e/etc/passwd",
        "/v1/channel/forget", "/.env", "/.git/config",
    ],
)  # fmt: skip
def test_a_trick_with_the_path_finds_nothing(client, path):
    is_failure(client.get(path, headers=bearer(valid)), 404, "NotFound")
