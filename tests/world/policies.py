"""A web server for MTA-STS policies (RFC 8461 §3.3), well-behaved or hostile, with real TLS.

    web = PolicyServer("127.0.0.30", 443, ca.issue(["mta-sts.kommune.example"]).server_context())
    web.pages["mta-sts.kommune.example"] = page(policy_text("enforce", "mx.kommune.example"))
    web.pages["mta-sts.drip.example"] = drip
    with web: …

A page is the answer as bytes, or a script that speaks for itself once the request has been read. Which page is
meant is told by the request's ``Host``. ``visits`` holds every request as it came.
"""

from __future__ import annotations

import asyncio
import re
import ssl

from world.peers import Script, ScriptedPeer

PATH = "/.well-known/mta-sts.txt"


class PolicyServer(ScriptedPeer):
    """One HTTPS server on one address. Pages may be changed while it runs."""

    def __init__(self, address: str, port: int, tls: ssl.SSLContext) -> None:
        super().__init__(address, port, self._serve)
        self.tls = tls
        self.pages: dict[str, bytes | Script] = {}
        self.visits: list[bytes] = []

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._talk, self.address, self.port, ssl=self.tls)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.visits.append(request)
        named = re.search(rb"\r\nHost: ([^\r]*)\r\n", request)
        answer = self.pages.get(named[1].decode() if named else "", page(b"", status="404 Not Found"))
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(reader, writer)


def policy_text(mode: str, *hosts: str, max_age: int = 86400) -> bytes:
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def page(
    text: bytes, *fields: str, status: str = "200 OK", kind: str = "text/plain", length: bool = True
) -> bytes:
    """An answer with *text*; *fields* are further header lines."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *fields]
    if length:
        head.append(f"Content-Length: {len(text)}")
    return "\r\n".join([*head, "", ""]).encode() + text


def chunked(text: bytes, size: int = 10) -> bytes:
    """The same in pieces (RFC 9112 §7.1)."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return page(b"", "Transfer-Encoding: chunked", length=False) + body


async def endless_body(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(page(policy_text("enforce", "mx.endless.example"), length=False))
    await _for_ever(writer, b"x: and on it goes\n")


async def endless_header(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n")
    await _for_ever(writer, b"X-More: and more\r\n")


async def endless_hints(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One interim answer after the other (RFC 8297)."""
    await _for_ever(writer, b"HTTP/1.1 103 Early Hints\r\n\r\n")


async def _for_ever(writer: asyncio.StreamWriter, text: bytes) -> None:
    while not writer.is_closing():
        writer.write(text * 100)
        await writer.drain()
        await asyncio.sleep(0)  # drain() alone never lets the loop see that the client has gone


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A good answer, one byte at a time, that would take an hour."""
    for byte in page(policy_text("enforce", "mx.drip.example") + b"x: y\r\n" * 1000):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass
