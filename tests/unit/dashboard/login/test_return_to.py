"""After a login readers come back to what they asked for, and are never sent elsewhere."""

import anyio
import pytest

from dashboard.login.return_to import BackToWhatWasAsked, place

HERE = "dld.example.org"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (f"https://{HERE}/review?stream=a%3A1", "/review?stream=a%3A1"),
        (f"https://{HERE}/", "/"),
        (f"https://{HERE}/dld/explore", "/dld/explore"),
        (f"https://{HERE}/review#part", "/review"),
        ("https://evil.example.org/review", ""),
        (f"https://{HERE}.evil.example.org/review", ""),
        (f"https://{HERE}//evil.example.org", ""),
        (f"https://{HERE}/\\evil.example.org", ""),
        (f"https://{HERE}/a\tb", "/ab"),  # as a browser reads it
        (f"https://{HERE}/ü", ""),
        (f"https://{HERE}/auth/login?provider=x", ""),
        (f"https://{HERE}/" + "x" * 3000, ""),
        ("", ""),
    ],
)
def test_only_an_address_of_this_host_is_kept(address, found):
    assert place(address, HERE) == found


def answered(path, headers, location):
    """Headers of the answer to a question at the path, where Streamlit sends on to location."""
    sent = []

    async def streamlit(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 302,
                "headers": [(b"location", location.encode())],
            }
        )

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "scheme": "https",
        "path": path,
        "headers": [(k.encode(), v.encode()) for k, v in {"host": HERE, **headers}.items()],
    }
    anyio.run(BackToWhatWasAsked(streamlit), scope, None, send)
    return {k.decode(): v.decode() for k, v in sent[0]["headers"]}


def test_the_way_to_the_provider_keeps_where_it_began_for_this_site_alone():
    told = {"referer": f"https://{HERE}/review?stream=a;b"}
    found = answered("/auth/login", told, "https://id.example.org/authorize")
    assert found["location"] == "https://id.example.org/authorize"
    assert found["set-cookie"] == (
        "dld_asked=%2Freview%3Fstream%3Da%3Bb; Max-Age=900; Path=/; HttpOnly; SameSite=Lax; Secure"
    )


@pytest.mark.parametrize(
    ("cookie", "location", "found"),
    [
        ("dld_asked=%2Freview%3Fa%3D1", "/", "/review?a=1"),
        ("other=1; dld_asked=%2Freview", "/", "/review"),
        ("dld_asked=%2F%2Fevil.example.org", "/", "/"),
        ("dld_asked=https%3A%2F%2Fevil.example.org", "/", "/"),
        ("dld_asked=%2Fa%0D%0AX-Evil%3A%201", "/", "/"),
        ("dld_asked=%2Freview", "https://elsewhere.example.org/", "https://elsewhere.example.org/"),
        ("other=1", "/", "/"),
    ],
)
def test_the_way_back_leads_there_and_nowhere_else(cookie, location, found):
    assert answered("/oauth2callback", {"cookie": cookie}, location)["location"] == found


def test_other_answers_are_left_alone():
    told = {"cookie": "dld_asked=%2Freview", "referer": f"https://{HERE}/review"}
    assert answered("/", told, "/") == {"location": "/"}
