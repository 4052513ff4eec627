"""Twitch's rules for an extension's files: each rule is a function from files to complaints.

Source: Twitch's guidelines for extensions and the policy its CDN sends (script-src self and the
helper, no inline script, no eval, no frames, no dialogs, readable code, nothing from elsewhere).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from urllib.parse import urlsplit

Files = Mapping[str, bytes]
Rule = Callable[[Files, str], Iterator[str]]

HELPER = "https://extension-files.twitch.tv/helper/v1/twitch-ext.min.js"
VIEWS = (
    "panel.html",
    "video_component.html",
    "video_overlay.html",
    "mobile.html",
    "config.html",
    "live_config.html",
)
KINDS = frozenset({"html", "css", "js", "svg", "png"})
LARGEST_MOBILE = 1024 * 1024  # bytes at first load
LARGEST_ZIP = 5 * 1024 * 1024  # bytes unpacked: ours, Twitch takes more
LONGEST_LINE = 400  # characters: longer ones are nobody's writing
IN_HTML = (
    r"\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write(?:ln)?\b"
    r"|\bcreateContextualFragment\b|\bDOMParser\b|\bsetHTML(?:Unsafe)?\b|\bsrcdoc\b"
)
# the bare names too: called by another name they do the same
EVALUATES = r"\beval\b|\b(?:new\s+)?Function\b|\bset(?:Timeout|Interval)\s*\(\s*[\"'`]"
INLINE = r"[\"'`]\s*javascript:|\bsetAttribute\s*\(\s*[\"'`]on"
FRAMES = r"[\"'`](?:iframe|frame|embed)[\"'`]"
DIALOGS = (
    r"(?<![.\w])(?:(?:window|self|globalThis|top|parent)\s*\.\s*)?"
    r"(?:alert|confirm|prompt|open)\s*(?:\?\.\s*)?\(|\bshowModal\s*\("
)
IMPORTS = r"(?:\bfrom|\bimport)\s*\(?\s*[\"']([^\"']+)[\"']"
CSS_URLS = r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)|@import\s+[\"']([^\"']+)[\"']"
URLS = r"(?:\b(?:https?|wss?):|(?<![:/]))//(?=\w[\w-]*[.:])[^\s\"'`<>)\\]+"
SAFE = ("https", "wss", "")  # "": the page's own scheme
NAMES_ONLY = frozenset({"http://www.w3.org/2000/svg"})  # namespaces: nothing is fetched


class _Page(HTMLParser):
    """Every tag of a page with its attributes, in order, and the text inside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline = ""
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.inline += data.strip()


def _texts(files: Files, *kinds: str) -> Iterator[tuple[str, str]]:
    for name, data in sorted(files.items()):
        if name.rpartition(".")[2] in kinds:
            yield name, data.decode("utf-8", "replace")


def _pages(files: Files, *kinds: str) -> Iterator[tuple[str, _Page]]:
    for name, text in _texts(files, *(kinds or ("html",))):
        yield name, _Page(text)


def _lines(files: Files, pattern: str, *kinds: str) -> Iterator[tuple[str, int, str]]:
    """Matches of `pattern`: file, line, text. Comments count: they are not needed."""
    for name, text in _texts(files, *kinds):
        for number, line in enumerate(text.splitlines(), 1):
            for match in re.finditer(pattern, line):
                yield name, number, match[0]


def every_view_is_there(files: Files, ebs: str) -> Iterator[str]:
    for view in VIEWS:
        if view not in files:
            yield f"{view}: missing"


def only_what_a_page_needs(files: Files, ebs: str) -> Iterator[str]:
    for name in sorted(files):
        if name.startswith((".", "/")) or ".." in name or "/." in name:
            yield f"{name}: hidden, or outside the folder"
        elif name.rpartition(".")[2] not in KINDS:
            yield f"{name}: a kind of file that no view uses ({', '.join(sorted(KINDS))})"


def every_text_is_utf8(files: Files, ebs: str) -> Iterator[str]:
    for name, data in sorted(files.items()):
        try:
            if not name.endswith(".png"):
                data.decode("utf-8")
        except UnicodeDecodeError as exc:
            yield f"{name}: not UTF-8 at byte {exc.start}"


def the_helper_comes_first(files: Files, ebs: str) -> Iterator[str]:
    for name, page in _pages(files):
        names = [tag for tag, _ in page.tags]
        first = page.tags[names.index("head") + 1 :][:1] if "head" in names else []
        if first != [("script", {"src": HELPER})]:
            yield f"{name}: the first thing in <head> is not Twitch's helper ({HELPER})"


def no_script_is_inline(files: Files, ebs: str) -> Iterator[str]:
    for name, page in _pages(files, "html", "svg"):
        if page.inline:
            yield f"{name}: a script inside the page: put it into a file"
        for tag, attributes in page.tags:
            for attribute, value in attributes.items():
                if attribute.startswith("on"):
                    yield f"{name}: <{tag} {attribute}=...>: listen in a script instead"
                if value.strip().lower().startswith("javascript:"):
                    yield f"{name}: <{tag} {attribute}=javascript:...>"
    for name, number, _ in _lines(files, INLINE, "js"):
        yield f"{name}:{number}: a javascript: address or a handler in an attribute"


def nothing_is_evaluated(files: Files, ebs: str) -> Iterator[str]:
    for name, number, text in _lines(files, EVALUATES, "js"):
        yield f"{name}:{number}: {text.strip()}: code from text, which Twitch's policy refuses"


