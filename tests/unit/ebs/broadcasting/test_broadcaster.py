"""When a window is broadcast, how often it is tried, when it is dropped: by a clock of our own."""

import asyncio
import json
import os
from datetime import UTC, datetime

import pytest

from ebs.bodies import Latest
from ebs.broadcasting.broadcaster import MOST_MESSAGE, Broadcaster, Outcome
from ebs.broadcasting.lock import Lock
from ebs.broadcasting.pubsub import outcome
from ebs.broadcasting.viewers import Audience
from warehouse.published.folder import PublishedFolder

NOW = 1_795_000_000.0
SENT, AGAIN, REFUSED = Outcome("sent"), Outcome("retried"), Outcome("refused")


class Rig:
    """A broadcaster whose time passes only when it sleeps, or when told to."""

    def __init__(self, folder):
        self.now, self.slept = NOW, []
        self.posts, self.counts = [], []
        self.answers, self.meanwhile = [], []
        self.latest = folder / "latest"
        self.latest.mkdir()
        self.audience = Audience(folder / "viewers", self.clock)
        self.made = self.again()

    def again(self):
        """As a worker that takes over."""
        return Broadcaster(
            Latest(PublishedFolder(self.latest)), self.audience, self.post, self.counts.append,
            self.clock, self.sleep, lambda: 1.0,
        )  # fmt: skip

    def clock(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        if self.meanwhile:
            self.meanwhile.pop(0)()
        await asyncio.sleep(0)

    async def post(self, channel_id, body):
        self.posts.append((self.now, channel_id, json.loads(body)["history"][-1][0]))
        return self.answers.pop(0) if self.answers else SENT

    def publish(self, window, channel_id="1", age_s=0.0, **more):
        at = datetime.fromtimestamp(self.now - age_s, UTC).isoformat()
        body = {"generated_at": at, "login": "demo", "history": [[window, 0.1, 5]], **more}
        path = self.latest / f"{channel_id}.json"
        path.with_suffix(".new").write_text(json.dumps(body))
        path.with_suffix(".new").replace(path)

    def watch(self, *channel_ids):
        for channel_id in channel_ids or ("1",):
            self.audience.saw(channel_id)
        self.audience.keep()

    def look(self, times=1):
        async def turns():
            for _ in range(times):
                self.made.look()
                await self.made.finish(5)

        asyncio.run(turns())
        return [window for _, _, window in self.posts]


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_a_closed_window_is_broadcast_once_however_often_it_is_published(rig):
    rig.watch()
    for n in range(4):
        rig.publish("w1", note=n)
        assert rig.look() == ["w1"]
        rig.now += 5
    rig.publish("w2")
    assert rig.look(3) == ["w1", "w2"]
    assert rig.counts == ["sent", "sent"]


def test_a_channel_nobody_watches_is_not_broadcast(rig):
    for channel_id in ("1", "2"):
        rig.publish("w1", channel_id)
    rig.watch("2")
    rig.look()
    assert [channel_id for _, channel_id, _ in rig.posts] == ["2"]


def test_a_channel_is_broadcast_until_its_viewers_have_been_gone_for_a_while(rig):
    rig.watch()
    rig.now += 599
    rig.publish("w1")
    assert rig.look() == ["w1"]
    rig.now += 1
    rig.publish("w2")
    assert rig.look() == ["w1"]
    rig.watch()
    assert rig.look() == ["w1", "w2"]


def test_a_channel_without_a_body_or_a_window_or_with_a_damaged_one_is_let_be(rig):
    rig.watch("1", "2", "3")
    rig.publish("w1", "2", history=[])
    (rig.latest / "3.json").write_text("{")
    assert rig.look(2) == []
    assert rig.counts == []


def test_a_clock_that_was_set_back_holds_no_broadcast_back(rig):
    rig.watch()
    rig.publish("w1")
    rig.look()
    rig.now -= 3600
    rig.publish("w2")
    assert rig.look() == ["w1", "w2"]
    assert sum(rig.slept) <= 1


def test_messages_of_a_channel_are_a_second_apart(rig):
    rig.watch()
    rig.publish("w1")
    rig.look()
    rig.publish("w2")
    rig.look()
    assert [at for at, _, _ in rig.posts] == [NOW, NOW + 1]


def test_channels_do_not_wait_for_each_other(rig):
    rig.watch("1", "2", "3")
    for channel_id in ("1", "2", "3"):
        rig.publish("w1", channel_id)
    rig.look()
    assert [at for at, _, _ in rig.posts] == [NOW] * 3


def test_what_fails_is_tried_again_and_each_time_later(rig):
    rig.watch()
    rig.publish("w1")
    rig.answers = [AGAIN] * 4
    assert rig.look() == ["w1"] * 5
    assert rig.slept == [1, 2, 4, 8]
    assert rig.counts == ["retried"] * 4 + ["sent"]


def test_no_sooner_than_twitch_says(rig):
    rig.watch()
    rig.publish("w1")
    rig.answers = [Outcome("retried", 17.0)]
    rig.look()
    assert [at for at, _, _ in rig.posts] == [NOW, NOW + 17]


def test_waiting_has_jitter(rig):
    rig.made._jitter = lambda: 0.0
    assert [rig.made._backoff_s(n, 0) for n in (0, 1, 5, 9)] == [0.5, 1, 15, 15]


def test_a_newer_window_takes_the_place_of_one_that_is_tried_again(rig):
    rig.watch()
    rig.publish("w1")
    rig.answers = [AGAIN, AGAIN]
    rig.meanwhile = [lambda: None, lambda: rig.publish("w2")]
    assert rig.look() == ["w1", "w1", "w2"]
    assert rig.counts == ["retried", "retried", "superseded", "sent"]


def test_what_is_stale_is_dropped_and_counted_once(rig):
    rig.watch()
    rig.publish("w1")
    rig.answers = [AGAIN] * 99
    rig.look()
    assert rig.posts[-1][0] <= NOW + 90
    assert rig.counts[-1] == "stale" and rig.counts.count("stale") == 1
    rig.publish("w2", age_s=91)
    rig.look(3)
    assert rig.counts.count("stale") == 2


def test_what_is_refused_is_not_tried_again_until_the_next_window(rig):
    rig.watch()
    rig.publish("w1")
    rig.answers = [REFUSED]
    assert rig.look(3) == ["w1"]
    rig.publish("w2")
    assert rig.look(3) == ["w1", "w2"]
    assert rig.counts == ["refused", "sent"]


def test_a_body_beyond_five_kilobytes_is_not_sent(rig):
    rig.watch()
    rig.publish("w1", padding="é" * (MOST_MESSAGE // 2))
    assert rig.look() == []
    assert rig.counts == ["too_large"]


def test_a_clock_that_was_set_back_has_windows_of_its_own(rig):
    rig.watch()
    rig.publish("2026-01-02T00:00:00Z")
    rig.publish("2026-01-01T00:00:00Z")
    assert rig.look() == ["2026-01-01T00:00:00Z"]


# who watches


def test_workers_share_who_watches_and_files_of_old_are_removed(tmp_path):
    now = [NOW]
    one, two = (Audience(tmp_path / "v", lambda: now[0]) for _ in range(2))
    one.saw("1")
    assert two.watched() == set()
    one.keep()
    assert two.watched() == {"1"}
    now[0] += 601
    assert two.watched() == one.watched() == set()
    assert list((tmp_path / "v").iterdir()) == []


def test_a_busy_channels_file_is_touched_twice_a_minute(tmp_path, monkeypatch):
    now, touches = [NOW], []
    audience = Audience(tmp_path / "v", lambda: now[0])
    true = os.utime
    monkeypatch.setattr(os, "utime", lambda *a: (touches.append(a[0].name), true(*a)))
    for _ in range(120):
        audience.saw("1")
        audience.keep()
        now[0] += 0.5
    assert touches == ["1", "1"]


def test_where_nothing_can_be_written_a_worker_knows_its_own_and_says_so_once(tmp_path, caplog):
    (tmp_path / "v").write_text("in the way")
    audience = Audience(tmp_path / "v", lambda: NOW)
    for channel_id in ("1", "2"):
        audience.saw(channel_id)
        audience.keep()
    assert audience.watched() == {"1", "2"}
    assert caplog.text.count("viewers cannot be noted") == 1


# who broadcasts


def test_one_of_several_has_the_lock_until_it_lets_go(tmp_path):
    one, two = (Lock(tmp_path / "ebs" / "lock") for _ in range(2))
    assert [one.take(), one.take(), two.take()] == [True, True, False]
    one.free()
    assert [two.take(), one.take()] == [True, False]
    two.free()


# what Twitch answers


@pytest.mark.parametrize(
    ("status", "headers", "found"),
    [
        (204, {}, SENT),
        (200, {}, SENT),
        (400, {}, REFUSED),
        (401, {}, REFUSED),
        (403, {}, REFUSED),
        (422, {}, REFUSED),
        (302, {"location": "http://evil.example"}, REFUSED),
        (408, {}, AGAIN),
        (500, {}, AGAIN),
        (503, {"retry-after": "7"}, Outcome("retried", 7.0)),
        (429, {}, AGAIN),
        (429, {"ratelimit-reset": str(int(NOW) + 9)}, Outcome("retried", 9.0)),
        (429, {"ratelimit-reset": str(int(NOW) - 9)}, Outcome("retried", 0.0)),
        (429, {"retry-after": "3", "ratelimit-reset": str(int(NOW) + 9)}, Outcome("retried", 3.0)),
        (429, {"retry-after": "99999999"}, Outcome("retried", 120.0)),
        (429, {"retry-after": "soon", "ratelimit-reset": "٣"}, AGAIN),
        (429, {"retry-after": "-5"}, AGAIN),
    ],
)
def test_an_answer_of_twitchs_means(status, headers, found):
    assert outcome(status, headers, NOW) == found
