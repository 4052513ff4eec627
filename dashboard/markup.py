"""HTML for st.html, made in one place: every text and attribute is escaped here, always."""

import html
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that is safe to draw; only `element` makes it."""

    text: str

    def __str__(self) -> str:
        return self.text


def element(name: str, attributes: Mapping[str, str], *inside: "str | Markup") -> Markup:
    """<name attribute=value>inside</name>; plain strings inside are text, not HTML.

    Addresses (href) must be ours or checked by the caller: a javascript: one would be drawn.
    """
    written = "".join(
        f' {key}="{html.escape(value)}"' for key, value in attributes.items() if value
    )
    body = "".join(x.text if isinstance(x, Markup) else html.escape(x) for x in inside)
    return Markup(f"<{name}{written}>" if name in _VOID else f"<{name}{written}>{body}</{name}>")


_VOID = frozenset(("meta", "br", "img"))


def tag(name: str, *inside: "str | Markup", cls: str = "", title: str = "") -> Markup:
    """<name class=cls title=title>inside</name>."""
    return element(name, {"class": cls, "title": title}, *inside)


def row(*inside: "str | Markup", cls: str = "") -> Markup:
    """A div."""
    return tag("div", *inside, cls=cls)


def span(*inside: "str | Markup", cls: str = "", title: str = "") -> Markup:
    """A span."""
    return tag("span", *inside, cls=cls, title=title)


def link(address: str, name: str, title: str = "") -> Markup:
    """To a page of ours, in the same tab."""
    return element("a", {"href": address, "target": "_self", "title": title}, name)


def away(address: str, name: str, title: str = "", cls: str = "") -> Markup:
    """To a page of somebody else's, in a tab of its own."""
    more = {"target": "_blank", "rel": "noopener noreferrer", "class": cls, "title": title}
    return element("a", {"href": address, **more}, name)
