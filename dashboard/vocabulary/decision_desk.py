"""The review desk: one term, what speaks for its valence, and the buttons that decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard import access, data, frame, inbox, wording, worker
from dashboard.charts import bars
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG
from dashboard.markup import Markup, row, span
from warehouse.errors import AppError, BadInput, NotAuthorised
from warehouse.published.manifest import Manifest

DecidedAt = Mapping[str, datetime | None]  # by channel: when the term was last decided on
ALL = ""
PATIENCE = timedelta(seconds=60)  # a running pipeline answers within seconds
_ANSWERED = "answered"  # session: how many requests have an answer
_TROUBLE = "not_asked"  # session: why the last request could not be put in
_VERSION = "answered_at"  # session: what was published when the last answer came
_SHOWN = 4
PROVIDERS = {"twitch": "Twitch", "bttv": "BTTV", "ffz": "FFZ", "7tv": "7TV"}
MOST_PEOPLE = 50  # the pipeline counts no further
_STEP = 0.1
_VALENCES = [k / 10 for k in range(-40, 41)]


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """A request put in here: its id, the term, the button's words, and when."""

    id: str
    term: str
    label: str
    at: datetime


def notices(manifest: Manifest) -> None:
    """Why nothing can be decided here, or why nobody will answer for now."""
    quiet = frame.wall() - manifest.published_at
    if not inbox.can_ask():
        text = "You cannot decide here: this dashboard may not write to the inbox of its data."
        st.info(text, icon=":material/lock:")
    elif data.is_import(manifest):
        if not worker.is_there():
            st.warning(frame.NOBODY, icon=":material/schedule:")
    elif quiet.total_seconds() > frame.STALE_AFTER_S:
        st.warning(
            f"The pipeline has published nothing for {wording.lasting(quiet)} and may be off. "
            "Your decisions wait in its inbox until it runs.",
            icon=":material/schedule:",
        )


def desk(term: Row, terms: Sequence[Row], channels: Sequence[str]) -> None:
    """Everything about one term, and what can be decided on it. terms: the whole vocabulary."""
    decided_at = {t["channel"]: t["decided_at"] for t in terms if t["term"] == term["term"]}
    with st.container(border=True):
        frame.put(_head(term))
        if term["valence_low"] is not None and term["valence_high"] is not None:
            st.plotly_chart(
                bars.interval(term["valence_low"], term["valence"], term["valence_high"],
                              term["in_force"]),
                key="interval", config=CONFIG, alt=_spoken(term),
            )  # fmt: skip
        frame.put(_facts(term))
        if term["status"] == "proposed":
            _open(term, channels, decided_at)
        else:
            _closed(term, channels, decided_at)
        if not access.current().name:  # else that is who signs
            st.text_input(
                "Sign as", key="signed", max_chars=inbox.LONGEST_NAME, icon=":material/edit:",
                placeholder=f"{inbox.BY} (no name)",
            )  # fmt: skip
        if trouble := st.session_state.pop(_TROUBLE, ""):
            st.error(wording.plain(trouble, 400), icon=":material/lock:")
        _answers()


def _head(term: Row) -> Markup:
    name = span(wording.plain(term["term"], 60), cls="dld-name")
    where = wording.plain(called(term["channel"])) or "all channels"
    pill = span(_state(term), cls=f"dld-pill {term['status']}")
    return row(name, *_oddities(term["term"]), span(where, cls="dld-login"), pill, cls="dld-head")


def _oddities(term: str) -> list[Markup]:
    """A word of warning where a term is not what it looks like."""
    visible = wording.plain(term, 60)
    if visible == term:
        return []
    unseen = sorted({f"U+{ord(c):04X}" for c in term if wording.plain(c) != c})
    title = f"It holds {', '.join(unseen[:9])}" if unseen else "It is longer than can be shown"
    return [span("unseen characters" if unseen else "cut", cls="dld-pill odd", title=title)]


def _state(term: Row) -> str:
    return "drifted" if is_drift(term) else str(term["status"])


def is_drift(term: Row) -> bool:
    """True for a term in force that seems to mean something else now."""
    return term["status"] == "proposed" and term["in_force"] is not None


def is_idle(term: Row) -> bool:
    """True if the term was accepted and yet something else, or nothing, scores it."""
    return (
        term["status"] == "accepted"
        and term["decided_at"] is not None
        and (term["in_force"] != term["valence"])
    )


def _spoken(term: Row) -> str:
    low, high = wording.signed(term["valence_low"], 1), wording.signed(term["valence_high"], 1)
    return f"Valence {wording.signed(term['valence'], 1)}, 80 % interval {low} to {high}"


