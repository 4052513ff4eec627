"""Where chat comes from. A new source: a module here and a line in SOURCES."""

SOURCES = ("simulate", "replay", "irc", "eventsub")
