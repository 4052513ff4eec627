"""twitchAPI as a reader of the stand-in: what it hears, a JSON line each."""

import asyncio
import json
import logging
import os
from typing import Any

from twitchAPI.eventsub.websocket import EventSubWebsocket
from twitchAPI.helper import first
from twitchAPI.twitch import Twitch
from twitchAPI.type import AuthScope, EventSubSubscriptionConflict, EventSubSubscriptionError

BASE = os.environ["PEER_URL"]
CHANNEL = os.environ["PEER_CHANNELS"]


def tell(event: str, **more: Any) -> None:
    """Print what it heard."""
    print(json.dumps({"event": event, **more}, default=str), flush=True)


class Reader:
    """A program as its documentation shows one; what is said in the chat tells it what to do."""

    async def run(self) -> None:
        """Log in, look around, subscribe, and read until it is killed."""
        self.twitch = await Twitch(
            "client", "secret", base_url=f"{BASE}/helix/", auth_base_url=f"{BASE}/oauth2/"
        )
        scopes = [AuthScope.USER_READ_CHAT]
        await self.twitch.set_user_authentication("access-0", scopes, "refresh-0")
        self.me = await first(self.twitch.get_users())
        self.channel = await first(self.twitch.get_users(logins=[CHANNEL]))
        tell("users", me=self.me.login, id=self.channel.id, name=self.channel.display_name)
        stream = await first(self.twitch.get_streams(user_login=[CHANNEL]))
        tell("stream", title=stream.title, since=stream.started_at, viewers=stream.viewer_count)
        # a lost connection is noticed by twice this time, and by nothing else
        url = f"{BASE.replace('http', 'ws')}/ws?keepalive_timeout_seconds=1"
        self.events = EventSubWebsocket(
            self.twitch,
            url,
            f"{BASE}/helix",
            revocation_handler=self.revoked,
        )
        self.events.start()
        await self.subscribe()
        await self.events.listen_channel_chat_notification(
            self.channel.id, self.me.id, self.noticed
        )
        await self.events.listen_channel_chat_message_delete(
            self.channel.id, self.me.id, self.deleted
        )
        await self.events.listen_channel_update_v2(self.channel.id, self.changed)
        tell("ready")
        await asyncio.Event().wait()

    async def subscribe(self) -> None:
        """To the chat, or why not."""
        try:
            await self.events.listen_channel_chat_message(self.channel.id, self.me.id, self.said)
        except EventSubSubscriptionConflict as why:
            tell("conflict", why=why)
        except EventSubSubscriptionError as why:
            tell("refused", why=why)

    async def said(self, data: Any) -> None:
        """A message."""
        event, about = data.event, data.metadata
        tell(
            "message",
            channel=event.broadcaster_user_login,
            login=event.chatter_user_login,
            name=event.chatter_user_name,
            id=event.message_id,
            text=event.message.text,
            fragments=[fragment.text for fragment in event.message.fragments],
            at=about.message_timestamp.timestamp(),
            type=about.subscription_type,
            since=data.subscription.created_at.timestamp(),
        )
        if event.message.text == "again":
            await self.subscribe()
        if event.message.text == "list":
            listed = await self.twitch.get_eventsub_subscriptions()
            told = [(sub.type, sub.status, sub.transport["method"]) for sub in listed.data]
            tell("listed", subs=sorted(told), total=listed.total, most=listed.max_total_cost)
        if event.message.text == "refresh":
            await self.twitch.refresh_used_token()
            tell("refreshed", me=(await first(self.twitch.get_users())).login)

    async def noticed(self, data: Any) -> None:
        """A raid."""
        raid = data.event.raid
        tell("raid", channel=data.event.broadcaster_user_login, login=raid.user_login)

    async def deleted(self, data: Any) -> None:
        """A message that was taken back."""
        tell("deleted", id=data.event.message_id, login=data.event.target_user_login)

    async def changed(self, data: Any) -> None:
        """A new title."""
        tell("title", title=data.event.title, version=data.metadata.subscription_version)

    async def revoked(self, data: dict[str, Any]) -> None:
        """A subscription that was taken away."""
        sub = data["subscription"]
        tell("revoked", type=sub["type"], status=sub["status"])


logging.basicConfig(level=logging.WARNING)
asyncio.run(Reader().run())
