"""Messages on hold, one of a house and one of a school; a queue that notes what is done, a port what is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes

from segl.errors import SmtpReply
from segl.mail.handover import Handover, OutcomeUnknown, Unreachable
from segl.mail.return_port import ReturnPort
from segl.postfix.hold_queue import Held, HoldQueue
from segl.postfix.holding import Holding
from segl.settings.document import Settings

HELD = Held("4jZ6", "ab" * 32, 1_795_575_511.0, 900, "anna@nordby.example", ("bo@x.example",), ("cpr",))
OF_SCHOOL = Held("4jZ7", "cd" * 32, HELD.arrived, 900, "rektor@skole.example", ("bo@x.example",), ("cpr",))
GONE, FULL = SmtpReply(550, "5.1.1", "no such user"), SmtpReply(452, "4.2.2", "mailbox full")


@dataclass(frozen=True, slots=True)
class Queue(HoldQueue):
    """Notes what is done to messages."""

    done: list[str] = field(default_factory=list)

    def must_be_anew(self, queue_id: str, settings: Settings) -> bool:
        return False

    def release(self, queue_id: str, *, anew: bool = False) -> None:
        self.done.append(f"release {queue_id}")

    def delete(self, queue_id: str) -> None:
        self.done.append(f"delete {queue_id}")


@dataclass(frozen=True, slots=True)
class Port(ReturnPort):
    """Takes everything, or nothing while ``down`` is not empty; of ``unknown`` it says nothing after the dot."""

    down: list[bool] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    refused: dict[str, SmtpReply] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)

    def send(self, sender: str, recipients: object, message: object, **_: object) -> Handover:
        if self.down:
            raise Unreachable("the return port does not answer")
        assert isinstance(message, bytes)
        assert isinstance(recipients, list)
        if recipients[0] in self.unknown:
            raise OutcomeUnknown("no answer from the return port")
        if recipients[0] in self.refused:
            return Handover("", {recipients[0]: self.refused[recipients[0]]})
        self.sent.append(message)
        return Handover("1")


def done(holding: Holding) -> list[str]:
    assert isinstance(holding.queue, Queue)
    return holding.queue.done


def sent(holding: Holding) -> list[bytes]:
    assert isinstance(holding.port, Port)
    return holding.port.sent


def plain(mail: bytes) -> str:
    """Its text."""
    text = message_from_bytes(mail).get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode("utf-8")


def refuse(holding: Holding, refused: dict[str, SmtpReply]) -> None:
    assert isinstance(holding.port, Port)
    holding.port.refused.clear()
    holding.port.refused.update(refused)
