"""Receipts as their reader's mail store has them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from world.letters import CPR, letter
from world.peers import ReceivedMail, SmtpPeer
from world.street import Street


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """One receipt, read."""

    mail: ReceivedMail
    message: Message

    @property
    def subject(self) -> str:
        return str(make_header(decode_header(self.message["Subject"])))

    def part(self, kind: str) -> str:
        for part in self.message.walk():
            if part.get_content_type() == kind:
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                return payload.decode("utf-8")
        raise AssertionError(f"no {kind}")

    @property
    def form(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.part("application/json"))
        return found

    @property
    def states(self) -> dict[str, str]:
        return {line["recipient"]: line["state"] for line in self.form["recipients"]}

    @property
    def ways(self) -> dict[str, str | None]:
        return {line["recipient"]: line["way"] for line in self.form["recipients"]}

    def line(self, recipient: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.form["recipients"] if one["recipient"] == recipient)
        return found


def read_receipts(peer: SmtpPeer) -> list[ReadReceipt]:
    """What *peer* took, the oldest first."""
    return [ReadReceipt(mail, message_from_bytes(mail.content)) for mail in peer.received]


def receipts_for(street: Street, address: str) -> list[ReadReceipt]:
    """What came to *address* from our receipts' sender, the oldest first."""
    read = [ReadReceipt(mail, message_from_bytes(mail.content)) for mail in street.mail_for(address)]
    return [one for one in read if "kvittering@" in str(one.message["From"])]


def other_reports(street: Street, address: str) -> list[ReceivedMail]:
    """Postfix's own notices that came through to *address*."""
    return [mail for mail in street.mail_for(address) if b"multipart/report" in mail.content]


def secret_letter(*recipients: str, message_id: str = "<1@desk.example>") -> bytes:
    """A message that must go securely, with a Message-ID of its own."""
    content = letter("", recipients, "Flytning", f"Hej\n\nLejeren har CPR-nummer {CPR}.\n").content
    return f"Message-ID: {message_id}\r\n".encode() + content
