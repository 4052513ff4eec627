"""Lines of programs that have no format here: told by the places of time, name and text."""

from pathlib import Path

import pytest

from pipeline.imports.formats.base import WHISPER, Log, Said
from pipeline.imports.formats.dates import worded
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.unknown import NoLog
from tests.helpers.logs import EPOCH, LINES, OFFSETS, written
from tests.unit.pipeline.imports.test_variants import lines, read

_SPELT = "Sat Jan 31 2026 {at} GMT+0000 (Coordinated Universal Time)"
_MOMENTS = {
    "JavaScript's": _SPELT + " {user}: {text}",
    "JavaScript's in brackets": f"[{_SPELT}] <{{user}}> {{text}}",
    "with a zone in French": "Sat Jan 31 2026 {at} GMT+0000 (Paris, Madrid (été)) {user}: {text}",
    "in German": "[Samstag, 31. Januar 2026] [{at} UTC] <{user}>\t{text}",
    "in French": "samedi 31 janvier 2026 à {at} - {user}: {text}",
    "American": "[1/31/2026, {half} PM] {user}: {text}",
    "of halves, behind the name": "{user} (1/31/2026 {half} PM): {text}",
    "between commas": "{user}, 1/31/2026 {half} PM, {text}",
    "PhantomBot's": "[01-31-2026 @ {at}.000 GMT] {user}: {text}",
    "a bot's in winter": "[31.01.2026, {at} UTC] {user}: {text}",
    "Go's": "2026-01-31 {at}.000000 +0000 UTC {user}: {text}",
    "ISO": "2026-01-31T{at}.000Z {user}: {text}",
    "of a logger": "2026-01-31 {at},000 INFO #demo <{user}> {text}",
    "the channel first": "[#demo] [2026-01-31 {at}] {user}: {text}",
    "in columns": "Sat, 31 Jan 2026 {at} GMT | {user} | {text}",
}


@pytest.mark.parametrize("form", _MOMENTS.values(), ids=_MOMENTS)
def test_a_moment_is_read_however_it_is_written(tmp_path: Path, form: str) -> None:
    said, log = read(written(tmp_path / "a.txt", lines(form)))
    assert [(s.user, s.text) for s in said] == [(user, text) for user, text, _ in LINES]
    assert [s.at for s in said] == [EPOCH + o for o in OFFSETS]
    assert {s.channel for s in said} == {"demo" if "#demo" in form else ""}
    assert (log.clock, log.zone) == (True, "") and not log.lost


@pytest.mark.parametrize(
    "form",
    ["{e} <{user}> {text}", "[{e}000] {user}: {text}", "{e}.0, {user}: {text}",
     "{e}000000 {user}: {text}"],
)  # fmt: skip
def test_epochs_are_moments_by_their_size(tmp_path: Path, form: str) -> None:
    rows = [form.format(e=EPOCH + o, user=u, text=t)
            for (u, t, _), o in zip(LINES, OFFSETS, strict=True)]  # fmt: skip
    said, log = read(written(tmp_path / "a.log", "\n".join(rows)))
    assert [s.at for s in said] == [EPOCH + o for o in OFFSETS] and log.clock


@pytest.mark.parametrize(
    "form",
    ["0:0{m} {user}: {text}", "00:0{m} - {user} - {text}", "(0:0{m}) [{user}] {text}",
     "[00:0{m}] {user} >> {text}", "{user} [00:0{m}]: {text}", "{user}: {text} [0:0{m}]",
     "[{o}.0] <{user}> {text}", "00:0{m}.000 | {user} | {text}", "0:0{m}\t{user}\t{text}"],
)  # fmt: skip
def test_times_since_the_start_are_read_whatever_form_was_chosen(tmp_path: Path, form: str) -> None:
    shown = ("1:00", "1:30", "2:05")
    rows = [form.format(m=m, o=o, user=u, text=t)
            for (u, t, _), m, o in zip(LINES, shown, OFFSETS, strict=True)]  # fmt: skip
    said, log = read(written(tmp_path / "777.txt", "\n".join(rows)))
    assert [(s.user, s.text) for s in said] == [(user, text) for user, text, _ in LINES]
    assert [s.at for s in said] == [*OFFSETS] and not log.clock


@pytest.mark.parametrize(
    "text",
    ["2026-01-31 18:00:00 INFO server: request done\n" * 6,
     "2026-01-31 18:00:00 | ERROR | db:connect:12 - timeout\n" * 2,
     "Jan 31 18:00:00 host sshd[12]: closed\n" * 6, "- 2026-01-31: went live\n" * 4,
     '10.0.0.1 - - [31/Jan/2026:18:00:00 +0000] "GET / HTTP/1.1" 200 12\n' * 6],
)  # fmt: skip
def test_logs_of_servers_and_notes_are_no_chat(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoLog):
        detect(written(tmp_path / "a.log", text))


