"""The review desk: one term, what speaks for its valence, and the buttons that decide."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import streamlit as st

from dashboard import bars, frame, requests, words
from dashboard.markup import Markup, row, span
from dashboard.series import Row
from dashboard.style import CONFIG
from warehouse.errors import BadInput

ALL = ""
_ASKED = "asked"  # session: (request id, what was asked), the newest last
_ANSWERED = "answered"  # session: how many of them have an answer
_SHOWN = 4
_STEP = 0.1


def desk(term: Row, channels: Sequence[str]) -> None:
    """Everything about one term, and what can be decided on it."""
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
            _open(term, channels)
        else:
            _closed(term, channels)
        _answers()


def _head(term: Row) -> Markup:
    name = span(words.plain(term["term"], 60), cls="dld-name")
    where = words.plain(term["channel"]) or "all channels"
    pill = span(_state(term), cls=f"dld-pill {term['status']}")
    return row(name, span(where, cls="dld-login"), pill, cls="dld-head")


def _state(term: Row) -> str:
    return "drifted" if is_drift(term) else str(term["status"])


def is_drift(term: Row) -> bool:
    """Whether a term that is in force seems to mean something else now."""
    return term["status"] == "proposed" and term["in_force"] is not None


def _spoken(term: Row) -> str:
    low, high = words.signed(term["valence_low"], 1), words.signed(term["valence_high"], 1)
    return f"Valence {words.signed(term['valence'], 1)}, 80 % interval {low} to {high}"


def _facts(term: Row) -> Markup:
    pairs = [("Valence", _valence(term))]
    if is_drift(term):
        known, now = (words.signed(term[k], 1) for k in ("in_force", "valence"))
        pairs.append(("Drift", f"known at {known}; lately used like {now}"))
    elif term["in_force"] is not None:
        pairs.append(("In force", words.signed(term["in_force"], 1)))
    pairs += [
        ("Seen", _seen(term)),
        ("Evidence", words.plain(term["evidence"], 200) or "none: it was added by hand"),
        ("Impact", f"would {impact(term)}"),
    ]
    if term["decided_at"] is not None:
        at = words.moment(term["decided_at"].replace(tzinfo=UTC), frame.reader_zone())
        pairs.append(("Decided", f"{at} by {words.plain(term['decided_by'], 60)}"))
    return row(*(span(x) for pair in pairs for x in pair), cls="dld-facts")


def _valence(term: Row) -> str:
    if term["valence"] is None:
        return "too little company to tell; a person can"
    return f"{words.signed(term['valence'], 1)} on the scale from −4 to +4"


def _seen(term: Row) -> str:
    source = {"twitch": "Twitch", "bttv": "BTTV", "ffz": "FFZ", "7tv": "7TV"}
    provider = source.get(term["provider"] or "")
    many = f"{words.messages(term['n'])}, {words.count(term['n_channels'])} channels"
    if term["n_channels"] == 1:
        many = many.removesuffix("s")
    return f"{many}, {provider} emote" if provider else many


def impact(term: Row) -> str:
    """What accepting the term would change, in words."""
    if not term["impact_windows"] or term["impact"] is None:
        return "change nothing that is known of: no window of the last day holds it"
    n = words.count(term["impact_windows"])
    windows = "window" if term["impact_windows"] == 1 else "windows"
    return f"move {n} {windows} of the last day by {words.signed(term['impact'], 3)} on average"


def _open(term: Row, channels: Sequence[str]) -> None:
    place = _place(term, channels)
    value = st.slider(
        "Valence", -4.0, 4.0, float(round(term["valence"] or 0.0, 1)), _STEP,
        key=f"valence-{term['term']}-{term['channel']}", format="%+.1f",
    )  # fmt: skip
    same = term["valence"] is not None and abs(value - round(term["valence"], 1)) < _STEP / 2
    accept, reject = st.columns(2)
    told = words.signed(value, 1)
    label = f"Accept at {told}" if same else f"Change to {told}"
    if accept.button(label, key="accept", type="primary", width="stretch", icon=":material/check:"):
        body = {"decision": "accept"} if same else {"decision": "change", "valence": value}
        _ask(term, {**body, "channel": place, "kind": term["kind"]}, label)
    refuse = "Keep as it is" if is_drift(term) else "Reject"
    if reject.button(refuse, key="reject", width="stretch", icon=":material/close:"):
        _ask(term, {"decision": "reject", "channel": place}, refuse)


def _closed(term: Row, channels: Sequence[str]) -> None:
    place = _place(term, channels)
    value = st.slider(
        "Another valence", -4.0, 4.0, float(round(term["valence"] or 0.0, 1)), _STEP,
        key=f"valence-{term['term']}-{term['channel']}", format="%+.1f",
    )  # fmt: skip
    left, right = st.columns(2)
    label = f"Change to {words.signed(value, 1)}"
    if left.button(label, key="change", width="stretch", icon=":material/edit:"):
        _ask(term, {"decision": "change", "valence": value, "channel": place,
                    "kind": term["kind"]}, label)  # fmt: skip
    if right.button("Undo the last decision", key="undo", width="stretch", icon=":material/undo:"):
        _ask(term, {"decision": "undo", "channel": term["channel"]}, "Undo")


def _place(term: Row, channels: Sequence[str]) -> str:
    if term["channel"]:
        return str(term["channel"])
    found = st.selectbox(
        "For", [ALL, *channels], key=f"for-{term['term']}",
        format_func=lambda c: words.plain(c) if c else "all channels",
    )  # fmt: skip
    return found or ALL


def _ask(term: Row, body: dict[str, Any], label: str) -> None:
    seen = term["decided_at"]
    body["term"] = term["term"]
    if body["channel"] == term["channel"]:
        body["seen"] = None if seen is None else seen.replace(tzinfo=UTC).isoformat()
    try:
        request_id = requests.ask("vocabulary", body)
    except BadInput as exc:
        st.error(words.plain(str(exc), 400), icon=":material/lock:")
        return
    asked = st.session_state.setdefault(_ASKED, [])
    asked.append((request_id, f"{words.plain(term['term'], 60)}: {label}"))
    del asked[:-_SHOWN]


@st.fragment(run_every=2)
def _answers() -> None:
    """What became of what was asked, the newest first; an answer draws the page anew."""
    count = answered()
    if count > st.session_state.get(_ANSWERED, 0):
        st.session_state[_ANSWERED] = count
        st.rerun()
    st.session_state[_ANSWERED] = count
    for request_id, what in reversed(st.session_state.get(_ASKED, [])):
        found = requests.answer(request_id)
        if found is None:
            told = "asked; in force from the next window, as soon as the pipeline reads it"
        elif found:
            told = f"refused: {words.plain(found, 300)}"
        else:
            told = "done; in force from the next window"
        state = "waits" if found is None else "refused" if found else "done"
        frame.put(row(span(what, cls="what"), span(told), cls=f"dld-answer {state}"))


def answered() -> int:
    """How many of the requests asked here have an answer."""
    return sum(
        requests.answer(request_id) is not None
        for request_id, _ in st.session_state.get(_ASKED, [])
    )
