"""What /openapi.json promises, held against what is answered, by schemathesis."""

import contextlib
import json
import time
from itertools import count

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from ebs.app import create_app
from ebs.config import EbsSettings
from tests.helpers.browser.panel_fixtures import mood_body
from tests.helpers.ebs import SECRET, token
from warehouse.config import DataFolder

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance, negative_data_rejection,
    positive_data_acceptance, ignored_auth, unsupported_method,
]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = DataFolder(tmp_path_factory.mktemp("schema"))
    folder.latest.mkdir(parents=True)
    (folder.latest / "123.json").write_text(json.dumps(mood_body()))
    return folder


@pytest.fixture(scope="module")
def api(data):
    options = {"secret": SECRET, "address_per_minute": 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLD_PUBLIC_NAMES", "testserver")  # as schemathesis calls it
        app = create_app(EbsSettings(_env_file=None, **options), data, token_per_minute=0)
    refused = {"expected-statuses": ["4xx"]}  # 413 too, which it does not think of
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": refused}})
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


some = settings(
    max_examples=15, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
channels = count(1000)  # six wishes a minute of each


def check(case, data, role, channel_id):
    for path in data.inbox.glob("*.json"):
        path.unlink()
    given = token(role=role, channel_id=channel_id, exp=int(time.time()) + 600)
    case.headers["Authorization"] = f"Bearer {given}"
    case.call_and_validate(checks=CHECKS)


@pytest.mark.parametrize("role", ["viewer", "broadcaster"])
def test_every_answer_is_as_documented(api, data, role):
    """Cases that keep to the schema, and such as break it. (The plug-in does not fit pytest 9.)"""
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) == 5
    for operation in operations:
        for mode in GenerationMode:
            with contextlib.suppress(Unsatisfiable):  # nothing about it can be broken
                hold(operation, mode, data, role)


def hold(operation, mode, data, role):
    @some
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case):
        is_mood = operation.path == "/v1/mood"
        check(case, data, role, "123" if is_mood else str(next(channels)))

    holds()
