"""A house that opens what is encrypted to it, and somebody outside who writes to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from world.authority import Issued
from world.house import House
from world.letters import BARE, COLLEAGUE
from world.oracle import Identity, openssl
from world.postfix import wait_until
from world.street import Street

# A sender outside; her server knows no TLS, so what it gets is seen.
AUTHOR = f"anna@{BARE.partition('@')[2]}"


@dataclass
class Office:
    """A house with two keys, one of them retired, and somebody outside who writes to it."""

    house: House
    street: Street
    directory: Path
    rsa: Identity
    curve: Identity
    retired: Identity
    stranger: Identity
    anna: Issued
    _count: list[int] = field(default_factory=lambda: [0])

    def header(self, subject: str = "Sikker besked", *more: str, to: str = COLLEAGUE) -> bytes:
        self._count[0] += 1
        lines = (f"From: Anna Berg <{AUTHOR}>", f"To: {to}", f"Subject: {subject}", *more)
        number = f"Message-ID: <{self._count[0]}@klartekst.example>"
        return "\r\n".join((*lines, number, "MIME-Version: 1.0", "")).encode()

    def encrypted(self, entity: bytes, *options: str, to: Identity | None = None, **of: str) -> bytes:
        """A message as openssl makes it."""
        made = openssl("cms", "-encrypt", "-binary", *options, (to or self.rsa).cert_file, given=entity)
        made = made.replace(b"MIME-Version: 1.0\n", b"", 1)
        return self.header(**of) + made

    def signed(self, entity: bytes, *options: str, by: str = "anna") -> bytes:
        """An entity with a signature of Anna's."""
        files = ("-signer", self.directory / f"{by}.pem", "-inkey", self.directory / f"{by}.key")
        made = openssl("cms", "-sign", "-binary", *files, *options, given=entity)
        return made.replace(b"MIME-Version: 1.0\n", b"", 1)

    def send(self, message: bytes, *recipients: str, sender: str = AUTHOR) -> list[Message]:
        """Hand in; what the recipients' servers then have, in the order of *recipients*."""
        recipients = recipients or (COLLEAGUE,)
        self.street.forget()
        self.house.submit(message, sender, recipients)
        wait_until(
            lambda: all(self.street.mail_for(r) for r in recipients) and not self.house.queued,
            90,
            lambda: self.house.log[-8000:],
        )
        return [message_from_bytes(self.street.mail_for(r)[0].content) for r in recipients]

    @contextmanager
    def other_settings(self, old: str, new: str) -> Iterator[None]:
        """With segl-deliver on other settings for a while."""
        file, before = self.house.settings_file, self.house.settings_file.read_text("utf-8")
        assert old in before
        try:
            file.write_text(before.replace(old, new, 1), "utf-8")
            self.house.deliver.stop()
            self.house.deliver.start()
            yield
        finally:
            file.write_text(before, "utf-8")
            self.house.deliver.stop()
            self.house.deliver.start()

    def told(self) -> dict[str, object]:
        """What the log says of the last message."""
        return [event for event in self.house.deliver.events if event["event"] == "inbound"][-1]


def put(house: House, name: str, own: Identity, state: str = "active") -> None:
    (house.keys / f"{name}.key.pem").write_bytes(
        own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (house.keys / f"{name}.key.pem").chmod(0o600)
    (house.keys / f"{name}.json").write_text(json.dumps({"state": state}))
    (house.keys / f"{name}.crt.pem").write_bytes(own.cert_file.read_bytes())
