"""Alerts: each rule once for one event, only live, never twice, whatever is restarted."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import mean, stdev
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from pipeline.alerts import rules
from pipeline.alerts.baselines import Mood, Rate
from pipeline.alerts.rules import MOOD_WINDOWS, WARM, StreamRules
from pipeline.alerts.watch import Alert, Alerts, foretold
from pipeline.chat.message import Batch, Heard, Item, Message, StreamStart, Watch
from pipeline.config import AlertSettings
from pipeline.engine.engine import Engine
from tests.helpers.build import T, put, rows, settings, stored
from warehouse.config import DataFolder
from warehouse.erase import erase_channel, erase_terms
from warehouse.records import Forecast, Window, utc, window_start
from warehouse.store.store import Store

CALM = 60  # windows


def told(**values: Any) -> AlertSettings:
    return AlertSettings(_env_file=None, **values)  # type: ignore[call-arg]


def window(k: int, n: int = 10, mood: float = 0.1, **more: Any) -> Window:
    """The k-th window since T, of stream s1."""
    values: dict[str, Any] = {
        "channel": "demo", "start": utc(T + 30 * k), "stream_id": "s1", "observed_s": 30.0,
        "n_messages": n, "n_chatters": n, "n_filtered": 0, "n_late": 0,
        "mean_compound": mood if n else None, "sd_compound": 0.3 if n > 1 else None,
        "share_positive": None, "share_negative": None, "share_scored": None, "share_emote": None,
        "sub_n": (n, 0, 0, 0, 0, 0), "sub_mean": (mood,) + (None,) * 5, "lexicon_version": "x",
    }  # fmt: skip
    return Window(**{**values, **more})


def calm(count: int = CALM, **more: Any) -> list[Window]:
    """Windows around +0.1, by turns 0.08 and 0.12; 8 or 12 messages."""
    return [window(k, 8 + 4 * (k % 2), 0.08 + 0.04 * (k // 2 % 2), **more) for k in range(count)]


def after(count: int, *, since: int = CALM, **more: Any) -> list[Window]:
    return [window(since + k, **more) for k in range(count)]


def fed(
    windows: list[Window], *, late_s: float = 5.0, source: str = "live", **values: Any
) -> Alerts:
    """Alerts after the windows; each closes so long after its end."""
    alerts = Alerts(told(**values), source)
    for w in windows:
        alerts.saw(w, w.start.timestamp() + 30 + late_s)
    return alerts


def kinds(alerts: Alerts) -> list[str]:
    return [alert.kind for alert in alerts.found]


# -- what is usual -----------------------------------------------------------------------------


def test_the_level_is_the_mean_weighted_by_messages() -> None:
    mood = Mood()
    mood.saw(window(0, 10, 0.1))
    mood.saw(window(1, 0))
    mood.saw(window(2, 30, 0.3))
    assert mood.level == pytest.approx(0.25, abs=0.001)
    assert mood.within == pytest.approx(0.09)
    assert mood.windows == 2


def test_scatter_between_windows_is_what_messages_alone_do_not_explain() -> None:
    equal, swinging = Mood(), Mood()
    for k in range(400):
        equal.saw(window(k, 10, 0.1))
        swinging.saw(window(k, 1000, 0.3 if k % 2 else -0.1))
    assert equal.between == 0.0
    assert swinging.between == pytest.approx(0.04, rel=0.02)


def test_the_error_of_a_recent_mean_has_all_three_parts() -> None:
    mood = Mood()
    for k in range(2000):
        mood.saw(window(k, 10, 0.1))
    own, usual = 0.09 / 20, 0.09 * mood.n_twice / mood.n**2
    assert mood.error([window(0, 10), window(1, 10)]) == pytest.approx((own + usual) ** 0.5)


def test_silence_is_as_improbable_as_poisson_says_where_counts_are_even() -> None:
    rate = Rate()
    for k in range(300):
        rate.saw(window(k, 2))
    assert rate.silence(3) == pytest.approx(2.718281828**-6, rel=1e-6)
    assert Rate().silence(100) == 1.0


def test_what_was_not_seen_whole_says_nothing_of_the_rate() -> None:
    rate = Rate()
    rate.saw(window(0, 10))
    rate.saw(window(1, 0, observed_s=12.0))
    assert (rate.mean, rate.windows) == (10.0, 1)


# -- the rules ---------------------------------------------------------------------------------


def test_calm_chat_raises_nothing() -> None:
    assert kinds(fed(calm(400))) == []


def test_a_mood_drop_is_told_once_with_its_numbers() -> None:
    alerts = fed([*calm(), *after(30, mood=-0.3)])
    (alert,) = alerts.found
    assert (alert.kind, alert.channel) == ("mood_drop", "demo")
    assert alert.detail == {
        "mood": -0.09, "usual": 0.1, "z": alert.detail["z"], "n": 62, "seconds": 180,
        "source": "live",
    }  # fmt: skip
    assert alert.at == utc(T + 30 * (CALM + 3))
    assert -5.5 < alert.detail["z"] <= -3.5


def test_a_mood_spike_is_the_same_upwards() -> None:
    assert kinds(fed([*calm(), *after(30, mood=0.6)])) == ["mood_spike"]


def test_a_second_event_after_the_first_has_passed_is_told_again() -> None:
    first = after(20, mood=-0.4)
    back = [replace(w, start=utc(T + 30 * (CALM + 20 + k))) for k, w in enumerate(calm(200))]
    again = after(20, since=CALM + 220, mood=-0.4)
    assert kinds(fed([*calm(), *first, *back, *again])).count("mood_drop") == 2


def test_an_event_within_the_cool_down_is_not_told() -> None:
    first = after(8, mood=-0.5)
    back = [replace(w, start=utc(T + 30 * (CALM + 8 + k))) for k, w in enumerate(calm(12))]
    again = after(8, since=CALM + 20, mood=-0.9)
    windows = [*calm(), *first, *back, *again]
    assert kinds(fed(windows, cooldown_s=3600)).count("mood_drop") == 1
    assert kinds(fed(windows, cooldown_s=0)).count("mood_drop") == 2


def test_a_small_change_is_not_told_however_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = [replace(w, n_messages=w.n_messages * 100) for w in [*calm(), *after(30, mood=0.03)]]
    assert kinds(fed(loud)) == []
    monkeypatch.setattr(rules, "MOOD_LEAST", 0.05)
    assert kinds(fed(loud)) == ["mood_drop"]


def test_too_few_messages_say_nothing_of_the_mood() -> None:
    few = [*after(2 * MOOD_WINDOWS, n=0), *after(6, since=CALM + 2 * MOOD_WINDOWS, n=3, mood=-1)]
    assert kinds(fed([*calm(), *few], kinds=("mood_drop",))) == []


def test_a_stream_that_has_just_begun_has_no_usual() -> None:
    assert kinds(fed([*calm(WARM), *after(MOOD_WINDOWS - 1, since=WARM, mood=-0.9)])) == []


def test_another_stream_begins_anew() -> None:
    assert kinds(fed([*calm(), *after(20, mood=-0.4, stream_id="s2")])) == []


def test_activity_is_told_once_by_its_factor() -> None:
    alerts = fed([*calm(), *after(10, n=60)])
    (alert,) = alerts.found
    assert alert.kind == "activity"
    assert (alert.detail["n"], alert.detail["seconds"]) == (72, 60)  # of 12 and 60
    assert alert.detail["times"] == pytest.approx(3.6, abs=0.1)


def test_a_silence_is_told_once_after_two_minutes() -> None:
    alerts = fed([*calm(), *after(60, n=0)])
    (alert,) = alerts.found
    assert alert.kind == "silence"
    assert alert.at == utc(T + 30 * (CALM + 4))
    assert (alert.detail["n"], alert.detail["seconds"]) == (0, 120)
    assert alert.detail["p"] < 1e-6


def test_time_that_was_not_observed_is_no_silence() -> None:
    assert kinds(fed([*calm(), *after(60, n=0, observed_s=0.0)])) == []
    broken = [w for k in range(20) for w in
              after(1, since=CALM + k, n=0, observed_s=12.0 if k % 3 == 2 else 30.0)]  # fmt: skip
    assert kinds(fed([*calm(), *broken])) == []


def test_a_slow_chat_may_be_silent_for_long() -> None:
    slow = [window(k, 1 if k % 3 == 0 else 0) for k in range(300)]
    assert kinds(fed([*slow, *after(10, since=300, n=0)])) == []


def test_chance_alone_raises_an_alert_less_than_once_in_twenty_hours() -> None:
    found = 0
    for seed in range(3):
        dice = random.Random(seed)
        found += len(fed([drawn(k, dice) for k in range(2400)]).found)
    assert 0 < found <= 3


def drawn(k: int, dice: random.Random) -> Window:
    """A window of 3 to 20 messages that know nothing of each other."""
    scores = [dice.choice((-0.6, 0.0, 0.0, 0.0, 0.7)) for _ in range(dice.randint(3, 20))]
    return window(k, len(scores), mean(scores), sd_compound=stdev(scores))


# -- which are told ----------------------------------------------------------------------------


def test_what_is_caught_up_on_or_replayed_is_no_news() -> None:
    event = [*calm(), *after(30, mood=-0.4)]
    assert kinds(fed(event, late_s=600)) == []
    assert kinds(fed(event, late_s=-600)) == []  # of a clock that leapt ahead
    assert kinds(fed(event, source="replay")) == []
    assert kinds(fed(event, source="simulated")) == ["mood_drop"]


def test_an_event_that_began_while_catching_up_is_not_told_when_live() -> None:
    alerts = Alerts(told(), "live")
    for w in [*calm(), *after(10, mood=-0.4)]:
        alerts.recall(w)
    for w in after(20, since=CALM + 10, mood=-0.4):
        alerts.saw(w, w.start.timestamp() + 35)
    assert kinds(alerts) == []


def test_only_the_rules_that_are_asked_for_are_told() -> None:
    assert kinds(fed([*calm(), *after(30, mood=-0.4)], kinds=("silence",))) == []


def test_the_same_window_makes_the_same_id() -> None:
    event = [*calm(), *after(30, mood=-0.4)]
    first, second = fed(event), fed(event)
    assert first.found[0].alert_id == second.found[0].alert_id
    assert len(first.found[0].alert_id) == 24


def test_after_a_restart_what_was_told_is_not_told_again() -> None:
    before = fed([*calm(), *after(10, mood=-0.4)])
    row = {**before.found[0].row(), "at": before.found[0].at.replace(tzinfo=None)}
    restarted = Alerts(told(), "live")
    for w in calm():  # what the warehouse had is less than what had been seen
        restarted.recall(w)
    restarted.resume([row])
    for w in after(20, mood=-0.4):
        restarted.saw(w, w.start.timestamp() + 35)
    assert kinds(restarted) == []


def test_a_forgotten_channel_has_no_alerts() -> None:
    alerts = fed([*calm(), *after(30, mood=-0.4)])
    alerts.forget_channel("demo")
    assert alerts.found == []


def test_rules_run_on_their_own_say_when_they_begin_to_be_met() -> None:
    rules = StreamRules(told())
    found = [(k, kind) for k, w in enumerate([*calm(), *after(30, mood=-0.4)])
             for kind, _ in rules.saw(w)]  # fmt: skip
    assert [kind for _, kind in found] == ["mood_drop"]


# -- new terms ---------------------------------------------------------------------------------


def term(name: str = "PogShip", **more: Any) -> dict[str, Any]:
    return {
        "term": name, "first_seen": utc(T - 3600), "n": 40, "n_chatters": 12, "n_channels": 1,
        "n_scored": 22, "valence": 1.84, "valence_low": -0.31, "valence_high": 3.9, **more,
    }  # fmt: skip


def test_a_new_term_with_evidence_is_told_for_all_channels() -> None:
    alerts = Alerts(told(), "live")
    alerts.terms([term()], T, T + 5)
    (alert,) = alerts.found
    assert (alert.alert_id, alert.channel, alert.kind) == ("new_term PogShip", "", "new_term")
    assert alert.detail == {
        "term": "PogShip", "n": 40, "n_chatters": 12, "n_channels": 1, "n_scored": 22,
        "valence": 1.8, "valence_low": -0.3, "valence_high": 3.9, "source": "live",
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [{"n": 19}, {"n_chatters": 4}, {"valence": None}, {"first_seen": utc(T - 90_000)}],
)
def test_a_term_without_evidence_or_of_long_ago_is_not_told(more: dict[str, Any]) -> None:
    alerts = Alerts(told(), "live")
    alerts.terms([term(**more)], T, T + 5)
    assert alerts.found == []


def test_terms_of_the_past_or_told_before_are_left_out() -> None:
    alerts = Alerts(told(), "live")
    alerts.terms([term()], T, T + 3600)
    assert alerts.found == []
    alerts.terms([term()], T, T)
    alerts.known(["new_term PogShip"])
    assert alerts.found == []


# -- through the engine ------------------------------------------------------------------------


@pytest.fixture
def t0() -> float:
    """The start of a window 40 minutes ago, so that the last ones fed are live."""
    return float(window_start(time.time()) - 80 * 30)


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Iterator[Engine]:
    engine = Engine(folder, settings(), "live", store, told())
    yield engine
    engine.finish()


def chat(t0: float, k: int, texts: list[str]) -> tuple[Item, ...]:
    said = [Message(f"{k}-{i}", "demo", t0 + 30 * k + 1 + i, f"u{i}", text)
            for i, text in enumerate(texts)]  # fmt: skip
    return (*said, Heard("demo", t0 + 30 * k + 36))


def happened(engine: Engine, t0: float, since: int, until: int) -> None:
    """Windows since..until: calm, from the 78th on angry."""
    for k in range(since, until):
        texts = ["great", "hello", "terrible", "nice", "well", "so", "good", "this"]
        if k >= 78:
            texts = ["terrible horrible awful"] * 12
        first = (StreamStart("demo", t0, "s1"), Watch("demo", t0)) if k == 0 else ()
        engine.feed(Batch(t0 + 30 * k + 36, (*first, *chat(t0, k, texts))))


def test_an_alert_is_committed_published_and_put_to_the_webhook_once(
    engine: Engine, folder: DataFolder, store: Store, t0: float
) -> None:
    put_to: list[str] = []
    engine.state.webhook.put = lambda alerts: put_to.extend(a.kind for a in alerts)  # type: ignore[method-assign,assignment]
    happened(engine, t0, 0, 80)
    assert stored(store, "SELECT channel, kind FROM alerts") == [("demo", "mood_drop")]
    ((detail,),) = rows(folder, "SELECT detail FROM alerts")
    assert orjson.loads(detail)["n"] >= 20
    assert "terrible" not in detail and "u1" not in detail
    assert put_to == ["mood_drop"]


def test_an_alert_of_a_mood_has_the_forecast_that_is_shown_with_it(
    folder: DataFolder, store: Store, t0: float
) -> None:
    engine = Engine(folder, settings(forecast=True), "live", store, told())
    put_to: list[Any] = []
    engine.state.webhook.put = put_to.extend  # type: ignore[method-assign]
    happened(engine, t0, 0, 80)
    ((detail, at),) = stored(store, 'SELECT detail, "at" FROM alerts')
    five = "SELECT [five_q10, five_q50, five_q90] FROM forecasts"
    assert [(orjson.loads(detail)["five"],)] == stored(store, f"{five} WHERE cutoff = '{at}'")
    assert [a.detail for a in put_to] == [orjson.loads(detail)]
    engine.finish()


FIVE = {"five_q10": -0.1, "five_q50": 0.0, "five_q90": 0.1}


@pytest.mark.parametrize(
    ("kind", "later_s", "values"),
    [("silence", 0, FIVE), ("mood_drop", -30, FIVE), ("mood_drop", 0, {})],
    ids=["another rule", "a forecast of before", "of an earlier version"],
)
def test_another_alert_or_forecast_says_nothing_of_the_five_minutes(
    kind: str, later_s: float, values: dict[str, float]
) -> None:
    bands = dict.fromkeys(("q025", "q10", "q50", "q90", "q975"), (0.0,) * 10)
    volumes = dict.fromkeys(("volume_q10", "volume_q50", "volume_q90"), (9.0,) * 10)
    forecast = Forecast("demo", utc(T + later_s), "lstm-1", **bands, **volumes, **values)
    alert = Alert("a", "demo", utc(T), kind, {"n": 3})
    assert foretold(alert, forecast) == foretold(alert, None) == alert
    drop = replace(alert, kind="mood_drop")
    whole = replace(forecast, cutoff=utc(T), **FIVE)
    assert foretold(drop, whole).detail == {"n": 3, "five": [-0.1, 0.0, 0.1]}


def test_a_restart_in_the_middle_of_an_event_tells_nothing_again(
    engine: Engine, folder: DataFolder, store: Store, t0: float
) -> None:
    happened(engine, t0, 0, 79)
    before = stored(store, "SELECT alert_id FROM alerts")
    assert len(before) == 1
    engine.finish()
    again = Engine(folder, settings(), "live", store, told())
    put_to: list[str] = []
    again.state.webhook.put = lambda alerts: put_to.extend(a.kind for a in alerts)  # type: ignore[method-assign,assignment]
    happened(again, t0, 79, 80)
    again.finish()
    assert stored(store, "SELECT alert_id FROM alerts") == before
    assert put_to == []


def test_what_is_usual_survives_a_restart(
    engine: Engine, folder: DataFolder, store: Store, t0: float
) -> None:
    happened(engine, t0, 0, 77)
    engine.finish()
    again = Engine(folder, settings(), "live", store, told())
    happened(again, t0, 77, 80)
    again.finish()
    assert stored(store, "SELECT kind FROM alerts") == [("mood_drop",)]


def test_what_is_forgotten_takes_its_alerts_along(store: Store) -> None:
    made = [{"alert_id": f"new_term {name}", "at": utc(T), "kind": "new_term", "detail": "{}"}
            for name in ("PogShip", "ann_17")]  # fmt: skip
    own = {"alert_id": "x", "channel": "demo", "at": utc(T), "kind": "silence", "detail": "{}"}
    put(store, alerts=[*made, own])
    erase_terms(store, ["ann_17"])
    assert stored(store, "SELECT alert_id FROM alerts ORDER BY 1") == [
        ("new_term PogShip",),
        ("x",),
    ]
    erase_channel(store, "demo")
    assert stored(store, "SELECT alert_id FROM alerts") == [("new_term PogShip",)]
    assert store.take_touched()["alerts"][1] == {"2026-01"}


def test_a_term_that_only_a_forgotten_channel_used_is_no_alert_any_more(store: Store) -> None:
    proposal = {"term": "PogShip", "channel": "", "kind": "emote", "n": 9, "n_channels": 1,
                "status": "proposed"}  # fmt: skip
    used = {"channel": "demo", "start": utc(T), "term": "PogShip", "kind": "emote", "n": 9,
            "contribution": 0.1}  # fmt: skip
    alert = {"alert_id": "new_term PogShip", "at": utc(T), "kind": "new_term", "detail": "{}"}
    put(store, vocabulary=[proposal], window_terms=[used], alerts=[alert])
    erase_channel(store, "demo")
    assert stored(store, "SELECT count(*) FROM alerts") == [(0,)]


# -- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["http://example.org/hook/s3cr3t", "ftp://127.0.0.1/s3cr3t", "s3cr3t", "file:///s3cr3t"],
)
def test_an_address_in_the_clear_is_refused_without_quoting_it(address: str) -> None:
    with pytest.raises(ValidationError) as caught:
        told(webhook=address)
    assert "s3cr3t" not in caught.value.errors()[0]["msg"]
    assert "https://" in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("address", ["https://example.org/x", "http://127.0.0.1:1/x", "", "  "])
def test_https_loopback_and_nothing_are_addresses(address: str) -> None:
    assert told(webhook=address).webhook.get_secret_value() == address.strip()
    assert "example" not in repr(told(webhook=address))


def test_a_mood_by_emotes_is_no_drop_of_the_mood_by_words() -> None:
    drop = [window(CALM + k, mood=-0.5, basis="emotes") for k in range(12)]
    assert "mood_drop" in kinds(fed([*calm(), *(replace(w, basis="words") for w in drop)]))
    assert kinds(fed([*calm(), *drop])) == []
    usual = [window(CALM + k, 8 + 4 * (k % 2), -0.5, basis="emotes") for k in range(CALM)]
    again = [window(2 * CALM + k, mood=0.1, basis="emotes") for k in range(8)]
    assert kinds(fed([*calm(), *usual, *again])) == ["mood_spike"], "of its own usual mood"
