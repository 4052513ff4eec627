"""What /openapi.json of the data for scripts promises, held against answers by schemathesis."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from dashboard.api.app import create_app
from dashboard.config import ApiSettings
from tests.helpers.browser import published
from tests.helpers.scripts import ROUTES, client, token
from warehouse.config import DataFolder
from warehouse.version import VERSION

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, ignored_auth,
    response_schema_conformance, negative_data_rejection, unsupported_method,
]  # fmt: skip
STREAM = "demo_busy:20260131T150000"
GOOD = {
    "/v1/channels": {}, "/v1/streams": {}, "/v1/windows": {"channel": "demo_busy"},
    "/v1/moments": {"stream": STREAM}, "/v1/terms": {"channel": "demo_busy"},
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    now = datetime(2026, 1, 31, 18, tzinfo=UTC)
    return published.demo(tmp_path_factory.mktemp("schema"), now)


@pytest.fixture(scope="module")
def good(demo: DataFolder) -> str:
    return token(demo)


@pytest.fixture(scope="module")
def api(demo: DataFolder) -> Iterator[schemathesis.BaseSchema]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLD_PUBLIC_NAMES", "testserver")  # as schemathesis calls it
        app = create_app(ApiSettings(_env_file=None, per_minute=0), demo)
    yield schemathesis.openapi.from_asgi("/openapi.json", app)


some = settings(
    max_examples=20, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_documented(
    api: schemathesis.BaseSchema, good: str, mode: GenerationMode
) -> None:
    """Cases that keep to the schema, and such as break it. (The plug-in does not fit pytest 9.)"""
    operations = [found.ok() for found in api.get_all_operations()]
    assert {operation.path for operation in operations} == set(ROUTES)
    for operation in operations:

        @some
        @given(case=operation.as_strategy(generation_mode=mode))
        def holds(case: schemathesis.Case) -> None:
            case.headers["Authorization"] = f"Bearer {good}"
            case.call_and_validate(checks=CHECKS)

        holds()


@pytest.mark.parametrize("path", ROUTES)
def test_the_rows_are_as_documented(
    api: schemathesis.BaseSchema, demo: DataFolder, good: str, path: str
) -> None:
    """With names that are there: those that are made up find no row."""
    answer = client(demo, good).get(path, params=GOOD[path])
    assert answer.json()["items"]
    api[path]["GET"].validate_response(answer)


@pytest.mark.parametrize("path", ROUTES)
def test_every_column_is_documented_and_there_in_its_order(
    demo: DataFolder, good: str, path: str
) -> None:
    asked = client(demo, good)
    schema = asked.get("/openapi.json").json()
    assert schema["info"]["version"] == VERSION
    documented = schema["components"]["schemas"]
    name = path.removeprefix("/v1/").removesuffix("s").title() + "Row"
    columns = list(documented[name]["properties"])
    (first, *_) = asked.get(path, params=GOOD[path]).json()["items"]
    assert list(first) == columns == documented[name]["required"]
