import json
import logging
import zlib
from base64 import b64encode
from typing import Any

import pytest

from pipeline.chat.message import Message, Watch
from pipeline.lambdas import events, score
from pipeline.lambdas.events import MOST
from pipeline.queue.body import Body, pack
from pipeline.scoring.full_scorer import FullScorer
from warehouse.errors import BadInput

SECRET = "somebody said this"
BODY = Body(
    "r", 1, 0, "salt", "live", 1.0, 2.0,
    items=(
        Watch("demo", 1.0),
        Message("a", "demo", 1.5, "77", "great stream"),
        Message("b", "demo", 1.6, "78", f"{SECRET} KEKW", ("KEKW",)),
    ),
)  # fmt: skip
PACKED = b64encode(pack(BODY)).decode()
NEWER = b64encode(zlib.compress(json.dumps({"v": 2}).encode())).decode()
BAD = {
    "a truncated body of the queue": PACKED[:-8],
    "half a character of base64": PACKED[:-3],
    "a body of the queue of another version": NEWER,
    "a body that unpacks without end": b64encode(zlib.compress(bytes(64 << 20))).decode(),
    "bytes": b64encode(bytes(range(256))).decode(),
    "not JSON": f"{SECRET}",
    "truncated": json.dumps({"v": 1, "messages": [{"text": SECRET}]})[:-5],
    "of another version": json.dumps({"v": 2, "messages": [{"text": SECRET}]}),
    "of no version": json.dumps({"messages": [{"text": SECRET}]}),
    "a list": json.dumps([SECRET]),
    "a number": "7",
    "messages that are none": json.dumps({"v": 1, "messages": SECRET}),
    "a message that is none": json.dumps({"v": 1, "messages": [SECRET]}),
    "a text that is none": json.dumps({"v": 1, "messages": [{"text": [SECRET]}]}),
    "emotes that are none": json.dumps({"v": 1, "messages": [{"text": SECRET, "emotes": 5}]}),
    "emotes in a text": json.dumps({"v": 1, "messages": [{"text": SECRET, "emotes": "LUL"}]}),
    "deep": "[" * 100_000,
    "of 10 MB": json.dumps({"v": 1, "messages": [{"text": SECRET}] * 400_000}),
    "empty": "",
    "none": None,
}


def test_messages_are_scored_in_their_order_as_the_product_scores_them() -> None:
    told = [("great stream", []), ("KEKW", ["KEKW"]), ("", []), ("so \ud83d sad", [])]
    messages = [{"text": text, "emotes": emotes} for text, emotes in told]
    answer = score.handler({"v": 1, "messages": messages}, None)
    scorer = FullScorer()
    assert answer["compounds"] == [scorer.compound(text, emotes) for text, emotes in told]
    assert answer["lexicon_version"] == scorer.version
    assert score.handler({"v": 1, "messages": []}, None)["compounds"] == []


@pytest.mark.parametrize("kind", BAD)
def test_a_message_that_cannot_be_read_fails_alone_and_its_text_is_not_logged(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good = json.dumps({"v": 1, "messages": [{"text": "great"}]})
    answer = score.handler(batch(good, BAD[kind], good), None)
    assert answer["batchItemFailures"] == [{"itemIdentifier": "1"}]
    assert [*answer["answers"]] == ["0", "2"]
    assert answer["answers"]["2"]["compounds"] == [0.6249]
    assert "id=1 why=" in caplog.text and "said" not in caplog.text


def test_a_body_of_the_queue_is_scored_and_its_messages_are_told_by_their_ids() -> None:
    (answer,) = score.handler(batch(PACKED), None)["answers"].values()
    scorer = FullScorer()
    texts = [(m.text, m.emotes or ()) for m in BODY.items if isinstance(m, Message)]
    assert answer["ids"] == ["a", "b"]
    assert answer["compounds"] == [scorer.compound(*text) for text in texts]


def test_a_request_by_itself_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadInput, match="v 1"):
        score.handler({"messages": []}, None)
    for odd in (None, [], "Records", 7):
        with pytest.raises(BadInput, match="object"):
            score.handler(odd, None)  # type: ignore[arg-type]


def test_what_nobody_thought_of_fails_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError(SECRET)

    monkeypatch.setattr(score, "_answer", broken)
    body = json.dumps({"v": 1, "messages": []})
    assert score.handler(batch(body), None)["batchItemFailures"] == [{"itemIdentifier": "0"}]


def test_answers_go_to_the_queue_that_is_set_and_what_it_does_not_take_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict[str, Any]] = []

    class Queue:
        def send_message(self, **told: Any) -> None:
            if sent:
                raise OSError("full")
            sent.append(told)

    monkeypatch.setenv("ANSWERS_QUEUE_URL", "https://sqs.example.org/answers")
    monkeypatch.setattr(events, "_sqs", Queue)
    body = json.dumps({"v": 1, "messages": [{"text": "great"}]})
    answer = score.handler(batch(body, body), None)
    assert answer == {"answers": {}, "batchItemFailures": [{"itemIdentifier": "1"}]}
    assert sent[0]["QueueUrl"].endswith("/answers")
    assert json.loads(sent[0]["MessageBody"])["compounds"] == [0.6249]


def test_the_longest_message_that_sqs_takes_is_read() -> None:
    assert events.checked("x" * MOST) == "x" * MOST


def batch(*bodies: str | None) -> dict[str, Any]:
    """An event as SQS makes it."""
    return {"Records": [record(str(k), body) for k, body in enumerate(bodies)]}


def record(message_id: str, body: str | None) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:my-queue",
        "awsRegion": "us-east-1",
    }
