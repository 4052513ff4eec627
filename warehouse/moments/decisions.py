"""Decisions of people on moments: kept, dropped, or a range of their own, as events tell them."""

DECISIONS = {
    "keep": "moment_kept",
    "drop": "moment_dropped",
    "clear": "moment_cleared",
    "add": "moment_added",
}
LONGEST_S = 3600  # of a range that somebody adds
LONGEST_TEXT = 200
# not of the stream but of whoever reviews it: drawn on no chart, told on no card
HIDDEN = list(DECISIONS.values())
