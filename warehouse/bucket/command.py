"""`python -m warehouse mirror`: a reader's folder, kept in step with a bucket."""

from importlib import import_module
from typing import Annotated

import typer

from warehouse.config import BucketSettings, data_folder
from warehouse.packages import require_packages


def mirror(
    once: Annotated[bool, typer.Option("--once", help="end when all is here")] = False,
) -> None:
    """Keep DLD_DATA in step with what all shards have in the bucket, until Ctrl-C."""
    settings = BucketSettings()
    require_packages("machines")
    import_module("warehouse.bucket.mirroring").mirror(data_folder(), settings, once)
