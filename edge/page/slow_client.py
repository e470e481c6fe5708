"""One TCP connection of a phone: nobody holds one for nothing, and no address has more than its share.

uvicorn waits for ever for the rest of a request's head. Somebody on the Wi-Fi could so keep every
connection, and with them the neighbours, out.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0                  # from the connection, or a further request's first byte, to its whole head
PER_ADDRESS = 64               # a Wi-Fi extender may put several households behind one


class PatientProtocol(H11Protocol):
    """Lives in the page's event loop."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None and self._of_same_address() > PER_ADDRESS:
            transport.abort()
            return
        self._deadline = self.loop.call_later(HEAD_S, transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._at_ease()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_S, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._at_ease()
        super().connection_lost(exc)

    def _at_ease(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _of_same_address(self) -> int:
        assert self.client is not None
        return sum(1 for other in self.connections
                   if isinstance(other, H11Protocol) and other.client is not None
                   and other.client[0] == self.client[0])
