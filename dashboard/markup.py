"""HTML for st.html, made in one place: every text and attribute is escaped here, always."""

import html
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that is safe to draw; only `tag` makes it."""

    text: str

    def __str__(self) -> str:
        return self.text


def tag(name: str, *inside: "str | Markup", cls: str = "", title: str = "") -> Markup:
    """<name class=cls title=title>inside</name>; plain strings inside are text, not HTML."""
    attributes = "".join(
        f' {key}="{html.escape(value)}"'
        for key, value in (("class", cls), ("title", title))
        if value
    )
    body = "".join(x.text if isinstance(x, Markup) else html.escape(x) for x in inside)
    return Markup(f"<{name}{attributes}>{body}</{name}>")


def row(*inside: "str | Markup", cls: str = "") -> Markup:
    """A div."""
    return tag("div", *inside, cls=cls)


def span(*inside: "str | Markup", cls: str = "", title: str = "") -> Markup:
    """A span."""
    return tag("span", *inside, cls=cls, title=title)
