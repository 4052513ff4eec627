"""Cuts lie around the reaction, and within the stream."""

from warehouse.moments.cuts import Cut, cut


def test_a_cut_begins_before_chat_reacts_and_ends_after() -> None:
    assert cut(100, 130) == Cut(70, 160)
    assert cut(100, 130, lead_s=0, tail_s=0) == Cut(100, 130)


def test_a_cut_stays_within_its_stream() -> None:
    assert cut(10, 40) == Cut(0, 70)
    assert cut(100, 130, length_s=135.7) == Cut(70, 135)
    assert cut(100, 130, length_s=20.0) == Cut(20, 20)
