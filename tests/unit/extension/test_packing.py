"""`make extension`: what Twitch would refuse is refused here, and the zip is what was checked."""

import re
import zipfile
from pathlib import Path

import pytest

from tools import extension
from tools.extension_checks import HELPER, RULES, VIEWS, complaints, loaded
from warehouse.errors import BadInput

EBS = "https://ebs.example.org"


@pytest.fixture(scope="module")
def good():
    return extension.files_for(extension.EXTENSION, EBS)


def test_our_own_files_break_no_rule(good):
    assert complaints(good, EBS) == []


def page(old, new):
    """The panel's page with something put in the place of something."""
    return lambda files: {"panel.html": files["panel.html"].replace(old.encode(), new.encode())}


def script(line):
    """The panel's script with one line more, its first."""
    return lambda files: {"panel.js": f"{line}\n".encode() + files["panel.js"]}


def added(name, data=b""):
    return lambda files: {name: data}


BREAKS = [
    (lambda files: {"config.html": None}, "config.html: missing"),
    (added("README.md"), "README.md: a kind of file"),
    (added(".htaccess.js"), ".htaccess.js: hidden"),
    (added("words/x.js", b"\xff"), "words/x.js: not UTF-8 at byte 0"),
    (page(f'<script src="{HELPER}"></script>', ""), "panel.html: the first thing in <head>"),
    (page("<head>", '<head><meta charset="utf-8">'), "panel.html: the first thing in <head>"),
    (page("</body>", "<script>start()</script></body>"), "panel.html: a script inside the page"),
    (page("<body>", '<body onload="start()">'), "panel.html: <body onload=...>"),
    (page("</main>", '<a href="javascript:x()">x</a></main>'), "panel.html: <a href=javascript:"),
    (script('link.href = "javascript:x()";'), "panel.js:1: a javascript: address"),
    (script('node.setAttribute("onclick", text);'), "panel.js:1: a javascript: address or a"),
    (added("a.svg", b"<svg><script>go()</script></svg>"), "a.svg: a script inside the page"),
    (added("a.svg", b'<svg onload="go()"></svg>'), "a.svg: <svg onload=...>"),
    (script('eval("1");'), "panel.js:1: eval: code from text"),
    (script('(0, eval)("1");'), "panel.js:1: eval: code from text,"),
    (script('const made = Function; made("1");'), "panel.js:1: Function: code from text"),
    (script('const f = new Function("x");'), "panel.js:1: new Function: code from text"),
    (script('setTimeout("x()", 1);'), 'panel.js:1: setTimeout(": code from text'),
    (script("node.innerHTML = text;"), "panel.js:1: innerHTML: use textContent"),
    (script('node["innerHTML"] = text;'), "panel.js:1: innerHTML: use"),
    (script('node.insertAdjacentHTML("x", y);'), "panel.js:1: insertAdjacentHTML: use"),
    (script("document.write(x);"), "panel.js:1: document.write: use"),
    (page("</main>", "<iframe></iframe></main>"), "panel.html: <iframe>, which Twitch"),
    (script("if (confirm(question)) go();"), "panel.js:1: confirm(): ask in the page"),
    (script('make("iframe");'), 'panel.js:1: "iframe": frames are not allowed'),
    (script("globalThis.alert(text);"), "panel.js:1: globalThis.alert(): ask in the page"),
    (script("open(address);"), "panel.js:1: open(): ask in the page"),
    (script("window.alert(text);"), "panel.js:1: window.alert(): ask in the page"),
    (page("theme.css", "https://x.org/a.css"), "panel.html: <link href=https://x.org/a.css>: put"),
    (page("</head>", '<script src="//x.org/a.js"></script></head>'), "<script src=//x.org/a.js>"),
    (script("import(address);"), "panel.js:1: import() of an address"),
    (script('fetch("https://x.org/a");'), "panel.js:1: https://x.org/a: not the EBS"),
    (script('fetch("//x.org/b");'), "panel.js:1: //x.org/b: not the EBS"),
    (script('import "//x.org/c.js";'), "panel.js:1: //x.org/c.js: not the EBS"),
    (script(f'fetch("{EBS.replace("https", "http")}/a");'), "/a: not over TLS"),
    (added("theme.css", b"a { background: url(//x.org/a.png) }"), "theme.css:1: //x.org/a.png"),
    (page("<body>", '<body style="background: url(//x.org/b.png)">'), "//x.org/b.png: not the"),
    (
        page("</head>", '<script src="data:text/javascript,go()"></script></head>'),
        "<script src=data",
    ),
    (script('new WebSocket("wss://x.org");'), "panel.js:1: wss://x.org: not the EBS"),
    (script('import "./gone.js";'), "panel.js: ./gone.js: there is no such file"),
    (page('href="theme.css"', 'href="/theme.css"'), "panel.html: /theme.css: on Twitch's CDN"),
    (added("theme.css", b"a { background: url(gone.png) }"), "theme.css: gone.png: there is no"),
    (script(f"const x = [{'1, ' * 200}];"), "panel.js:1: 613 characters in a line"),
    (added("chart.min.js"), "chart.min.js: minified code is refused"),
    (added("big.png", b"x" * 6_000_000), "all files: 6"),
    (
        lambda files: {
            "components.css": b'#a { background: url("big.png") }',
            "big.png": b"x" * 2**20,
        },
        "mobile.html: 1",
    ),
]


