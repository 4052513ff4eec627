"""`python -m ebs link`: a channel's link for OBS, told, renewed or turned off."""

from ipaddress import ip_address

from ebs.bodies import published_channels
from ebs.config import EbsSettings
from ebs.obs.links import links_of
from warehouse.config import DataFolder, PublicSettings
from warehouse.errors import BadInput, WrongUsage
from warehouse.published.folder import Published, PublishedFolder
from warehouse.records import CHANNEL_ID, login_or_none, typed_name


def change_link(settings: EbsSettings, data: DataFolder, name: str, renew: bool, off: bool) -> str:
    """What to print: the channel's link, or that it has none. Raises BadInput, WrongUsage."""
    channel_id = _id_of(name, PublishedFolder(data.latest))
    links = links_of(settings, data)
    try:
        if off:
            links.turn_off(channel_id)
            return f"{name} has no link any more; `python -m ebs link {name} --renew` makes one"
        if renew:
            links.renew(channel_id)
        return f"{base_address(settings)}/obs/{links.token(channel_id)}"
    except OSError as exc:
        raise BadInput(f"links cannot be kept in {data.ebs}: {exc.strerror}") from exc


def _id_of(name: str, latest: Published) -> str:
    """Twitch's id of a channel by its login of today, or by the id itself."""
    typed = typed_name(name)
    found = [str(row["channel_id"]) for row in published_channels(latest) if row["login"] == typed]
    if len(found) > 1:
        raise BadInput(f"several channels are called {name}: give one of their ids: {found}")
    if not found and CHANNEL_ID.fullmatch(typed):
        return typed
    if not found and not login_or_none(typed):
        raise WrongUsage(f"{name[:60]!a} is neither a channel's login nor Twitch's id of it")
    if not found:
        raise BadInput(
            f"nothing is published for {name!r}: give the login of a channel that DLD follows "
            "(python -m pipeline channels list), or Twitch's id of it"
        )
    return found[0]


def base_address(settings: EbsSettings) -> str:
    """Where browsers reach the EBS: by its public name, else on this machine. Raises BadInput."""
    if names := PublicSettings().hosts:
        return f"https://{names[0]}"
    if not settings.port:
        raise BadInput("DLD_EBS_PORT is 0, any free port: set it, so that a link can name it")
    host = settings.host if not _is_any(settings.host) else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
