import pytest

from warehouse.trust import CLEAR, ENOUGH, grade


@pytest.mark.parametrize(
    ("skill", "targets", "told"),
    [
        (0.9, ENOUGH - 1, "new"), (None, 0, "new"), (CLEAR, ENOUGH, "clearly"),
        (CLEAR - 0.006, ENOUGH, "little"), (0.006, ENOUGH, "little"), (0.0, ENOUGH, "not"),
        (CLEAR - 0.004, ENOUGH, "clearly"), (0.004, ENOUGH, "not"),
        (-0.2, ENOUGH, "not"), (None, ENOUGH, "not"),
    ],
)  # fmt: skip
def test_a_record_has_three_grades_or_is_too_new(
    skill: float | None, targets: int, told: str
) -> None:
    assert grade(skill, targets) == told
