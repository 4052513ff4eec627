"""python -m tools.aws_cost: what deploy/stack.yaml costs a month on AWS, as docs/aws.md has it.

How often a process asks is read from its code; what was measured, and what is assumed of chat and
viewers, stands here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.engine.control import IDLE_S as CONTROL_S
from pipeline.queue.queue import EXTEND_S
from warehouse.bucket.mirroring import EVERY_S as MIRROR_S
from warehouse.bucket.replicas import EXCHANGE_S, RENEW_S
from warehouse.records import WINDOW_SECONDS

HOURS = 730.0  # of a month
SECONDS = 3600 * HOURS

# US dollars, us-east-1, x86, as known on 2026-11-30; without what is free in the first year
PRICES = {
    "Fargate, vCPU-hours": 0.04048,
    "Fargate, GB-hours": 0.004445,
    "public addresses, hours": 0.005,
    "load balancer, hours": 0.0225,
    "load balancer, LCU-hours": 0.008,
    "SQS, million requests": 0.40,
    "S3, million PUT and LIST": 5.00,
    "S3, million GET": 0.40,
    "S3, GB kept": 0.023,
    "logs, GB in": 0.50,
    "secrets": 0.40,
    "data out, GB": 0.09,
}
FREE_OUT_GB = 100.0
LAMBDA_GB_S, LAMBDA_CALL = 0.0000166667, 0.20 / 1e6
CPU_GB = 1.769  # of memory, with which Lambda gives a whole CPU

# measured, in half a minute of a shard while windows close: pushes, their files, signs of life
PUSHES, FILES, SIGNS = 2.0, 9.0, 1.8
# measured, bytes: a window's rows in all tables, its line of log, a packed answer of the EBS
WINDOW, LINE, ANSWER = 384, 140, 1300
SCORED = 28_000  # messages a CPU-second
LINES = 20  # of a commit's windows at most
# assumed: panels open at a channel day and night, each asking once a window
PANELS = 5
# of the stack: load balancer's zones, replicas of EBS and dashboard
ZONES, EBS, DASHBOARDS = 2, 2, 2
READERS = EBS + DASHBOARDS
COLLECT_S = 5.0  # between the collector's looks for who opted out


@dataclass(frozen=True)
class Size:
    """An install: channels that are live day and night, and the shards that share them."""

    channels: int
    shards: int


SIZES = (Size(10, 1), Size(100, 1), Size(1000, 4))


def amounts(size: Size) -> dict[str, float]:
    """What a month takes, by the names of PRICES."""
    shards, rounds = size.shards, SECONDS / WINDOW_SECONDS
    windows = size.channels * rounds
    out_gb = windows * PANELS * ANSWER / 1e9
    lines = shards * min(size.channels / shards, LINES) * rounds
    return {
        "Fargate, vCPU-hours": HOURS * (0.25 + shards + 0.25 * EBS + DASHBOARDS),
        "Fargate, GB-hours": HOURS * (1 + 2 * shards + EBS + 2 * DASHBOARDS),
        "public addresses, hours": HOURS * (1 + shards + READERS + ZONES),
        "load balancer, hours": HOURS,
        "load balancer, LCU-hours": max(HOURS * size.channels * PANELS / 3000, out_gb),
        "SQS, million requests": shards * SECONDS * sqs_a_second() / 1e6,
        "S3, million PUT and LIST": (shards * rounds * puts() + SECONDS * asks_a_second()) / 1e6,
        "S3, million GET": shards * SECONDS * gets_a_second() / 1e6,
        "S3, GB kept": 12 * windows * WINDOW / 1e9,
        "logs, GB in": lines * LINE / 1e9,
        "secrets": 4,
        "data out, GB": max(0.0, out_gb - FREE_OUT_GB),
    }


def sqs_a_second() -> float:
    """Requests of a shard's queue: each body is sent and received by itself, ten at a time are
    settled, and those that are held, about 50, extended."""
    return 1 + 1 + 1 / 10 + 50 / 10 / EXTEND_S


def puts() -> float:
    """Objects of a shard in half a minute: files, and with each push bodies, its meta and the
    manifest; signs of life."""
    return FILES + 3 * PUSHES + SIGNS


def asks_a_second() -> float:
    """Shard 0 lists the inbox, each EBS tells and lists viewers, one of them has the lease."""
    return 1 / CONTROL_S + 2 * EBS / EXCHANGE_S + 1 / RENEW_S


def gets_a_second() -> float:
    """Requests for a shard's objects: of each mirror, and for requests and control."""
    news = (FILES + PUSHES) / WINDOW_SECONDS
    return READERS * (1 / MIRROR_S + news) + 1 / CONTROL_S + 1 / COLLECT_S


def table() -> Iterator[str]:
    """Lines of Markdown: amounts and dollars, a column a size."""
    every = [amounts(size) for size in SIZES]
    yield f"| | a unit | {' | '.join(_head(size) for size in SIZES)} |"
    yield f"|---|---|{'---|' * len(SIZES)}"
    for name, price in PRICES.items():
        cells = (f"{_number(amount[name])}: ${amount[name] * price:,.2f}" for amount in every)
        yield f"| {name} | ${price:g} | {' | '.join(cells)} |"
    yield f"| **a month** | | {' | '.join(f'**${total(size):,.0f}**' for size in SIZES)} |"


def total(size: Size) -> float:
    """US dollars a month."""
    return sum(amount * PRICES[name] for name, amount in amounts(size).items())


def lambda_dollars() -> float:
    """A million messages by the function `score`, a thousand a call."""
    return 1e6 / SCORED * CPU_GB * LAMBDA_GB_S + 1e3 * LAMBDA_CALL


def _head(size: Size) -> str:
    return f"{size.channels:,} channels, {size.shards} shard{'s' if size.shards > 1 else ''}"


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.2g}"


if __name__ == "__main__":
    print("\n".join(table()))
    print(f"\na million messages by Lambda: ${lambda_dollars():.4f}")
