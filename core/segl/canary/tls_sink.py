"""The TLS server behind the way ``tls``: takes what the secure Postfix delivers to ``tls@canary.segl.invalid``.

`segl doctor --canary` opens it on this host for as long as it waits. It speaks as little SMTP as Postfix needs (RFC
5321): before STARTTLS (RFC 3207) nothing but EHLO, STARTTLS, NOOP and QUIT, after it one message at a time to that one
address. It shows the key of :mod:`segl.canary.way_key`, which segl-map tells Postfix to demand; so a message that comes
here came by forced TLS, with the server's key verified.

One connection at a time: nobody else knows of it, and who does not speak for ten seconds is sent away.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from segl.canary.way_key import TLS_NAME, WayKey
from segl.errors import SeglError
from segl.settings.canary import WAY_SINKS
from segl.vocabulary import Way

_SECONDS: Final = 10.0
_LONGEST_LINE: Final = 4096
_LARGEST: Final = 256 * 1024  # bytes of a message: a canary is small
_MOST_LINES: Final = 1000  # commands of one connection
_NEEDS_TLS: Final = "530 5.7.0 STARTTLS first"


class TlsSink:
    """A context: it listens inside. *arrived* is told of each message and of how it was protected, in a thread of its
    own, and says whether it is one that was waited for."""

    def __init__(self, host_port: str, key: WayKey, arrived: Callable[[bytes, str], bool]) -> None:
        host, _, port = host_port.rpartition(":")
        self._place = (host.strip("[]"), int(port))
        self._context = _context(key)
        self._arrived = arrived
        self._thread = threading.Thread(target=self._serve, name="canary-tls", daemon=True)

    def __enter__(self) -> TlsSink:
        """Raises :class:`OSError` where it cannot listen."""
        self._listener = socket.create_server(
            self._place, family=socket.AF_INET6 if ":" in self._place[0] else socket.AF_INET
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        self._thread.join(_SECONDS)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            connection.settimeout(_SECONDS)
            with (
                closing(_Session(connection, self._context, self._arrived)) as session,
                suppress(OSError, ValueError),
            ):
                session.run()


class _Session:
    """One connection. Raises :class:`OSError` or :class:`ValueError` when the other side does not speak SMTP."""

    def __init__(
        self, connection: socket.socket, context: ssl.SSLContext, arrived: Callable[[bytes, str], bool]
    ) -> None:
        self._socket = connection
        self._context = context
        self._arrived = arrived
        self._protected = ""
        self._addressed = False

    def run(self) -> None:
        self._say(f"220 {TLS_NAME} ESMTP Segl canary")
        lines: BinaryIO = self._socket.makefile("rb")
        for _ in range(_MOST_LINES):
            line = _line(lines)
            verb = line.split(b" ", 1)[0].upper().decode("ascii", "replace")
            if verb == "STARTTLS" and not self._protected:
                lines = self._start_tls()
            elif verb == "QUIT" or not line:
                with suppress(OSError):
                    self._say("221 2.0.0 bye")
                return
            elif verb == "DATA" and self._addressed:
                self._take(lines)
            else:
                self._say(self._reply(verb, line))

    def close(self) -> None:
        self._socket.close()

    def _reply(self, verb: str, line: bytes) -> str:
        match verb:
            case "EHLO" if self._protected:
                return f"250-{TLS_NAME}\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
            case "EHLO":
                return f"250-{TLS_NAME}\r\n250 STARTTLS"
            case "NOOP" | "RSET":
                self._addressed = False
                return "250 2.0.0 ok"
            case _ if not self._protected:
                return _NEEDS_TLS
            case "MAIL":
                self._addressed = False
                return "250 2.1.0 ok"
            case "RCPT" if f"<{WAY_SINKS[Way.TLS]}>".encode() in line.lower():
                self._addressed = True
                return "250 2.1.5 ok"
            case "RCPT":
                return "550 5.1.1 nobody reads mail at this address"
            case _:
                return "503 5.5.1 not now"

    def _start_tls(self) -> BinaryIO:
        self._say("220 2.0.0 go ahead")
        # what was sent in clear behind STARTTLS is in the old reader's buffer and stays there
        protected = self._context.wrap_socket(self._socket, server_side=True)
        self._socket = protected
        name, _, _ = protected.cipher() or ("", "", 0)
        self._protected = f"{protected.version()} {name}"
        return protected.makefile("rb")

    def _take(self, lines: BinaryIO) -> None:
        self._say("354 end with a dot")
        content, self._addressed = bytearray(), False
        while (line := lines.readline(_LARGEST)) != b".\r\n":
            if not line or len(content) + len(line) > _LARGEST:
                raise ValueError("no end")
            content += line[1:] if line.startswith(b".") else line
        try:
            known = self._arrived(bytes(content), self._protected)
        except SeglError as error:
            self._say(str(error.reply))
        else:
            self._say("250 2.0.0 taken" if known else "550 5.7.1 nobody waits for this")

    def _say(self, text: str) -> None:
        self._socket.sendall(text.encode("ascii") + b"\r\n")


def _line(lines: BinaryIO) -> bytes:
    line = lines.readline(_LONGEST_LINE)
    if line and not line.endswith(b"\n"):
        raise ValueError("a line without end")
    return line.strip()


def _context(key: WayKey) -> ssl.SSLContext:
    """The library reads keys from files alone; this one lies in memory, and nobody else has its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle = os.memfd_create("canary", os.MFD_CLOEXEC)
    with open(handle, "wb") as file:  # noqa: PTH123 - the descriptor is what there is
        file.write(pem + key.certificate().public_bytes(Encoding.PEM))
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    return context
