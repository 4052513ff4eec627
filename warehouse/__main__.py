"""`python -m warehouse`: mirror, sql, open."""

import sys
from collections.abc import Mapping, Sequence

from warehouse.commands import run_command
from warehouse.errors import AppError, fail

COMMANDS: Mapping[str, str] = {
    "mirror": "warehouse.bucket.command:mirror",
    "sql": "warehouse.analysis.command:sql",
    "open": "warehouse.analysis.command:open_",
}


def main(arguments: Sequence[str]) -> int:
    """Run a command; 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    try:
        run_command("warehouse", COMMANDS, arguments)
    except (AppError, OSError) as exc:
        return fail(exc)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