def _facts(term: Row) -> Markup:
    pairs = [("Valence", _valence(term))]
    if is_drift(term):
        before, now = (wording.signed(term[k], 1) for k in ("in_force", "valence"))
        pairs.append(("Drift", f"known at {before}; lately used like {now}"))
    elif is_idle(term):
        pairs.append(("In force", "kept, but not in force: the lexicon in use is plain VADER"))
    elif term["in_force"] is not None:
        pairs.append(("In force", wording.signed(term["in_force"], 1)))
    pairs += [
        ("Seen", _use(term)),
        *([("Trend", term["trend"])] if term.get("trend") else []),
        ("Evidence", wording.plain(term["evidence"], 250) or "none: it was added by hand"),
        ("Impact", f"would {impact(term)}"),
    ]
    if term["decided_at"] is not None:
        at = wording.moment(term["decided_at"].replace(tzinfo=UTC), frame.reader_zone())
        pairs.append(("Decided", f"{at} by {wording.plain(term['decided_by'], 60)}"))
    return row(*(span(x) for pair in pairs for x in pair), cls="dld-facts")


def _valence(term: Row) -> str:
    if term["valence"] is None:
        return "too few messages around it to tell; you decide"
    return f"{wording.signed(term['valence'], 1)} on the scale from −4 to +4"


def _use(term: Row) -> str:
    many = f"{wording.messages(term['n'])}, {wording.count(term['n_channels'])} channels"
    if term["n_channels"] == 1:
        many = many.removesuffix("s")
    who = people(term)
    by = "" if who == wording.MISSING else ", 1 person" if who == "1" else f", {who} people"
    return f"{many}{by}, {origin(term)}"


def people(term: Row) -> str:
    """How many used it; they are counted up to 50."""
    n = term.get("n_chatters")
    return f"{MOST_PEOPLE}+" if n is not None and n >= MOST_PEOPLE else wording.count(n)


def origin(term: Row) -> str:
    """word, emote, 7TV emote."""
    provider = PROVIDERS.get(term["provider"] or "", "")
    return f"{provider} {wording.plain(term['kind'])}".strip()


def impact(term: Row) -> str:
    """What accepting the term would change, in words."""
    of_logs = data.is_import(data.manifest())
    if not term["impact_windows"] or term["impact"] is None:
        return "change nothing that is known of" + (
            "" if of_logs else ": no window of the last day holds it"
        )
    n = wording.count(term["impact_windows"])
    windows = "window" if term["impact_windows"] == 1 else "windows"
    which = "that hold it" if of_logs else "of the last day"
    by = wording.signed(term["impact"], 3)
    if abs(term["impact"]) < 0.0005:
        by = "less than 0.001"
    return f"move {n} {windows} {which} by {by} on average"


def otherwise(term: Row, value: float) -> str:
    """What another valence would change, from the proposed one's impact in proportion: VADER
    bends only large sums. '' where nothing is known, or what is in force would be replaced."""
    if not term["impact"] or not term["valence"] or term["in_force"] is not None:
        return ""
    about = wording.signed(term["impact"] * value / term["valence"], 3)
    return f"At {wording.signed(value, 1)} it would move them by about {about}, in proportion."


def _open(term: Row, channels: Sequence[str], decided_at: DecidedAt) -> None:
    place, off = _place(term, channels), is_shut(term)
    value = _on_scale(term, "Valence")
    same = term["valence"] is not None and abs(value - round(term["valence"], 1)) < _STEP / 2
    if not same and (other := otherwise(term, value)):
        st.caption(other)
    accept, reject = st.columns(2)
    signed = wording.signed(value, 1)
    label = f"Accept at {signed}" if same else f"Change to {signed}"
    body = {"decision": "accept"} if same else {"decision": "change", "valence": value}
    args = term, decided_at, {**body, "channel": place, "kind": term["kind"]}, label
    accept.button(
        label, key="accept", type="primary", width="stretch", icon=":material/check:",
        disabled=off, on_click=_ask, args=args,
    )  # fmt: skip
    refuse = "Keep as it is" if is_drift(term) else "Reject"
    args = term, decided_at, {"decision": "reject", "channel": place}, refuse
    reject.button(
        refuse, key="reject", width="stretch", icon=":material/close:", disabled=off,
        on_click=_ask, args=args,
    )  # fmt: skip


def _closed(term: Row, channels: Sequence[str], decided_at: DecidedAt) -> None:
    place, off = _place(term, channels), is_shut(term)
    value = _on_scale(term, "Another valence")
    left, right = st.columns(2)
    label = f"Change to {wording.signed(value, 1)}"
    body = {"decision": "change", "valence": value, "channel": place, "kind": term["kind"]}
    left.button(
        label, key="change", width="stretch", icon=":material/edit:", disabled=off,
        on_click=_ask, args=(term, decided_at, body, label),
    )  # fmt: skip
    undo = {"decision": "undo", "channel": term["channel"]}
    right.button(
        "Undo the last decision", key="undo", width="stretch", icon=":material/undo:",
        disabled=off or term["decided_at"] is None,
        on_click=_ask, args=(term, decided_at, undo, "Undo"),
    )  # fmt: skip


