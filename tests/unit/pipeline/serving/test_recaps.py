"""The last stream in short, by the basis that more of it was read by."""

from pipeline.serving.live_moments import LiveMoments
from pipeline.serving.moods import Moods
from tests.helpers.build import intake, put, stream_row, window_row
from warehouse.store.store import Store


def test_a_stream_read_by_two_bases_is_told_by_the_one_with_more_messages(store: Store) -> None:
    put(
        store,
        streams=[stream_row(0, 120)],
        windows=[
            window_row(0, n=4, mean=0.9),
            window_row(30, n=6, mean=-0.2, basis="emotes"),
            window_row(60, n=2, mean=-0.4, basis="emotes"),
        ],
    )
    moments = LiveMoments(store, intake().gate, lambda channel: "1")
    moods = Moods(lambda channel: "1", moments)
    moods.read_recaps(store, "live", ())
    recap = moods.of("demo").recap
    assert recap is not None and (recap["n"], recap["mood"]) == (8, -0.25)
