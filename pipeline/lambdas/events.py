"""Events of AWS Lambda: a request by itself, or a batch of SQS messages with one in each.

Answers go to the queue ANSWERS_QUEUE_URL where one is set, else back to the caller; SQS as a
trigger reads of them only which messages failed, and keeps those. Texts are never logged.
"""

import json
import logging
import os
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from warehouse.errors import AppError, BadInput

log = logging.getLogger(__name__)

MOST = 1 << 20  # characters of a message: what SQS takes

Answer = dict[str, Any]


def answered(event: Any, read: Callable[[str], Any], answer: Callable[[Any], Answer]) -> Answer:
    """The answer to a request; of a batch each message's by its id, and which of them failed."""
    if not isinstance(event, Mapping) or "Records" not in event:
        return answer(event)
    answers: dict[str, Answer] = {}
    failures = []
    for record in event["Records"]:
        told = record["messageId"]
        try:
            answers[told] = answer(read(checked(record.get("body"))))
            _send(told, answers[told])
        except Exception as exc:  # whatever is wrong with one, the others are answered
            why = str(exc) if isinstance(exc, AppError) else type(exc).__name__
            log.warning("message failed id=%s why=%s", told, why)
            failures.append({"itemIdentifier": told})
            answers.pop(told, None)
    return {"answers": {} if _queue() else answers, "batchItemFailures": failures}


def checked(body: object) -> str:
    """The text of a message. Raises BadInput."""
    if not isinstance(body, str):
        raise BadInput("the message has no body")
    if len(body) > MOST:
        raise BadInput(f"the message has {len(body)} characters; at most {MOST} are read")
    return body


def request(body: str) -> Any:
    """The JSON of a message. Raises BadInput."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise BadInput("the message is not JSON") from exc


def entries(told: Any, name: str) -> list[Any]:
    """The list `name` of a request of version 1. Raises BadInput."""
    if not isinstance(told, Mapping):
        raise BadInput("a request is an object")
    if told.get("v") != 1:
        raise BadInput(f"a request has v 1 and {name}")
    if not isinstance(told.get(name), list):
        raise BadInput(f"{name} of a request is a list")
    found: list[Any] = told[name]
    return found


def _send(told: str, answer: Answer) -> None:
    if url := _queue():
        _sqs().send_message(QueueUrl=url, MessageBody=json.dumps({"id": told, **answer}))


def _queue() -> str:
    return os.environ.get("ANSWERS_QUEUE_URL", "")


@cache
def _sqs() -> Any:
    return import_module("boto3").client("sqs")  # Lambda has it
