"""The making of a recap in its own process: python -m pipeline.recap.child STREAM NAME

It reads what is published and writes the message and its picture as JSON on stdout: the daemon
stays as small as it is, and nothing waits.
"""

import os
import sys
from base64 import b64encode

import orjson

from pipeline.config import RecapSettings
from pipeline.recap.chart import picture
from pipeline.recap.message import discord, plain_json
from pipeline.recap.recap import recap_of
from warehouse.config import DataFolder, data_folder
from warehouse.published.reader import Reader


def made(folder: DataFolder, settings: RecapSettings, stream_id: str, name: str) -> bytes:
    """{message, picture (base64)} of a stream, as JSON. Raises BadInput, NothingPublished."""
    recap = recap_of(Reader(folder), stream_id)
    png = picture(recap)
    if settings.format == "discord":
        message = discord(recap, name, settings.dashboard)
    else:
        message = plain_json(recap, name, png, settings.dashboard)
    return orjson.dumps({"message": message, "picture": b64encode(png).decode()})


if __name__ == "__main__":
    os.nice(10)
    sys.stdout.buffer.write(made(data_folder(), RecapSettings(), *sys.argv[1:3]))
