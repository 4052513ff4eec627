"""How long the images' processes take to end when they are asked to: what a container engine waits
for before it kills them (10 s, most of them)."""

from pathlib import Path

from tests.machines import test_images
from tests.machines.containers import Built

built = test_images.built  # a fixture
MOST_S = 5.0


def test_several_machines_stop_in_time(built: dict[str, Built], tmp_path: Path) -> None:
    test_images.test_two_shards_and_a_mirror_are_one(built, tmp_path)
    took = built["pipeline"].stopped_s
    print(f"\nseconds from SIGTERM: {', '.join(f'{s:.1f}' for s in took)}")
    assert len(took) == 4
    assert max(took) < MOST_S
