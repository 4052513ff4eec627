"""Every rule of the full scorer can be taken away, and then something scores otherwise."""

import pytest
from pytest import MonkeyPatch

from pipeline.scoring.full_scorer import FullScorer
from tests.helpers.scoring_rules import RULES, Rule, unbound


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_message_scores_otherwise_without_its_rule(rule: Rule, monkeypatch: MonkeyPatch) -> None:
    whole = FullScorer().compound(rule.shows)
    assert rule.without(monkeypatch).compound(rule.shows) != whole


def test_a_rule_that_does_not_exist_cannot_be_taken_away(monkeypatch: MonkeyPatch) -> None:
    with pytest.raises(AttributeError, match="no_such_rule"):
        unbound(no_such_rule=None)(monkeypatch)
