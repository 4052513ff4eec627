"""Recaps: what is told of a stream that is over, and its picture."""

import struct
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.config import RecapSettings
from pipeline.recap.chart import APART, LINE, drawing, picture
from pipeline.recap.child import made
from pipeline.recap.message import discord, plain_json
from pipeline.recap.recap import Recap, recap_of
from tests.helpers import streams_over
from tests.helpers.streams_over import NAME
from warehouse.errors import BadInput
from warehouse.moments.cuts import LEAD_S
from warehouse.published.reader import Reader

HOSTILE = "@everyone [x](https://evil.example) **b** <@1> " + "\u202e" + "W" * 500


def recap(root: Path, **more: Any) -> Recap:
    return recap_of(Reader(streams_over.write(root, **more)), NAME)


def described(of: Recap) -> str:
    (embed,) = discord(of, "demo")["embeds"]
    return str(embed["description"]).replace("\\", "")


def test_a_recap_tells_the_stream_beside_those_before_it(tmp_path: Path) -> None:
    of = recap(tmp_path)
    assert (of.n, of.mood, of.label, of.basis) == (1837, 0.21, "positive", "words")
    usual = of.usual_mood
    assert usual is not None and (usual.streams, round(usual.middle, 3)) == (4, 0.025)
    told = described(of)
    assert "40 min · 1,837 messages · 46 a minute, usually 40" in told
    assert "Mood **+0.21**, positive; higher than usual" in told
    assert "(+0.02 to +0.03 in the middle half of 4 streams before)" in told
    assert "· 1 message ·" in described(replace(of, n=1))
    assert "mood" in discord(of, "demo")["embeds"][0]["footer"]["text"]


@pytest.mark.parametrize(
    ("mood", "past", "said"),
    [
        (-0.3, 4, "negative; lower than usual"),
        (0.015, 4, "about neutral; as usual"),
        (0.2, 2, "positive; too few streams before it to compare"),
    ],
)
def test_a_mood_is_compared_by_the_numbers_that_are_shown(
    mood: float, past: int, said: str, tmp_path: Path
) -> None:
    assert said in described(recap(tmp_path, mood=mood, past=past))


def test_moments_come_in_order_with_a_link_before_what_they_are(tmp_path: Path) -> None:
    of = recap(tmp_path)
    best = next(one for one in of.moments if "KEKW" in one.text)
    begins = streams_over.BURST * 30
    assert best.at_s == begins
    m, s = divmod(begins - LEAD_S, 60)
    assert best.link == f"https://www.twitch.tv/videos/123?t=0h{m}m{s}s"
    assert [one.at_s for one in of.moments] == sorted(one.at_s for one in of.moments)
    link = "https://www.twitch.tv/videos/123?t=0h24m30s"
    assert f". [0:25:00]({link}) **{best.title}**: KEKW x" in described(of)


def test_a_weak_moment_says_maybe(tmp_path: Path) -> None:
    of = recap(tmp_path)
    best = next(one for one in of.moments if "KEKW" in one.text)
    assert best.grade == "sure" and "(maybe)" not in described(replace(of, moments=(best,)))
    weak = replace(of, moments=(replace(best, grade="maybe"),))
    assert described(weak).endswith(" (maybe)")


def test_without_a_vod_a_moment_has_its_time_alone(tmp_path: Path) -> None:
    of = recap(tmp_path, vod_id=None)
    assert {one.link for one in of.moments} == {None}
    assert ". 0:25:00 **" in described(of) and "twitch.tv" not in described(of)


def test_a_mood_that_cannot_be_read_is_not_told(tmp_path: Path) -> None:
    folder = streams_over.write(tmp_path)

    class Unread(Reader):
        def query(self, name: str, **values: Any) -> Any:
            table = super().query(name, **values)
            if name != "dash_stream":
                return table
            place = table.schema.get_field_index("readable")
            return table.set_column(place, "readable", [[0.1]])

    of = recap_of(Unread(folder), NAME)
    assert of.mood is None and "so no mood is told" in described(of)
    assert of.usual_mood is None
    assert LINE in drawing(recap(tmp_path)) and LINE not in drawing(of)
    assert plain_json(of, "demo", b"")["label"] is None
    assert "mood" not in discord(of, "demo")["embeds"][0]["footer"]["text"]


def test_hostile_titles_and_names_are_only_text_and_fit(tmp_path: Path) -> None:
    message = discord(recap(tmp_path, title=HOSTILE), HOSTILE, "http://127.0.0.1:8501")
    (embed,) = message["embeds"]
    assert message["allowed_mentions"] == {"parse": []}
    for text in (message["content"], embed["title"]):
        assert "\\@everyone \\[x\\]\\(https" in text or "\\@everyone" in text
        assert "](" not in text and "\u202e" not in text and " **b" not in text
    assert len(embed["title"]) <= 256 and len(embed["description"]) <= 4096
    texts = (embed["title"], embed["description"], embed["footer"]["text"])
    assert sum(map(len, texts)) <= 6000
    assert embed["url"] == "http://127.0.0.1:8501/review?stream=demo%3A20261122T120000"
    assert "url" not in discord(recap(tmp_path), "demo")["embeds"][0]


def test_simulated_chat_says_so(tmp_path: Path) -> None:
    of = recap(tmp_path, source="simulated")
    assert discord(of, "demo")["content"] == "Simulated: the stream of demo is over"


def test_plain_json_has_the_numbers_and_the_picture(tmp_path: Path) -> None:
    folder = streams_over.write(tmp_path)
    settings = RecapSettings(_env_file=None, format="json")  # type: ignore[call-arg]
    told = orjson.loads(made(folder, settings, NAME, "demo"))["message"]
    assert (told["channel"], told["messages"], told["mood"]) == ("demo", 1837, 0.21)
    assert told["usual_mood"] == {"middle": 0.025, "low": 0.017, "high": 0.032, "streams": 4}
    assert told["moments"][0].keys() == {"at_s", "kind", "title", "text", "grade", "link"}
    assert told["picture"]["base64"].startswith("iVBORw0KGgo")


@pytest.mark.parametrize(
    ("more", "why"),
    [({"ended_at": None}, "that is over"), ({"stream_id": "other"}, "no stream")],
)
def test_what_is_not_over_has_no_recap(more: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=why):
        recap(tmp_path, **more)


def test_the_picture_is_small_and_has_no_letters_of_others(tmp_path: Path) -> None:
    of = recap(tmp_path, title=HOSTILE)
    png = picture(of)
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (1200, 400)
    assert len(png) < 100_000
    svg = drawing(of)
    assert "<text" not in svg and "evil" not in svg and "font" not in svg, "no fonts are needed"


def test_moments_at_one_time_have_circles_side_by_side(tmp_path: Path) -> None:
    of = recap(tmp_path)
    crowded = Recap(**{**vars(of), "moments": of.moments[:1] * 5})
    xs = [float(part.split('"')[0]) for part in drawing(crowded).split('<circle cx="')[1:]]
    assert len(xs) == 5 and min(b - a for a, b in pairwise(xs)) >= APART - 0.1
    late = Recap(**{**vars(of), "moments": tuple(_at(one, 2400) for one in of.moments[:1] * 5)})
    xs = [float(part.split('"')[0]) for part in drawing(late).split('<circle cx="')[1:]]
    assert max(xs) + 17 <= 1200


def _at(one: Any, at_s: int) -> Any:
    return type(one)(**{**vars(one), "at_s": at_s})
