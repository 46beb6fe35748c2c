"""Waiting for a write without holding up the loop."""

import asyncio
import contextlib

from counsel.memory.ports import Written


async def durable(written: Written) -> int:
    """The last sequence number, once it survives a kill -9. Raises what the write raises."""
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()

    def settle() -> None:
        if not arrived.done():
            arrived.set_result(None)

    def from_writer(_written: Written) -> None:
        # The loop may be gone when a write outlives its request during a forced stop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle)

    written.add_done_callback(from_writer)
    await arrived
    return written.result(0)
