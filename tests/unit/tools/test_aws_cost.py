import pytest

from tests.helpers.paths import ROOT
from tools.aws_cost import FREE_OUT_GB, SIZES, Size, amounts, lambda_dollars, table, total

DOCS = (ROOT / "docs/aws.md").read_text("utf-8")


def test_the_table_in_the_docs_is_the_one_that_is_computed() -> None:
    told = DOCS.partition("<!-- table of tools/aws_cost.py -->\n")[2].partition("<!-- end -->")[0]
    assert told.splitlines() == list(table())


def test_the_docs_say_what_a_million_messages_cost_on_lambda() -> None:
    assert f"A million messages, a thousand a call, cost ${lambda_dollars():.4f}." in DOCS


def test_a_shard_costs_what_its_lines_say() -> None:
    more = {k: v - amounts(Size(100, 1))[k] for k, v in amounts(Size(100, 2)).items()}
    assert more["Fargate, vCPU-hours"] == 730
    assert more["public addresses, hours"] == 730
    assert more["S3, GB kept"] == more["data out, GB"] == 0
    assert total(Size(100, 2)) - total(Size(100, 1)) == pytest.approx(51, abs=10)


def test_what_leaves_is_paid_for_beyond_what_is_free() -> None:
    few, many = (amounts(Size(n, 1))["data out, GB"] for n in (100, 1000))
    assert few == 0
    assert many == pytest.approx(1000 * 87_600 * 5 * 1300 / 1e9 - FREE_OUT_GB)
    assert [size.channels for size in SIZES] == [10, 100, 1000]
