"""A name server that says whatever a test wants, over UDP: errors, forgeries, nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def odd_name_server(answer: Callable[[bytes], list[bytes]]) -> Iterator[str]:
    """A name server that answers each query with whatever *answer* makes of it."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            while query := (received := sock.recvfrom(4096))[0]:
                for packet in answer(query):
                    sock.sendto(packet, received[1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            sock.sendto(b"", sock.getsockname())  # the end
            thread.join()
