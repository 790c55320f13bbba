"""The delivery desk: a running ``segl-deliver``, the LMTP client before it and the return port behind it.

desk = Desk(directory)
desk.start()
replies = desk.portal("anna@nordby.example", ["bo@vestby.example"], message)
[notice] = desk.return_port.wait_for(1)
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from segl.receipts.key import ReceiptKey
from world.partners import Partner, type_of_key
from world.peers import ACCEPTED, Script, SmtpPeer
from world.ports import free_port
from world.postfix import wait_until
from world.process import Daemon

DOMAIN = "nordby-vand.example"
SENDER = f"anna@{DOMAIN}"


class LmtpClient:
    """An LMTP client that sends exactly the bytes it is given."""

    def __init__(self, path: Path, *, greet: bool = True, seconds: float = 120) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(seconds)
        self.sock.connect(str(path))
        self._file = self.sock.makefile("rb")
        self.greeting = self.reply()
        if greet:
            self.say("LHLO secure.example")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reply(self) -> str:
        """One reply, the lines of a longer one joined by a line end; ``""`` when the server has closed."""
        lines: list[str] = []
        while True:
            line = self._file.readline().decode("ascii")
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    def say(self, line: str) -> str:
        self.send(line.encode("utf-8") + b"\r\n")
        return self.reply()

    def envelope(self, sender: str, recipients: Sequence[str], parameters: str = "") -> None:
        assert self.say(f"MAIL FROM:<{sender}> {parameters}".rstrip()).startswith("250")
        for recipient in recipients:
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")

    def begin_data(self, content: bytes) -> None:
        """DATA, the message and the dot; the replies are not waited for."""
        assert self.say("DATA").startswith("354")
        self.send(stuffed(content) + b".\r\n")

    def deliver(
        self, sender: str, recipients: Sequence[str], content: bytes, parameters: str = ""
    ) -> list[str]:
        """One reply a recipient."""
        self.envelope(sender, recipients, parameters)
        self.begin_data(content)
        return [self.reply() for _ in recipients]

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()


def stuffed(content: bytes) -> bytes:
    """*content* as DATA carries it, without the final dot. It must end with CR LF, or be empty."""
    assert not content or content.endswith(b"\r\n")
    first = b"." if content.startswith(b".") else b""
    return first + content.replace(b"\r\n.", b"\r\n..")


class Desk:
    """A daemon with settings, sockets, store, tunnel partner and return port of its own."""

    def __init__(self, directory: Path, extra: str = "", language: str = "da") -> None:
        self.directory = directory
        self.certificates = directory / "tunnel.d"
        self.certificates.mkdir()
        self.keys = directory / "keys"
        self.keys.mkdir(mode=0o700)
        ReceiptKey.make(directory / "receipts.key", -1)
        (directory / "mail.log").touch()
        self.sealed = directory / "sealed"
        self.port = free_port()
        self.return_port = SmtpPeer("127.0.0.1", self.port)
        self.settings_file = directory / "segl.toml"
        self.language = language
        self.write_settings(extra)
        self.daemon = Daemon("segl-deliver", "--settings", str(self.settings_file), directory=directory)

    def write_settings(self, extra: str = "", *, delivery: str = "", name: str = "Nordby Vandværk") -> None:
        self.settings_file.write_text(
            f"""
[organisation]
name = "{name}"
domains = ["{DOMAIN}"]
language = "{self.language}"
[delivery]
tunnel_socket = "{self.directory}/tunnel.sock"
certificate_socket = "{self.directory}/certificate.sock"
portal_socket = "{self.directory}/portal.sock"
receipt_socket = "{self.directory}/receipt.sock"
inbound_socket = "{self.directory}/inbound.sock"
certificates = "{self.certificates}"
keys = "{self.keys}"
reinject = "127.0.0.1:{self.port}"
{delivery}
[portal]
url = "https://sikker.{DOMAIN}"
sealed = "{self.sealed}"
[receipts]
key = "{self.directory}/receipts.key"
log = "{self.directory}/mail.log"
[store]
url = "sqlite:///{self.directory}/segl.db"
{extra}
""",
            "utf-8",
        )

    def partner(self, domain: str, key: type_of_key | None = None) -> Partner:
        return Partner.new(self.certificates, domain, self.directory, key)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stop()

    def start(self) -> None:
        self.return_port.start()
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.kill()
        self.return_port.stop()

    def client(self, way: str) -> LmtpClient:
        return LmtpClient(self.directory / f"{way}.sock")

    def tunnel(
        self, sender: str, recipients: Sequence[str], content: bytes, parameters: str = ""
    ) -> list[str]:
        with self.client("tunnel") as client:
            return client.deliver(sender, recipients, content, parameters)

    def certificate(
        self, sender: str, recipients: Sequence[str], content: bytes, parameters: str = ""
    ) -> list[str]:
        with self.client("certificate") as client:
            return client.deliver(sender, recipients, content, parameters)

    def portal(
        self, sender: str, recipients: Sequence[str], content: bytes, parameters: str = ""
    ) -> list[str]:
        with self.client("portal") as client:
            return client.deliver(sender, recipients, content, parameters)

    def sealed_files(self) -> list[Path]:
        return sorted(self.sealed.glob("??/*"))


class StandingDesk(Desk):
    """One daemon for many tests, each of which begins with :meth:`clear`. What needs a true start, or what a reload
    leaves as it is, has a :class:`Desk` of its own."""

    _in_force = ""

    def clear(self) -> None:
        """Nothing was sent, nobody refuses, the log is empty, and the settings are the first ones; they come into force
        by :meth:`start`. Whatever was under way must have ended."""
        self.write_settings()
        self.return_port.forget()
        self.return_port.rcpt_replies.clear()
        self.return_port.data_reply = ACCEPTED
        if self.daemon.running():
            with closing(sqlite3.connect(self.directory / "segl.db")) as store, store:
                for table in ("sent_message", "sent_recipient"):
                    store.execute(f"DELETE FROM {table}")  # noqa: S608 - two names of ours
            self.daemon.log_file.write_bytes(b"")

    def start(self) -> None:
        """Whatever the settings are now is in force when it returns."""
        wanted = self.settings_file.read_text("utf-8")
        if not self.daemon.running():
            super().start()
            self._in_force = wanted
        elif wanted != self._in_force:
            self.reload()

    def reload(self) -> None:
        self._in_force = self.settings_file.read_text("utf-8")
        before = self.daemon.log.count('"reloaded"')
        self.daemon.signal(signal.SIGHUP)
        wait_until(lambda: self.daemon.log.count('"reloaded"') > before, 30, lambda: self.daemon.log)


def answering(
    on_dot: str | None,
    *,
    mail: str = "250 ok",
    rcpt: str = "250 ok",
    dot_first: Callable[[], None] | None = None,
) -> Script:
    """A return port that takes everything up to the final dot and then says *on_dot*; ``None``: never a word.

    *dot_first* is called when the dot has come.
    """

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 front ESMTP\r\n")
        replies = {b"EHLO": "250 front", b"MAIL": mail, b"RCPT": rcpt}
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb != b"DATA":
                writer.write(replies.get(verb, "221 bye").encode() + b"\r\n")
                continue
            writer.write(b"354 go on\r\n")
            while await reader.readline() != b".\r\n":
                pass
            if dot_first is not None:
                dot_first()
            if on_dot is None:
                await reader.read()
                return
            writer.write(on_dot.encode() + b"\r\n")

    return script