@pytest.fixture(scope="module")
def refused(good):
    """For each of BREAKS, by what it is to say: the rules it breaks, with their complaints."""
    found = {}
    for change, said in BREAKS:
        files = {name: data for name, data in (good | change(good)).items() if data is not None}
        found[said] = {rule: lines for rule in RULES if (lines := list(rule(files, EBS)))}
    return found


@pytest.mark.parametrize("said", [said for _, said in BREAKS])
def test_each_rule_is_noticed_when_it_is_broken(refused, said):
    lines = [line for lines in refused[said].values() for line in lines]
    assert any(said in line for line in lines), lines
    assert len(lines) <= 2, lines  # and no other is blamed


def test_every_rule_is_broken_by_one_of_these(refused):
    assert {rule for broken in refused.values() for rule in broken} == set(RULES)


def test_every_view_weighs_less_than_150_kb_whatever_it_comes_to_load(good):
    weights = {view: sum(len(good[name]) for name in loaded(good, view)) for view in VIEWS}
    assert max(weights.values()) < 150_000, weights
    assert min(weights.values()) > 20_000, weights  # all of it was found


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_preloads_what_its_script_imports(view):
    """Or the browser learns of a module only from the one before, and paints that much later."""
    page = (extension.EXTENSION / view).read_text()
    (script,) = re.findall(r'<script type="module" src="([^"]+)">', page)
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert sorted(preloaded) == sorted(imported(script) - {script})


def imported(script):
    """The modules a script imports in its first lines, and theirs; with itself."""
    found, waiting = set(), [Path(script)]
    while waiting:
        module = waiting.pop()
        found.add(module.as_posix())
        text = (extension.EXTENSION / module).read_text()
        names = re.findall(r'^(?:import|\}).* from "\./([^"]+)";$', text, re.MULTILINE)
        waiting += [path for n in names if (path := module.parent / n).as_posix() not in found]
    return found


@pytest.mark.parametrize(
    "value",
    [
        "", "http://ebs.example.org", "ebs.example.org", "https://", "https://a b", "https://x:99999",
        "https://user@x.org", "https://x.org/?a=1", "https://x.org/#a", "javascript:x", "https://x\"",
        "https://x:0",
    ],
)  # fmt: skip
def test_an_address_that_twitch_would_not_let_a_view_fetch_from_is_refused(value):
    with pytest.raises(BadInput, match="DLD_EXTENSION_EBS is"):
        extension.https_address(value)


def test_an_address_is_taken_without_the_slash_at_its_end():
    assert extension.https_address("https://x.org:8443/dld/") == "https://x.org:8443/dld"


@pytest.mark.parametrize("text", ["", "1.0", "1.0.0-rc1", "../1.0.0", "one"])
def test_a_version_has_three_numbers(text):
    with pytest.raises(BadInput, match="three numbers"):
        extension.version_of(text)


def made(tmp_path, monkeypatch, ebs=EBS):
    monkeypatch.setattr(extension, "BUILD", tmp_path)
    monkeypatch.setattr(extension, "ROOT", tmp_path)
    monkeypatch.setenv("DLD_EXTENSION_EBS", ebs)
    return extension.main()


def test_the_zip_has_the_files_and_not_their_folder(tmp_path, monkeypatch, capsys, good):
    assert made(tmp_path, monkeypatch) == 0
    (path,) = tmp_path.glob("*.zip")
    version = (extension.EXTENSION / "VERSION").read_text().strip()
    assert path.name == f"dld-extension-{version}.zip"
    with zipfile.ZipFile(path) as zipped:
        assert zipped.testzip() is None
        assert {name: zipped.read(name) for name in zipped.namelist()} == good
    assert "panel.html" in good and b'EBS = "https://ebs.example.org"' in good["settings.js"]
    assert capsys.readouterr().out.startswith(path.name)


def test_the_same_files_make_the_same_bytes(tmp_path, good):
    sizes = [extension.write_zip(tmp_path / name, good) for name in ("a.zip", "b.zip")]
    assert sizes[0] == sizes[1] < 1024 * 1024
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_missing_address_is_one_line_and_wrong_usage(tmp_path, monkeypatch, capsys):
    assert made(tmp_path, monkeypatch, ebs="") == 2
    said = capsys.readouterr().err
    assert said.startswith("extension: DLD_EXTENSION_EBS is not set") and said.count("\n") == 1
    assert list(tmp_path.glob("*.zip")) == []


def test_a_broken_rule_makes_no_zip(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "extension"
    folder.mkdir()
    (folder / "VERSION").write_text("1.0.0")
    (folder / "panel.html").write_text("<head></head>")
    monkeypatch.setattr(extension, "EXTENSION", folder)
    assert made(tmp_path, monkeypatch) == 1
    assert "panel.html: the first thing in <head>" in capsys.readouterr().err
    assert list(tmp_path.glob("*.zip")) == []
