"""Names of files: whose chat they have, and what of them is private."""

from pathlib import Path

import pytest

from pipeline.imports.names import channel_of, withheld


@pytest.mark.parametrize(
    ("name", "channel"),
    [("demo-2026-01-31.log", "demo"), ("demo-318472649931.log", "demo"), ("#Demo.log", "demo"),
     ("2026-01-01_#demo.log", "demo"), ("irc.twitch.#demo.weechatlog", "demo"),
     ("#demo_20260131.log", "demo"), ("2026-01-31_twitch_demo.txt", "demo"),
     ("notes.txt", ""), ("demo-1.log", "")],
)  # fmt: skip
def test_programs_name_files_after_channels(name: str, channel: str) -> None:
    assert channel_of(Path("logs") / name, by_file=True) == channel
    assert channel_of(Path("logs") / name, by_file=False) == ""


def test_overrustle_names_a_folder_after_a_channel() -> None:
    path = Path("x/Demo chatlog/May 2018/2018-05-07.txt")
    assert channel_of(path, by_file=False) == "demo"


@pytest.mark.parametrize(
    "path",
    ["Twitch/Whispers/whispers-2026-01-31.log", "whispers-2026-01-31.log", "$ann.log",
     "Twitch/Mentions/mentions-2026-01-31.log", "Twitch/Live/live-2026-01-31.log",
     "Twitch/AutoMod/automod-2026-01-31.log", "2026-01-31_$ann.log", "highlighted.log",
     "customTab-Friends.log", "Twitch/Whispers/renamed-2026-01-31.log",
     "Channels/Twitch/Whispers/whispers-2026-01-31.log"],
)  # fmt: skip
def test_what_is_private_or_told_elsewhere_is_known_by_name(path: str) -> None:
    assert withheld(Path(path))


@pytest.mark.parametrize(
    "path",
    ["Twitch/Channels/live/live-2026-01-31.log", "Twitch/Channels/demo/demo-2026-01-31.log",
     "#demo.log", "Live/chat.json", "demo-2026-01-31.log"],
)  # fmt: skip
def test_chat_of_channels_is_not_held_back(path: str) -> None:
    assert withheld(Path(path)) == ""