def no_text_becomes_html(files: Files, ebs: str) -> Iterator[str]:
    for name, number, text in _lines(files, IN_HTML, "js"):
        yield f"{name}:{number}: {text}: use textContent"


def no_frames_and_no_dialogs(files: Files, ebs: str) -> Iterator[str]:
    for name, page in _pages(files):
        for tag in sorted(
            {"iframe", "frame", "object", "embed", "base"} & {t for t, _ in page.tags}
        ):
            yield f"{name}: <{tag}>, which Twitch does not allow"
    for name, number, text in _lines(files, FRAMES, "js"):
        yield f"{name}:{number}: {text}: frames are not allowed"
    for name, number, text in _lines(files, DIALOGS, "js"):
        yield f"{name}:{number}: {text}): ask in the page instead"


def nothing_comes_from_elsewhere(files: Files, ebs: str) -> Iterator[str]:
    """No remote code, style, font or picture; the helper alone."""
    for name, page in _pages(files):
        for tag, attributes in page.tags:
            for attribute in ("src", "href", "srcset", "action", "poster"):
                address = attributes.get(attribute, "")
                is_code = tag == "script" and address.startswith("data:")
                if is_code or (_remote(address) and (tag, address) != ("script", HELPER)):
                    yield f"{name}: <{tag} {attribute}={address}>: put it into the zip"
    for name, number, _ in _lines(files, r"import\s*\(\s*[^\"'\s]", "js"):
        yield f"{name}:{number}: import() of an address that is not written there"


def every_host_is_declared(files: Files, ebs: str) -> Iterator[str]:
    """`ebs` is the only address on the allow-list; the helper needs none."""
    allowed = {urlsplit(ebs).netloc} if ebs else set()
    for name, number, text in _lines(files, URLS, "html", "js", "css", "svg"):
        if text in NAMES_ONLY or (text == HELPER and name.endswith(".html")):
            continue
        parts = urlsplit(text)
        if parts.netloc not in allowed:
            yield f"{name}:{number}: {text}: not the EBS, so not on Twitch's allow-list"
        elif parts.scheme not in SAFE:
            yield f"{name}:{number}: {text}: not over TLS"


def every_asset_is_inside(files: Files, ebs: str) -> Iterator[str]:
    for name, address in _references(files):
        if _remote(address) or address.startswith(("#", "data:")):
            continue
        if address.startswith("/"):
            yield f"{name}: {address}: on Twitch's CDN an extension is not at /; make it relative"
            continue
        path = normpath(join(dirname(name), address.partition("?")[0].partition("#")[0]))
        if path not in files:
            yield f"{name}: {address}: there is no such file in the zip"


def code_is_readable(files: Files, ebs: str) -> Iterator[str]:
    for name, text in _texts(files, "html", "js", "css"):
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > LONGEST_LINE:
                yield f"{name}:{number}: {len(line)} characters in a line: minified code is refused"
    for name in sorted(files):
        if ".min." in name:
            yield f"{name}: minified code is refused"


def sizes_are_small(files: Files, ebs: str) -> Iterator[str]:
    total = sum(map(len, files.values()))
    if total > LARGEST_ZIP:
        yield f"all files: {total} bytes, more than {LARGEST_ZIP}"
    mobile = sum(len(files.get(name, b"")) for name in loaded(files, "mobile.html"))
    if mobile > LARGEST_MOBILE:
        yield f"mobile.html: {mobile} bytes at first load, more than {LARGEST_MOBILE}"


RULES: tuple[Rule, ...] = (
    every_view_is_there,
    only_what_a_page_needs,
    every_text_is_utf8,
    the_helper_comes_first,
    no_script_is_inline,
    nothing_is_evaluated,
    no_text_becomes_html,
    no_frames_and_no_dialogs,
    nothing_comes_from_elsewhere,
    every_host_is_declared,
    every_asset_is_inside,
    code_is_readable,
    sizes_are_small,
)


def complaints(files: Files, ebs: str) -> list[str]:
    """Refusals that Twitch would give, a line each. files: path in the zip -> bytes; ebs: https://host."""
    return [line for rule in RULES for line in rule(files, ebs)]


def loaded(files: Files, page: str) -> set[str]:
    """Every file that `page` may come to load, itself included: at most what a view weighs."""
    reached: set[str] = set()
    ahead = [page]
    references: dict[str, list[str]] = {}
    for name, address in _references(files):
        references.setdefault(name, []).append(normpath(join(dirname(name), address)))
    while ahead:
        name = ahead.pop()
        if name in files and name not in reached:
            reached.add(name)
            ahead.extend(references.get(name, []))
    return reached


def _references(files: Files) -> Iterator[tuple[str, str]]:
    for name, page in _pages(files):
        for _, attributes in page.tags:
            for attribute in ("src", "href", "poster"):
                if attribute in attributes:
                    yield name, attributes[attribute]
    for name, text in _texts(files, "js"):
        yield from ((name, match[1]) for match in re.finditer(IMPORTS, text))
    for name, text in _texts(files, "css"):
        yield from ((name, match[1] or match[2]) for match in re.finditer(CSS_URLS, text))


def _remote(address: str) -> bool:
    return address.startswith("//") or bool(re.match(r"(?!data:)[a-zA-Z][a-zA-Z+.-]*:", address))
