"""Findings of the doctor's checks: how it is, and what to do where it is not well."""

from dataclasses import dataclass

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True)
class Finding:
    """A line of the doctor's. status: ok, warning (it runs, but) or problem (it will not).

    says, do: one line each, without a secret, a token or a chatter's name; do is '' when ok.
    """

    check: str
    status: str
    says: str
    do: str = ""


def ok(check: str, says: str) -> Finding:
    return Finding(check, OK, says)


def warning(check: str, says: str, do: str) -> Finding:
    return Finding(check, WARNING, says, do)


def problem(check: str, says: str, do: str) -> Finding:
    return Finding(check, PROBLEM, says, do)