@pytest.mark.parametrize("mark", ["[WHISPER] ", "[pm] ", "<Whisper> ", "whisper "])
def test_whispers_in_them_are_never_read(tmp_path: Path, mark: str) -> None:
    text = lines("2026-01-31 {at} {user}: {text}")
    text += f"2026-01-31 18:03:00 {mark}ann: a secret\n"
    said, log = read(written(tmp_path / "a.log", text + "2026-01-31 18:03:01 bob: no whisper\n"))
    assert [s.text for s in said] == [text for _, text, _ in LINES] + ["no whisper"]
    assert not any("secret" in s.text for s in said) and log.skipped.total() == 1


def test_a_log_of_nothing_but_whispers_has_no_message(tmp_path: Path) -> None:
    said, log = read(written(tmp_path / "a.log", lines("2026-01-31 {at} [WHISPER] {user}: {text}")))
    assert not said and dict(log.skipped) == {WHISPER: 3}


def test_a_notice_of_twitchs_is_an_event_here_too(tmp_path: Path) -> None:
    text = (
        lines("{user}, 2026-01-31 {at}, {text}")
        + "ann, 2026-01-31 18:03:00, ann subscribed with Prime.\n"
    )
    said, log = read(written(tmp_path / "a.txt", text))
    assert len(said) == 3 and [e.kind for e in log.events] == ["sub"]


@pytest.mark.parametrize(
    "form", ["Jan 31 2026 {at} CST {user}: {text}", "[01-31-2026 @ {at} IST] {user}: {text}"]
)
def test_a_zone_that_may_be_several_is_told(tmp_path: Path, form: str) -> None:
    said, log = read(written(tmp_path / "a.txt", lines(form)))
    assert not said
    assert dict(log.lost) == {"of a zone that may be several: +01:00 means one": 3}


@pytest.mark.parametrize(
    ("text", "right"),
    [("Sat Jan 31 19:00:00 2026", 3600), ("31-Jan-2026 18:00:00", 0),
     ("Jan 31, 2026, 6:00:00 PM", 0),
     ("31 de enero de 2026 18:00:00", 0), ("Sat Jan 31 2026 19:00:00 GMT+0100 (CET)", 0),
     ("January 31st 2026 12:00:00.250 AM", -64799.75), ("31. Januar 2026 19:00 MEZ", 0),
     ("31 Feb 2026 18:00:00", None), ("Jan 31 18:00:00", None), ("31 Foo 2026 18:00:00", None)],
)  # fmt: skip
def test_dates_in_words(text: str, right: float | None) -> None:
    assert worded(text) == (None if right is None else EPOCH + right)


def chat_of(path: Path) -> tuple[list[Said], Log]:
    """As `read`, of a program's own file."""
    said, log = read(path)
    assert not log.lost, log.reasons()
    return said, log


def test_colours_of_mirc_are_no_text(tmp_path: Path) -> None:
    head = "Session Start: Sat Jan 31 18:00:00 2026\n"
    text = head + lines("\x0301[{at}] \x02<\x0f\x0304,01{user}\x03> {text}\x0f")
    said, _ = chat_of(written(tmp_path / "#demo.log", text))
    assert [(s.user, s.text, s.at - EPOCH) for s in said] == [
        (user, text, o) for (user, text, _), o in zip(LINES, OFFSETS, strict=True)
    ]


_PIDGIN = "Conversation with #demo at Sat 31 Jan 2026 07:00:00 PM CET on me@irc.twitch.tv (irc)"


_MARKED = '<font color="#A82F2F"><font size="2">({at})</font> <b>{user}:</b></font> {text}<br/>'
_PAGE = f"<html><head><title>{_PIDGIN}</title></head><body><h3>{_PIDGIN}</h3>\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.txt", f"{_PIDGIN}\n" + lines("({at}) {user}: {text}", 1) + "(19:06:00) zed left.\n"),
     ("a.txt", f"{_PIDGIN}\n" + lines("({half} PM) {user}: {text}").replace("(06", "(07")),
     ("a.html", _PAGE + lines(_MARKED, 1)
      + '<font size="2">(19:06:00)</font><b> zed left.</b><br/>\n</body></html>\n')],
)  # fmt: skip
def test_pidgins_logs_take_day_and_zone_from_their_name(
    tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / "#demo.chat" / f"2026-01-31.190000+0100CET{Path(name).suffix}"
    said, _ = read(written(path, text))
    assert [(s.user, s.text, (s.at - EPOCH) // 60) for s in said] == [
        (user, text, o // 60) for (user, text, _), o in zip(LINES, OFFSETS, strict=True)
    ]


def test_limechats_and_konversations_of_old_know_their_day(tmp_path: Path) -> None:
    lime, _ = chat_of(written(tmp_path / "#demo_2026-01-31_t.txt", lines("{at} {user}: {text}")))
    head = "\n*** Logfile started\n*** on Sat Jan 31 18:00:00 2026\n\n"
    old, _ = chat_of(written(tmp_path / "k.log", head + lines("[{at}] <{user}>\t{text}")))
    assert [s.at for s in lime] == [s.at for s in old] == [EPOCH + o for o in OFFSETS]
