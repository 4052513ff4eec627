"""`python -m pipeline recap`: what a webhook is told of a channel's last stream; and telling it."""

import asyncio
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from pipeline.alerts.webhook import Failed, post
from pipeline.chat.logins import channel_name
from pipeline.config import RecapSettings
from pipeline.recap.child import made
from pipeline.recap.recaps import TIMEOUT_S, USER_AGENT, content
from pipeline.web import session
from warehouse.config import data_folder
from warehouse.errors import BadInput
from warehouse.published.reader import Reader, published_identities


def recap(
    channel: Annotated[str, typer.Argument(help="whose last stream that is over")],
    send: Annotated[bool, typer.Option(help="tell DLD_RECAP_WEBHOOK, now")] = False,
    picture: Annotated[Path | None, typer.Option(help="PNG file to write the chart to")] = None,
) -> None:
    """Show the recap of a channel's last stream, or send it."""
    folder, settings = data_folder(), RecapSettings()
    if send and not settings.webhook.get_secret_value():
        raise BadInput("DLD_RECAP_WEBHOOK is not set: there is nobody to send it to")
    who = published_identities(folder)
    key = who.resolve(channel_name(channel))
    rows = Reader(folder).query("dash_streams", channels=[key], limit=100).to_pylist()
    over = next((row["stream_id"] for row in rows if row["ended_at"]), None)
    if over is None:
        raise BadInput(f"no stream of {channel} is over; see python -m pipeline channels list")
    told = orjson.loads(made(folder, settings, over, who.name_of(key)))
    if picture:
        picture.write_bytes(b64decode(told["picture"]))
    if send:
        asyncio.run(_sent(settings, told))
        typer.echo("sent")
    else:
        told["message"].pop("picture", None)
        typer.echo(orjson.dumps(told["message"], option=orjson.OPT_INDENT_2).decode())


async def _sent(settings: RecapSettings, told: dict[str, Any]) -> None:
    """Raises BadInput, which does not quote the address."""
    address = settings.webhook.get_secret_value()
    try:
        async with session(USER_AGENT) as http:
            await post(http, address, TIMEOUT_S, **content(settings.format, told))
    except Failed as exc:
        raise BadInput(f"DLD_RECAP_WEBHOOK: {exc}") from None
