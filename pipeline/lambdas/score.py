"""Lambda function `score`: chat messages in, their compounds out, in the order they came.

A request is {"v": 1, "messages": [{"text": "...", "emotes": ["LUL"]}, ...]}.
"""

from collections.abc import Iterable
from typing import Any

from pipeline.lambdas.events import Answer, answered, entries, request
from pipeline.scoring.scorer import FullScorer
from warehouse.errors import BadInput

_scorer = FullScorer()


def handler(event: dict[str, Any], context: object) -> Answer:
    """What Lambda calls."""
    return answered(event, request, _of_request)


def _of_request(told: Any) -> Answer:
    return _answer(map(_spoken, entries(told, "messages")))


def _spoken(message: Any) -> tuple[str, tuple[str, ...]]:
    """(text, emotes) of a message of a request. Raises BadInput."""
    if not isinstance(message, dict) or not isinstance(message.get("text"), str):
        raise BadInput("a message has a text")
    emotes = message.get("emotes") or ()
    if not isinstance(emotes, list | tuple) or not all(isinstance(e, str) for e in emotes):
        raise BadInput("emotes of a message are a list of names")
    return message["text"], tuple(emotes)


def _answer(messages: Iterable[tuple[str, tuple[str, ...]]]) -> Answer:
    compounds = [_scorer.compound(text, emotes) for text, emotes in messages]
    return {"v": 1, "lexicon_version": _scorer.version, "compounds": compounds}
