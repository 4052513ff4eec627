"""Where the project lies, for tests that start its processes or read its files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
