"""Where a view gets the mood from: broadcasts where they come, questions where they do not."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.helpers.browser.looking import wait_until
from tests.helpers.browser.panel_fixtures import chromium, iso, kept_page, mood_body
from tests.helpers.browser.twitch import Answer, opened, settle, twitch, twitch_servers, view
from tests.helpers.patience import STORY_S

__all__ = ["chromium", "kept_page", "twitch", "twitch_servers", "view"]  # fixtures
pytestmark = pytest.mark.browser

MB = 1024 * 1024


def newer(seconds=30, **changed):
    """The text of a body made `seconds` after the one that is served."""
    at = iso(datetime.now(UTC) + timedelta(seconds=seconds))
    return json.dumps(mood_body(generated_at=at, **changed))


def says(mood):
    return {"now": {"mood": mood, "label": "x", "n": 9, "top": []}}


def broadcast(view, text):
    view.evaluate("text => twitch.broadcast(text)", text)


def goes_by(view, twitch, seconds):
    """The page's time moves on, in steps shorter than its patience with the EBS: answers take
    real time, and would else be given up before they come."""
    for _ in range(0, seconds, 7):
        view.clock.run_for(7_000)
        settle(view, twitch)


@pytest.fixture
def still(view, twitch):
    """The panel with a clock that only the test moves, after its one question."""
    view.clock.install()
    opened(view, twitch, "panel")
    settle(view, twitch)
    view.clock.pause_at(datetime.now(UTC) + timedelta(seconds=2))
    assert twitch.moods() == 1
    return view


@pytest.mark.own_page
def test_a_broadcast_is_drawn_at_once(still, twitch):
    broadcast(still, newer(**says(-0.4)))
    assert still.locator("#number").inner_text() == "\N{MINUS SIGN}0.40"
    assert twitch.moods() == 1


@pytest.mark.own_page
def test_a_mood_that_cannot_be_drawn_leaves_the_last_one(still):
    still.evaluate(
        """() => {
            window.real = document.createElementNS;
            document.createElementNS = () => { throw new Error("not drawn"); };
        }"""
    )
    broadcast(still, newer(**says(-0.4)))
    still.evaluate("() => { document.createElementNS = window.real; }")
    still.evaluate("twitch.context({ theme: 'light' })")
    assert still.locator("#number").inner_text() == "+0.21"


@pytest.mark.own_page
def test_another_channels_token_shows_nothing_of_the_last_one(still, twitch):
    twitch.says(mood_body("456", **says(-0.4)), delay_s=0.2)
    still.evaluate("twitch.authorise('other.token', '456')")
    assert still.locator("#panel").get_attribute("data-state") == "waiting"
    still.clock.run_for(1)
    settle(still, twitch)
    assert still.locator("#number").inner_text() == "\N{MINUS SIGN}0.40"


def test_a_body_of_another_channel_is_not_drawn(view, twitch):
    twitch.says(mood_body("456"))
    view.goto(twitch.url("panel"))
    view.get_by_text("answer could not be read").wait_for()


@pytest.mark.own_page
def test_nobody_asks_while_broadcasts_come(still, twitch):
    for window in range(1, 9):
        broadcast(still, newer(30 * window))
        still.clock.run_for(30_000)
    settle(still, twitch)
    assert twitch.moods() == 1


@pytest.mark.own_page
def test_a_broadcast_that_does_not_come_is_asked_for_late_and_not_by_all_at_once(still, twitch):
    still.evaluate(
        """() => {
            const real = window.setTimeout;
            window.setTimeout = (call, wait) => {
                window.waited = wait;
                return real(call, wait);
            };
        }"""
    )
    waits = []
    for number, chance in enumerate((0, 0.5, 0.999)):
        still.evaluate("chance => { Math.random = () => chance; }", chance)
        broadcast(still, newer(30 + number))
        waits.append(still.evaluate("window.waited") / 1000)
    assert 40 < waits[0] < 50 and waits == sorted(waits)  # a window, and a quarter of a minute
    assert 25 < waits[2] - waits[0] < 31


@pytest.mark.own_page
def test_without_broadcasts_each_window_is_asked_for(still, twitch):
    still.evaluate("() => { Math.random = () => 0.7; }")  # asks within 10 s of the steps' ends
    for window in range(1, 4):
        body = mood_body(generated_at=iso(datetime.now(UTC) + timedelta(seconds=42 * window)))
        made = format_datetime(datetime.fromisoformat(body["generated_at"]), usegmt=True)
        twitch.says(body, headers={"Date": made})
        goes_by(still, twitch, 42)
    assert 4 <= twitch.moods() <= 5  # the window that is served first may end at any moment


@pytest.mark.own_page
def test_questions_come_back_when_broadcasts_stop(still, twitch):
    broadcast(still, newer(30))
    goes_by(still, twitch, 240)
    assert 4 <= twitch.moods() <= 7


BROKEN = [
    "not JSON", "", "null", "[]", '{"v":2}', "x" * 200_000, "<html><body>502</body></html>",
    {"channel_id": "999"}, {"status": "fine"}, {"history": None}, {"generated_at": "soon"},
]  # fmt: skip


@pytest.mark.own_page
def test_a_broadcast_that_is_broken_old_or_of_another_channel_changes_nothing(still, twitch):
    before = still.locator("main").inner_html()
    texts = [
        text if isinstance(text, str) else json.dumps(json.loads(newer(**says(-0.9))) | text)
        for text in BROKEN
    ]
    for text in [*texts, newer(-120, **says(-0.9))]:
        broadcast(still, text)
    still.evaluate("[5, null, {}, undefined].forEach((odd) => twitch.broadcast(odd))")
    assert still.locator("main").inner_html() == before


@pytest.mark.own_page
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"<html><h1>Bad gateway</h1></html>"), "could not be read"),
        (Answer(b""), "could not be read"),
        (Answer(b'{"v":1}'), "could not be read"),
        (Answer(b"\xff\xfe\x00"), "could not be read"),
        (Answer(b"[" * 50_000), "could not be read"),
        (Answer(b'{"v":1,"x":"' + b"x" * (5 * MB) + b'"}'), "could not be read"),
        (Answer(b"<html>no</html>", 502), "has a problem"),
        (Answer(b"{}", 500), "has a problem"),
        (Answer(b"{}", 429, {"Retry-After": "9999999"}), "has a problem"),
        (Answer(b"{}", 429, {"Retry-After": "soon"}), "has a problem"),
        (Answer(b"{}", 401), "ran out"),
        (Answer(b"{}", 404), "does not follow"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status} {value.body[:12]!r}",
)
def test_what_the_ebs_must_not_answer_is_said_and_overcome(view, twitch, answer, said):
    twitch.answers["/v1/mood"] = answer
    view.clock.install()
    view.goto(twitch.url("panel"))
    view.get_by_text(said).wait_for()
    assert view.locator("svg").count() == 0
    twitch.says(mood_body())
    view.clock.fast_forward(400_000)
    view.locator("#panel[data-state=live]").wait_for()
    assert view.locator("#notice").inner_text() == ""


@pytest.mark.own_page
def test_an_ebs_that_hangs_is_given_up_after_ten_seconds(view, twitch):
    twitch.says(mood_body(), delay_s=STORY_S)
    view.clock.install()
    view.goto(twitch.url("panel"))
    view.get_by_text("Reading the mood").wait_for()
    view.clock.run_for(300)
    wait_until(view, twitch.moods)  # asked, and not answered
    view.clock.fast_forward(11_000)
    view.get_by_text("No connection").wait_for()
    twitch.says(mood_body())
    view.clock.fast_forward(10_000)
    view.locator("#panel[data-state=live]").wait_for()


def test_a_longer_answer_is_not_read_to_its_end(view, twitch):
    twitch.says(b" " * (5 * MB))
    view.goto(twitch.url("panel"))
    view.get_by_text("could not be read").wait_for()
    size = view.evaluate(
        "performance.getEntriesByType('resource').find(e => e.name.endsWith('/v1/mood'))"
        "?.encodedBodySize ?? 0"
    )
    assert size < 5 * MB


@pytest.mark.own_page
@pytest.mark.parametrize("hours", [-26, 3])
def test_a_clock_that_is_wrong_changes_nothing(view, twitch, hours):
    view.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    opened(view, twitch, "panel")
    assert view.locator("#status").inner_text() == "live"
    broadcast(view, newer(30, **says(-0.4)))
    assert view.locator("#number").inner_text() == "\N{MINUS SIGN}0.40"
    assert view.locator("#status").inner_text() == "live"
    view.clock.fast_forward(20_000)
    settle(view, twitch)
    assert view.locator("#status").inner_text() == "live"
    first = datetime.fromisoformat(mood_body()["history"][0][0])
    labels = view.locator(".x-label").all_text_contents()[:-1]
    assert all(
        abs(minutes(label) - (first.hour * 60 + first.minute)) % 1440 < 40 for label in labels
    )


def minutes(label):
    hour, minute = label.split(":")
    return int(hour) * 60 + int(minute)


@pytest.mark.own_page
def test_a_broadcast_that_was_long_under_way_is_stale(view, twitch):
    view.clock.install()
    twitch.says(mood_body(age_s=300))
    view.goto(twitch.url("panel"))
    view.locator("#panel[data-state=stale]").wait_for()
    broadcast(view, newer(-200, **says(-0.4)))
    assert view.locator("#number").inner_text() == "\N{MINUS SIGN}0.40"
    assert view.locator("#panel").get_attribute("data-state") == "stale"


@pytest.mark.own_page
def test_a_new_token_is_used_and_asks_only_where_what_is_known_is_old(still, twitch):
    still.evaluate("twitch.authorise('second.token')")
    settle(still, twitch)
    assert twitch.moods() == 1
    broadcast(still, newer(30))
    still.clock.run_for(35_000)
    still.evaluate("twitch.authorise('third.token')")
    still.clock.run_for(100)
    settle(still, twitch)
    assert twitch.asked[-1][3] == "Bearer third.token"
    assert twitch.moods() == 2


def test_a_refused_token_waits_for_a_new_one_and_asks_at_once_with_it(view, twitch):
    twitch.answers["/v1/mood"] = Answer(b"{}", 401)
    view.goto(twitch.url("panel"))
    view.get_by_text("ran out").wait_for()
    twitch.says(mood_body())
    view.evaluate("twitch.authorise('second.token')")
    view.locator("#panel[data-state=live]").wait_for()
    assert twitch.asked[-1][3] == "Bearer second.token"


def ending(seconds, name="x"):
    """A token that ends so many seconds from now, as far as a page reads one."""
    claims = json.dumps({"exp": int(time.time()) + seconds, "name": name}).encode()
    return f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


def holds(view, token):
    """What the helper holds from now on, without a call."""
    view.evaluate("token => { Twitch.ext.viewer.sessionToken = token; }", token)


def test_a_refused_token_gives_way_to_a_newer_one_that_the_helper_holds(view, twitch):
    old, new = ending(60), ending(3600)
    twitch.answers["/v1/mood"] = Answer(b"{}", 401)
    view.goto(twitch.url("panel", token=old, held=new))
    view.get_by_text("ran out").wait_for()
    assert [asked[3] for asked in twitch.asked] == [f"Bearer {old}", f"Bearer {new}"]


@pytest.mark.own_page
def test_a_token_that_is_over_is_not_sent_until_there_is_a_newer_one(view, twitch):
    view.clock.install()
    old = ending(-60)
    twitch.answers["/v1/mood"] = Answer(b"{}", 401)
    view.goto(twitch.url("panel", token=old))
    view.get_by_text("ran out").wait_for()
    for none in (None, 5, {}, "", "no.token", old, ending(-600)):
        holds(view, none)
        goes_by(view, twitch, 70)
    assert [asked[3] for asked in twitch.asked] == [f"Bearer {old}"]  # asked once, in 8 minutes
    twitch.says(mood_body())
    holds(view, ending(3600))
    view.clock.run_for(6_000)
    view.locator("#panel[data-state=live]").wait_for()
    assert twitch.moods() == 2


@pytest.mark.own_page
def test_a_view_that_twitch_hides_asks_less_and_catches_up_when_it_is_shown(still, twitch):
    still.evaluate("twitch.visible(false)")
    goes_by(still, twitch, 42)
    assert twitch.moods() == 2  # what was planned; from then on every two minutes
    still.clock.run_for(60_000)
    settle(still, twitch)
    assert twitch.moods() == 2
    still.evaluate("twitch.visible(true)")
    still.clock.run_for(100)
    settle(still, twitch)
    assert twitch.moods() == 3


def test_the_rate_is_of_the_windows_that_were_seen(view, twitch):
    moods = {55: (0.1, 10), 56: (0.1, 20), 57: (None, None), 58: (None, 0), 59: (0.2, 30)}
    twitch.says(mood_body(moods=moods))
    opened(view, twitch, "panel")
    assert "30 a minute" in view.locator("#count").inner_text()  # 60 in the four that were seen
