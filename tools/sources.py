"""Sources of the chat in a folder: python -m tools.sources FOLDER, JSON on stdout.

A process of its own for `make run`, which lives as long as DLD and needs DuckDB for no more.
"""

import json
import sys
from pathlib import Path

from warehouse.config import DataFolder
from warehouse.published.reader import published_sources

if __name__ == "__main__":
    print(json.dumps([*published_sources(DataFolder(Path(sys.argv[1])))]))
