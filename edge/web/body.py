"""A request's body, whole, as long as it is small and comes in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

MAX_BODY_BYTES = 4096          # of a form
BODY_S = 10.0


class TooLargeError(ValueError):
    """A body of more bytes than allowed, said or sent."""


async def whole_body(parts: AsyncIterable[bytes], max_bytes: int = MAX_BODY_BYTES,
                     within_s: float = BODY_S) -> bytes:
    """All of it, from a request's `stream()`.

    Raises:
        TooLargeError: more than `max_bytes`; the rest was not read, so the connection has to be closed.
        TimeoutError: it has not ended after `within_s`; likewise.
    """
    body = bytearray()
    async with asyncio.timeout(within_s):
        async for part in parts:
            body += part
            if len(body) > max_bytes:
                raise TooLargeError(f"want at most {max_bytes} bytes")
    return bytes(body)
