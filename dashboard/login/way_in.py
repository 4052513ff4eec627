"""Pages for those who are not let in: plain HTML, for which no session is kept."""

from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse

from dashboard import wording
from dashboard.config import DashboardSettings
from dashboard.login.oidc import TWITCH, host
from dashboard.markup import Markup, element, row, tag

HERE = Path(__file__).parent
_PAGE = Template((HERE / "way_in.html").read_text("utf-8"))
_LOGO = (HERE.parent / "logo.svg").read_text("utf-8")
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",  # the way back after the login
    "x-content-type-options": "nosniff",
}


def provider(settings: DashboardSettings) -> str:
    """The login's, as people know it."""
    return "Twitch" if host(settings) == TWITCH else host(settings)


def asks(settings: DashboardSettings, login: str, trouble: str, status: int) -> HTMLResponse:
    """The way to the login. login: its address."""
    where = provider(settings)
    note = tag("p", trouble, cls="trouble") if trouble else ""
    return _page(
        "Log in to see the dashboard",
        f"It asks {where} who you are, and for nothing else.",
        _button(f"Log in with {where}", login), note, status=status,
    )  # fmt: skip


def stranger(name: str, logout: str) -> HTMLResponse:
    """For somebody whose login is good and opens nothing."""
    return _page(
        "There is nothing for you here",
        f"You are logged in as {wording.plain(name, 40)}, and no channel that is read here is "
        "yours. Whoever runs this dashboard can add it, or put you on the list of analysts.",
        _button("Log out", logout),
    )


def says(reason: str) -> HTMLResponse:
    """Why nobody can be let in just now."""
    return _page("The dashboard cannot be shown", wording.plain(reason, 400), status=503)


def _button(text: str, address: str) -> Markup:
    button = element("button", {"type": "submit"}, text)
    return element("form", {"action": address, "method": "get"}, button)


def _page(title: str, text: str, *below: Markup | str, status: int = 200) -> HTMLResponse:
    main = row(tag("h1", title), tag("p", text), *below)
    html = _PAGE.substitute(logo=_LOGO, main=main)
    return HTMLResponse(html, status, _HEADERS)
