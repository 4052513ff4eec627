"""Data for scripts: what the dashboard shows, over HTTP, read-only, with a token a person."""
