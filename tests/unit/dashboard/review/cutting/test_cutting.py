"""What is typed as a range, and where Twitch's player plays."""

from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.review.cutting import own_ranges, vod_player


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1:02:10", 3730), ("62:10", 3730), (" 3730 ", 3730), ("0:00:00", 0), ("", None),
        ("-5", None), ("1:2:3:4", None), ("1:02:xx", None), ("١:٠٢", None), ("9" * 30, None),
    ],
)  # fmt: skip
def test_a_time_from_the_start_is_read_as_people_type_it(text: str, found: int | None) -> None:
    assert own_ranges.seconds(text) == found


def test_the_player_is_asked_for_one_second_of_the_video_and_for_this_page() -> None:
    address = urlsplit(vod_player.address("123", "dashboard.example.com", 3723, plays=True))
    assert (address.scheme, address.netloc, address.path) == ("https", "player.twitch.tv", "/")
    assert parse_qs(address.query) == {
        "video": ["v123"], "parent": ["dashboard.example.com"], "time": ["1h2m3s"],
        "autoplay": ["true"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost:8501/review", ""),
        ("https://dashboard.example.com/review", ""),
        ("http://127.0.0.1:8501/review", 'href="http://localhost:8501/review'),
        ("http://[::1]/review", 'href="http://localhost/review'),
        ("http://192.168.1.7:8501/review", "needs a page with https"),
        ("https://192.168.1.7/review", "needs a page with https"),
        ("http://dashboard.example.com/review", "needs a page with https"),
    ],
)
def test_where_twitch_plays_nothing_the_page_says_what_to_do(url: str, said: str) -> None:
    refusal = vod_player.refusal(urlsplit(url))
    assert (said in refusal.text) if refusal else not said
