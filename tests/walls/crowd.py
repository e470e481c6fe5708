"""A crowd that wants nothing: `python -m tests.walls.crowd PORT SILENT SLOW_HEADS`.

Connections from seven addresses of this machine; what is ended comes back two seconds later. Prints
"gathered" once each was there, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import ssl
import sys
from collections.abc import Awaitable, Callable

SOURCES = tuple(f"127.0.0.{number}" for number in range(11, 18))
HEAD = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
_BACK_S = 2.0
_TRICKLE_S = 0.5

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def say_nothing(streams: Streams) -> None:
    await streams[0].read(1)


async def say_it_slowly(streams: Streams) -> None:
    reader, writer = streams
    writer.write(HEAD)
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1000), _TRICKLE_S)


async def come_again(source: str, port: int, tls: ssl.SSLContext | None, there: Callable[[], None],
                     act: Callable[[Streams], Awaitable[None]]) -> None:
    while True:
        with contextlib.suppress(OSError):
            streams = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), ssl=tls)
            there()
            try:
                await act(streams)
            finally:
                streams[1].transport.abort()
        there()
        await asyncio.sleep(_BACK_S)


async def gather(port: int, silent: int, slow_heads: int) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    everybody = [(None, say_nothing)] * silent + [(tls, say_it_slowly)] * slow_heads
    once = [asyncio.Event() for _ in everybody]
    tasks = [asyncio.create_task(come_again(SOURCES[number % len(SOURCES)], port, context, once[number].set,
                                            act)) for number, (context, act) in enumerate(everybody)]
    await asyncio.gather(*(each.wait() for each in once))
    print("gathered", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(gather(*map(int, sys.argv[1:])))