def _on_scale(term: Row, label: str) -> float:
    chosen: float = st.select_slider(
        label, _VALENCES, round(term["valence"] or 0.0, 1),
        key=f"valence-{term['term']}-{term['channel']}", format_func=_one_digit,
    )  # fmt: skip
    return chosen


def _one_digit(valence: float) -> str:
    return wording.signed(valence, 1)


def called(channel: str) -> str:
    """The channel's name, '' for all."""
    return data.who().name_of(channel) if channel else ""


def _place(term: Row, channels: Sequence[str]) -> str:
    if term["channel"]:
        return str(term["channel"])
    everywhere = [ALL] if access.current().sees_all else []
    chosen = st.selectbox(
        "For", [*everywhere, *channels], key=f"for-{term['term']}",
        format_func=_called_plainly,
    )  # fmt: skip
    return chosen or ALL


def _called_plainly(channel: str) -> str:
    return wording.plain(called(channel)) or "all channels"


def _ask(term: Row, decided_at: DecidedAt, body: dict[str, Any], label: str) -> None:
    """Put a request in. Called with what was drawn when the button was, so that `decided_at` is
    what the reviewer saw, not what came since."""
    # a channel without a row of its own is decided on by the row for all
    at = decided_at.get(body["channel"], decided_at.get(ALL))
    subject = {"term": term["term"], "seen": None if at is None else wording.aware(at).isoformat()}
    try:
        signed = st.session_state.get("signed") or ""
        request_id = inbox.ask("vocabulary", {**body, **subject}, signed)
    except (BadInput, NotAuthorised) as exc:
        st.session_state[_TROUBLE] = str(exc)
        return
    _requests().append(DecisionRequest(request_id, term["term"], label, frame.wall()))
    del _requests()[:-_SHOWN]


def is_shut(term: Row) -> bool:
    """True if nothing can be decided on the term for now: a request is under way, or none can be
    put in."""
    waits = any(
        request.term == term["term"] and inbox.answer(request.id) is None for request in _requests()
    )
    return waits or not inbox.can_ask()


def _requests() -> list[DecisionRequest]:
    """What was asked lately in this visit, the newest last."""
    requests: list[DecisionRequest] = st.session_state.setdefault("asked", [])
    return requests


@frame.by_itself(2)
def _answers() -> None:
    """What became of what was asked, the newest first; an answer draws the page anew, and so
    does the publishing after it."""
    if _is_news():
        st.rerun()
    for request in reversed(_requests()):
        waited, of_logs = frame.wall() - request.at, data.is_import(data.manifest())
        state, sentence = outcome(inbox.answer(request.id), waited, of_logs)
        what = f"{wording.plain(request.term, 60)}: {request.label}"
        frame.put(row(span(what, cls="what"), span(sentence), cls=f"dld-answer {state}"))


def outcome(answer: str | None, waited: timedelta, of_logs: bool = False) -> tuple[str, str]:
    """(state, sentence) of a request: waits, done or refused. of_logs: where nothing is live."""
    since = "for what is imported from now on" if of_logs else "from the next window"
    if answer is None and waited > PATIENCE:
        return "waits", (
            f"asked, and not answered for {wording.lasting(waited)}; it waits until the pipeline "
            "runs"
        )
    if answer is None:
        return "waits", f"asked; in force {since}, as soon as the pipeline reads it"
    if answer == inbox.GONE:
        return "done", inbox.GONE
    if answer:
        return "refused", f"refused: {wording.plain(answer, 300)}"
    return "done", f"done; in force {since}"


def _is_news() -> bool:
    """True if the page knows less than was answered or, after an answer, was published."""
    count = answer_count()
    before = st.session_state.get(_ANSWERED, 0)
    st.session_state[_ANSWERED] = count
    version = _published() if _requests() else 0
    if count > before:
        st.session_state[_VERSION] = version
        return True
    then = st.session_state.get(_VERSION)
    if then is not None and then != version:
        del st.session_state[_VERSION]
        return True
    return False


def _published() -> int:
    """The version of what is published; 0 where nothing is that can be read."""
    try:
        return data.manifest().version
    except AppError:
        return 0


def answer_count() -> int:
    """How many of the requests asked here have an answer."""
    return sum(inbox.answer(request.id) is not None for request in _requests())
