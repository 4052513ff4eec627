"""`python -m pipeline import`: files and folders of past chat, through the inbox."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipeline.chat.logins import channel_name
from pipeline.imports.answers import ImportOptions
from pipeline.imports.ending import ended_by_signals
from pipeline.imports.folders import in_folders
from pipeline.imports.run import Run
from pipeline.imports.scratch import workplace
from pipeline.imports.submit import Result
from warehouse.config import data_folder
from warehouse.kinds import refuse_mixing
from warehouse.published.reader import published_sources


def import_files(
    files: Sequence[Path],
    channels: Sequence[str] | None,
    started_at: datetime | None,
    undated: bool,
    format: str = "auto",
    place: bool = False,
    replace: bool = False,
    columns: Mapping[str, str] | None = None,
) -> None:
    """Import every file, and every file in a folder; a bad one is told and the others go on.

    Raises BadInput if any failed, or else NeedsAnswer if one left out what nobody said.
    """
    names = tuple(map(channel_name, channels or ()))
    options = ImportOptions(names, started_at, undated, place, replace, columns=columns or {})
    folder = data_folder()
    command = "python -m pipeline " + shlex.join(sys.argv[1:])
    refuse_mixing(folder.root, published_sources(folder), "import", command)
    results: list[Result] = []
    with ended_by_signals(lambda: len(results)), workplace(folder) as scratch:
        run = Run(options, format, scratch)
        results = run.results
        run.all(in_folders(files), [p for p in files if not p.is_dir()])
