"""segl-map hears of recipients before Postfix asks; what is no address is dropped."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from pathlib import Path

from segl.daemons.listening import listen_unix
from segl_routing.announced import LONGEST, Announcements


def test_each_address_is_passed_on_with_its_domain() -> None:
    sent = [
        b"bo@Kunde.example",
        "bø@ærø.example".encode(),
        b"",
        b"\xff\xfe@x.example",
        b"no domain",
        b"x" * LONGEST + b"@kunde.example",
        b"eva@anden.example",
    ]
    expected = [
        ("bo@Kunde.example", "kunde.example"),
        ("bø@ærø.example", "xn--r-3fa9c.example"),
        ("eva@anden.example", "anden.example"),
    ]
    assert asyncio.run(_heard(sent)) == expected


async def _heard(sent: list[bytes]) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    enough = asyncio.Event()

    def take(address: str, domain: str) -> None:
        heard.append((address, domain))
        if len(heard) == 3:
            enough.set()

    with (
        tempfile.TemporaryDirectory(prefix="announced-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as milter,
    ):
        listener = listen_unix(Path(folder) / "a.sock", 0o600, socket.SOCK_DGRAM)
        announcements = Announcements(listener.sock, take)
        announcements.start()
        for datagram in sent:
            await asyncio.get_running_loop().run_in_executor(
                None, milter.sendto, datagram, str(listener.path)
            )
        async with asyncio.timeout(10):
            await enough.wait()
        announcements.stop()
        listener.close()
    return heard
