"""An LMTP socket behind which messages are taken, and whose word on that is lost: Postfix then hands the same message
over once more, as it does when a program dies between the two.

    with Forgetful(Path("…/receipt.sock"), 3) as socket:   # the first three
        …
        assert socket.lost == 3
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

_END = b"\r\n.\r\n"


class Forgetful:
    """Stands at *path*, in the place of who listens there, until the block is left; loses so *many* replies."""

    def __init__(self, path: Path, many: int) -> None:
        self.lost = 0
        self._many, self._path, self._real = many, path, path.with_name(f"real-{path.name}")
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        self._path.rename(self._real)
        self._listener.bind(str(self._path))
        self._path.chmod(0o666)
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._real.rename(self._path)
        self._listener.shutdown(socket.SHUT_RDWR)  # else it stays open while a thread waits in accept(2)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                server.connect(str(self._real))
                ended = threading.Event()
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=(client, server, ended), daemon=True).start()

    @staticmethod
    def _ask(client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        last = b""
        with suppress(OSError):
            while data := client.recv(65536):
                if _END in last + data:  # QUIT may come with it
                    ended.set()
                last = (last + data)[1 - len(_END) :]
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        with suppress(OSError), client, server:
            while data := server.recv(65536):
                with self._lock:
                    loses = ended.is_set() and data.startswith(b"250") and self.lost < self._many
                    self.lost += loses
                if loses:
                    client.shutdown(socket.SHUT_RDWR)
                    return
                ended.clear()
                client.sendall(data)
