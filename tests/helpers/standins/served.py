"""A server of aiohttp on loopback, for as long as a test has it open."""

from types import TracebackType

from aiohttp import web


class Served:
    """What stand-ins share: `serve` in __aenter__, and the end of it."""

    async def serve(self, app: web.Application) -> str:
        """Start on a free port; the address without a path."""
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
