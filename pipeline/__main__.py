"""`python -m pipeline`: run, import, channels, doctor, score, vocabulary and more."""

import sys
from collections.abc import Sequence
from importlib import import_module

from pipeline.scoring.lines import score_lines
from warehouse.errors import AppError, fail


def main() -> None:
    """Run; 0 done, 1 failed with one line on stderr, 2 wrong usage, 130 interrupted."""
    try:
        if lexicon := plain_score(sys.argv[1:]):
            score_lines(lexicon)
        else:
            commands = import_module("pipeline.cli.app").COMMANDS
            import_module("warehouse.commands").run_command("pipeline", commands, sys.argv[1:])
    except (AppError, OSError) as exc:
        sys.exit(fail(exc))
    except KeyboardInterrupt:  # while it is loaded
        print("error: interrupted", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)


def plain_score(arguments: Sequence[str]) -> str | None:
    """The lexicon of a `score` that needs no more: what reads arguments and settings takes
    longer to load than the scorer, and than many a text to score. None for other commands."""
    match arguments:
        case ["score"]:
            return "full"
        case ["score", "--lexicon", "vader" | "full" as lexicon]:
            return lexicon
    return None


if __name__ == "__main__":
    main()
