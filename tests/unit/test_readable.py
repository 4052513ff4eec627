"""How much of a channel can be read, by script."""

import pytest

from pipeline.readable import Readable, is_latin


@pytest.mark.parametrize(
    ("text", "expected"),
    [("hello", True), ("", True), ("123 !!!", True), ("😂😂", True), ("¡qué bueno!", True),
     ("привет", False), ("日本語です", False), ("hello 日本", True), ("ok 日本語です", False)],
)  # fmt: skip
def test_a_text_is_latin_when_half_its_letters_are(text: str, expected: bool) -> None:
    assert is_latin(text) is expected


def test_the_share_is_exact_at_first_and_forgets_slowly() -> None:
    readable = Readable()
    for text in ("a", "б", "в", "d"):
        readable.saw(text)
    assert (readable.share, readable.n) == (0.5, 4)
    for _ in range(20_000):
        readable.saw("a")
    assert readable.share > 0.999
    for _ in range(20_000):
        readable.saw("б")
    assert readable.share < 0.001
