"""Lambda function `score`: chat messages in, their compounds out, in the order they came.

A request is {"v": 1, "messages": [{"text": "...", "emotes": ["LUL"], "id": "..."}, ...]}; or, in a
message of SQS, a body as `collect` sends it. ids are answered where messages have some.
"""

from base64 import b64decode
from typing import Any

from pipeline.chat.message import Message
from pipeline.chat.oddities import Malformed
from pipeline.lambdas.events import Answer, answered, entries, request
from pipeline.queue.body import unpack
from pipeline.scoring.full_scorer import FullScorer
from warehouse.errors import BadInput

_scorer = FullScorer()

_Spoken = tuple[str, list[str] | tuple[str, ...], str]  # text, emotes, id


def handler(event: dict[str, Any], context: object) -> Answer:
    """Answer as Lambda calls it."""
    return answered(event, _read, _answer)


def _read(body: str) -> Any:
    """The request in a message of SQS. Raises BadInput, NewerBody."""
    if body.lstrip().startswith("{"):
        return request(body)
    try:
        items = unpack(b64decode(body, validate=True)).items
    except (ValueError, Malformed) as exc:
        raise BadInput("the message is neither JSON nor a body of the queue") from exc
    said = (item for item in items if isinstance(item, Message))
    messages = [{"text": m.text, "emotes": m.emotes or (), "id": m.id} for m in said]
    return {"v": 1, "messages": messages}


def _answer(told: Any) -> Answer:
    messages = [_spoken(message) for message in entries(told, "messages")]
    compounds = [_scorer.compound(text, emotes) for text, emotes, _ in messages]
    ids = [message_id for *_, message_id in messages]
    answer = {"v": 1, "lexicon_version": _scorer.version, "compounds": compounds}
    return {**answer, "ids": ids} if any(ids) else answer


def _spoken(message: Any) -> _Spoken:
    """A message of a request. Raises BadInput."""
    if not isinstance(message, dict) or not isinstance(message.get("text"), str):
        raise BadInput("a message has a text")
    emotes = message.get("emotes") or ()
    if not isinstance(emotes, list | tuple) or not all(isinstance(e, str) for e in emotes):
        raise BadInput("emotes of a message are a list of names")
    return message["text"], emotes, str(message.get("id") or "")
