"""Between a client and a real server: passes bytes on, until it is told to stop; then it stays silent and keeps the connection."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Relay:
    """Listens on a free port of 127.0.0.1 and connects to *port* there.

    Attributes:
        most: Bytes of answers passed on per connection from now on; ``None`` for all.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.most: int | None = None
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client), kwargs={"answers": True}, daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, *, answers: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if answers and self.most is not None:
                    data, self.most = data[: self.most], max(0, self.most - len(data))
                to.sendall(data)
        with suppress(OSError):
            to.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End every connection."""
        for one in [self._listening, *self._sockets]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
