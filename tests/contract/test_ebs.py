"""What the EBS answers, from outside: statuses, headers, the one shape of errors."""

import logging

import pytest

from ebs.logs import Lines
from tests.helpers.ebs import bearer, client, data, is_failure, publish, serve, token
from warehouse.config import DataFolder
from warehouse.version import VERSION

__all__ = ["client", "data"]  # fixtures


def test_the_mood_of_the_tokens_channel_is_its_published_body(client, data):
    answer = client.get("/v1/mood", headers=bearer())
    assert answer.status_code == 200
    assert answer.content == (data.latest / "123.json").read_bytes()
    assert answer.headers["content-type"] == "application/json"


def test_old_data_is_served_as_stale_and_never_kept(client, data):
    publish(data, age_s=120)
    answer = client.get("/v1/mood", headers=bearer())
    assert answer.json()["status"] == "stale"
    assert answer.headers["cache-control"] == "private, max-age=0"


def test_a_known_etag_is_304_without_a_body(client):
    first = client.get("/v1/mood", headers=bearer())
    again = client.get("/v1/mood", headers=bearer() | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers


def test_a_new_window_is_200_again(client, data):
    etag = client.get("/v1/mood", headers=bearer()).headers["etag"]
    publish(data, age_s=0, login="other")
    answer = client.get("/v1/mood", headers=bearer() | {"If-None-Match": etag})
    assert (answer.status_code, answer.json()["login"]) == (200, "other")


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip ; q=1", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("*, gzip; q=0.0", False),
        ("*;q=0", False), ("x-gzip", False),
    ],
)  # fmt: skip
def test_gzip_is_sent_only_where_it_is_accepted(client, accepted, packed):
    answer = client.get("/v1/mood", headers=bearer() | {"Accept-Encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") is packed


def test_gzip_is_sent_to_those_who_take_it(client):
    packed = client.get("/v1/mood", headers=bearer() | {"Accept-Encoding": "gzip"})
    plain = client.get("/v1/mood", headers=bearer() | {"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3


def test_answers_vary_by_token_so_that_no_cache_mixes_channels(client):
    answer = client.get("/v1/mood", headers=bearer())
    assert "Authorization" in answer.headers["vary"]
    assert answer.headers["cache-control"].startswith("private, max-age=")


def test_an_unknown_channel_is_404(client):
    answer = client.get("/v1/mood", headers=bearer(token(channel_id="999")))
    assert "999" in is_failure(answer, 404, "NothingPublished")


def test_a_damaged_file_is_500_and_tells_no_path(client, data, caplog):
    (data.latest / "123.json").write_text("{")
    detail = is_failure(client.get("/v1/mood", headers=bearer()), 500, "PublishedDamaged")
    assert str(data.root) not in detail
    assert "PublishedDamaged" in caplog.text


def test_an_unforeseen_error_is_500_in_the_one_shape_with_its_headers(client, monkeypatch, caplog):
    def broken(self, channel_id):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("ebs.bodies.Latest.of", broken)
    answer = client.get("/v1/mood", headers=bearer() | {"Origin": "https://abc123.ext-twitch.tv"})
    assert "inside" not in is_failure(answer, 500, "InternalError")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "https://abc123.ext-twitch.tv"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/mood/x", "/v1/../etc", "/docs", "/preview/"])
def test_an_unknown_address_is_404(client, path):
    is_failure(client.get(path, headers=bearer()), 404, "NotFound")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_another_method_is_405_and_names_those_allowed(client, method):
    answer = client.request(method, "/v1/mood", headers=bearer())
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    is_failure(answer, 405, "MethodNotAllowed")
    answer = client.request("GET", "/v1/channel/delete", headers=bearer())
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("path", ["/v1/mood", "/healthz", "/readyz", "/metrics"])
def test_head_is_get_without_the_body(client, path):
    got, head = (client.request(m, path, headers=bearer()) for m in ("GET", "HEAD"))
    assert head.status_code == got.status_code == 200
    assert head.headers.get("etag") == got.headers.get("etag")


def test_options_says_what_is_allowed_and_needs_no_token(client):
    answer = client.request("OPTIONS", "/v1/mood")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    is_failure(client.request("OPTIONS", "/nowhere"), 404, "NotFound")


def test_a_large_body_is_413_wherever_it_is_sent(client):
    for method, path in (("GET", "/v1/mood"), ("POST", "/v1/channel/delete"), ("PUT", "/x")):
        answer = client.request(method, path, headers=bearer(), content=b"x" * 1025)
        assert "1024 bytes" in is_failure(answer, 413, "TooLarge")


def test_a_query_is_400_and_not_repeated(client):
    answer = client.get("/v1/mood?token=abcdef", headers=bearer())
    assert "abcdef" not in is_failure(answer, 400, "BadRequest")


@pytest.mark.parametrize("path", ["/v1/mood", "/healthz", "/metrics", "/nowhere"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in headers


def test_a_request_has_an_id_its_own_if_it_is_sane(client):
    made = [client.get("/healthz").headers["x-request-id"] for _ in range(2)]
    assert made[0] != made[1] and all(len(one) == 16 for one in made)
    given = client.get("/healthz", headers={"X-Request-Id": "proxy-1.2_3"})
    assert given.headers["x-request-id"] == "proxy-1.2_3"
    for bad in ("a b", "x" * 65, "a\tb", '"', "é"):
        answer = client.get("/healthz", headers={"X-Request-Id": bad.encode("latin-1")})
        assert len(answer.headers["x-request-id"]) == 16


def test_what_is_logged_of_a_request_has_its_id(client, data):
    (data.latest / "123.json").write_text("{")
    said, handler = [], logging.StreamHandler()
    handler.setFormatter(Lines())
    handler.emit = lambda record: said.append(handler.format(record))
    logging.getLogger("ebs").addHandler(handler)
    try:
        client.get("/v1/mood", headers=bearer() | {"X-Request-Id": "req-7"})
    finally:
        logging.getLogger("ebs").removeHandler(handler)
    assert said[0].startswith("ERROR ebs.errors request failed error=PublishedDamaged")
    assert said[0].endswith(" request=req-7")


# CORS


def test_the_extensions_own_origin_may_read(client):
    answer = client.get("/v1/mood", headers=bearer() | {"Origin": "https://abc123.ext-twitch.tv"})
    assert answer.headers["access-control-allow-origin"] == "https://abc123.ext-twitch.tv"
    assert (
        answer.headers["access-control-expose-headers"] == "Date, ETag, Retry-After, X-Request-Id"
    )


@pytest.mark.parametrize(
    "origin",
    ["https://other.ext-twitch.tv", "http://abc123.ext-twitch.tv", "null", "https://evil.example"],
)
def test_no_other_origin_may_read(client, origin):
    answer = client.get("/v1/mood", headers=bearer() | {"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


def test_the_preflight_of_the_panel_passes(client):
    asked = {
        "Origin": "https://abc123.ext-twitch.tv",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = client.request("OPTIONS", "/v1/mood", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "https://evil.example"},
        {"Access-Control-Request-Method": "DELETE"},
        {"Access-Control-Request-Headers": "x-secret"},
    ],
)
def test_any_other_preflight_is_refused_in_the_one_shape(client, changed):
    asked = {"Origin": "https://abc123.ext-twitch.tv", "Access-Control-Request-Method": "GET"}
    answer = client.request("OPTIONS", "/v1/mood", headers=asked | changed)
    is_failure(answer, 403, "Forbidden")
    assert answer.headers.get("access-control-allow-origin") != "https://evil.example"


def test_without_a_client_id_no_page_may_read(data):
    answer = serve(data, client_ids="").get(
        "/v1/mood", headers=bearer() | {"Origin": "https://abc123.ext-twitch.tv"}
    )
    assert "access-control-allow-origin" not in answer.headers


# names

ROUTES = [
    "/v1/mood", "/v1/channel", "/metrics", "/openapi.json", "/preview/", "/preview/channels",
    "/preview/token?channel_id=123&role=broadcaster", "/preview/panel.html", "/nowhere",
]  # fmt: skip


@pytest.mark.parametrize("path", ROUTES)
def test_whoever_asks_by_another_name_or_from_another_site_learns_nothing(data, path):
    client = serve(data, development=True)
    for foreign, status, name in (
        ({"Host": "evil.example"}, 421, "MisdirectedRequest"),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 421, "MisdirectedRequest"),
        ({"Origin": "http://evil.example"}, 403, "Forbidden"),
        ({"Origin": "null"}, 403, "Forbidden"),
    ):
        for method in ("GET", "POST", "OPTIONS"):
            answer = client.request(method, path, headers=bearer() | foreign)
            is_failure(answer, status, name)
            assert "access-control-allow-origin" not in answer.headers
    own = client.get(path, headers=bearer() | {"Origin": "http://localhost"})
    assert own.status_code not in (421, 403) or path == "/v1/channel"


def test_a_wish_by_another_name_reaches_no_inbox(data):
    client = serve(data, development=True)
    mine = bearer(token(role="broadcaster")) | {"Host": "evil.example:8081"}
    answer = client.request("POST", "/v1/channel/opt-in", headers=mine, json={"login": "mine"})
    is_failure(answer, 421, "MisdirectedRequest")
    assert not data.inbox.exists()


def test_health_answers_any_name_as_load_balancers_ask(client):
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"Host": "10.0.3.7:8081"}).status_code == 200


def test_names_are_set_and_so_is_an_address_that_is_listened_on(data, monkeypatch):
    monkeypatch.setenv("DLD_PUBLIC_NAMES", "ebs.example.org, other.example.org")
    client = serve(data, host="192.0.2.7")
    for host, status in (
        ("EBS.example.org", 200), ("other.example.org:8443", 200), ("192.0.2.7:8081", 200),
        ("192.0.2.8:8081", 421), ("example.org", 421),
    ):  # fmt: skip
        answer = client.get("/v1/mood", headers=bearer() | {"Host": host})
        assert answer.status_code == status


# operations


def test_health_is_200_whatever_is_published(tmp_path):
    assert serve(DataFolder(tmp_path)).get("/healthz").json() == {
        "status": "ok",
        "version": VERSION,
    }


def test_ready_is_503_until_the_published_folder_can_be_read(tmp_path):
    folder = DataFolder(tmp_path)
    client = serve(folder)
    is_failure(client.get("/readyz"), 503, "NothingPublished")
    folder.latest.mkdir(parents=True)
    assert client.get("/readyz").json() == {"status": "ready"}


def test_metrics_count_by_route_and_status_and_name_nobody(client, data):
    publish(data, "98765432109876543210")
    client.get("/v1/mood", headers=bearer(token(channel_id="98765432109876543210")))
    client.get("/v1/mood")
    client.get("/a/strangers/address")
    text = client.get("/metrics").text
    assert 'dld_ebs_requests_total{route="/v1/mood",status="200"} 1.0' in text
    assert 'dld_ebs_requests_total{route="/v1/mood",status="401"} 1.0' in text
    assert 'dld_ebs_requests_total{route="other",status="404"} 1.0' in text
    assert 'dld_ebs_request_seconds_count{route="/v1/mood"} 2.0' in text
    assert 'dld_ebs_tokens_total{from="signature"} 1.0' in text
    assert "dld_ebs_cached_tokens 1.0" in text
    assert "dld_ebs_newest_body_age_seconds" in text
    assert "strangers" not in text and "98765432109876543210" not in text


def test_the_schema_documents_every_address_status_and_the_token(client):
    schema = client.get("/openapi.json").json()
    assert schema["info"]["version"] == VERSION
    wishes = [f"/v1/channel/{name}" for name in ("delete", "opt-in", "opt-out")]
    assert sorted(schema["paths"]) == ["/v1/channel", *wishes, "/v1/mood"]
    mood = schema["paths"]["/v1/mood"]["get"]
    assert " ".join(sorted(mood["responses"])) == "200 304 400 401 403 404 405 413 421 429 431 500"
    asked = schema["paths"]["/v1/channel/opt-in"]["post"]
    assert " ".join(sorted(asked["responses"])) == (
        "202 400 401 403 405 408 413 421 422 429 431 500 503"
    )
    assert mood["security"] == asked["security"] == [{"twitch": []}]
    assert schema["components"]["securitySchemes"]["twitch"]["scheme"] == "bearer"


# limits


def test_a_token_that_asks_too_often_is_429_and_told_when(data):
    client = serve(data, token_per_minute=3)
    mine, other = bearer(), bearer(token(opaque_user_id="U2"))
    assert [client.get("/v1/mood", headers=mine).status_code for _ in range(3)] == [200] * 3
    refused = client.get("/v1/mood", headers=mine | {"Origin": "https://abc123.ext-twitch.tv"})
    is_failure(refused, 429, "TooMany")
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["access-control-allow-origin"] == "https://abc123.ext-twitch.tv"
    assert client.get("/v1/mood", headers=other).status_code == 200


def test_a_token_that_is_padded_shares_the_limit_of_the_token(data):
    client = serve(data, token_per_minute=3)
    one = token()
    asked = [bearer(one + "=" * n) for n in range(4)]
    codes = [client.get("/v1/mood", headers=headers).status_code for headers in asked]
    assert codes == [200, 200, 200, 429]


def test_an_address_that_asks_too_often_is_429_whatever_it_asks_but_for_health(data):
    client = serve(data, address_per_minute=2)
    assert [client.get("/nowhere").status_code for _ in range(3)] == [404, 404, 429]
    answer = client.get("/v1/mood", headers=bearer())
    is_failure(answer, 429, "TooMany")
    assert (answer.headers["retry-after"], answer.headers["connection"]) == ("30", "close")
    assert client.get("/healthz").status_code == 200


# the preview


def test_the_preview_is_not_there_outside_development(client):
    for path in ("/preview", "/preview/", "/preview/token?channel_id=1", "/preview/panel.html"):
        is_failure(client.get(path), 404, "NotFound")


@pytest.fixture
def preview(data):
    return serve(data, development=True, secret=None)


@pytest.mark.parametrize("name", ["x", "x" * 5000, "..%2Fpanel", "panel%00"])
def test_the_preview_has_no_other_views(preview, name):
    is_failure(preview.get(f"/preview/{name}.html"), 404, "NotFound")


def test_the_previews_token_opens_the_mood(preview):
    given = preview.get("/preview/token?channel_id=123").json()
    assert preview.get("/v1/mood", headers=bearer(given["token"])).status_code == 200


def test_the_previews_token_is_worthless_where_only_real_secrets_are(client, preview):
    given = preview.get("/preview/token?channel_id=123").json()["token"]
    is_failure(client.get("/v1/mood", headers=bearer(given)), 401, "NotAuthorised")


@pytest.mark.parametrize("wrong", ["", "x", "1/../2", "1%0A", "1" * 21, "٣"])
def test_a_token_for_no_channel_id_is_422_and_repeats_nothing(preview, wrong):
    answer = preview.get(f"/preview/token?channel_id={wrong}")
    detail = is_failure(answer, 422, "BadInput")
    assert "channel_id" in detail and "/../" not in detail


def test_the_previews_panel_needs_no_network_and_no_inline_script(preview):
    page = preview.get("/preview/panel.html")
    assert "https://" not in page.text
    assert "page/twitch-ext.js" in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe-eval" not in policy
    assert preview.get("/preview/settings.js").text.endswith('export const EBS = "";\n')


@pytest.mark.parametrize(
    "path",
    ["panel.css", "panel.js", "chart.js", "page/index.js", "page/index.css", "page/twitch-ext.js"],
)
def test_the_previews_files_are_served_fresh(preview, path):
    answer = preview.get(f"/preview/{path}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path", ["%2e%2e/README.md", "..%2fpyproject.toml", "%2e%2e%2fpanel.html", "no.html", "no.js"]
)
def test_the_preview_serves_nothing_but_its_folder(preview, path):
    is_failure(preview.get(f"/preview/{path}"), 404, "NotFound")


def test_the_preview_lists_the_published_channels(preview):
    (row,) = preview.get("/preview/channels").json()["channels"]
    assert row.pop("obs").startswith("/obs/123-")
    assert row == {"channel_id": "123", "login": "demo", "source": "simulated", "status": "live"}
