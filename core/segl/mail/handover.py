"""What comes of handing a message on by SMTP: to whom, what was taken, and how it is told where it was not.

Segl hands on to four servers, and an error that named another one than was asked would send whoever reads it to the
wrong log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from segl.errors import DeliveryError, SmtpReply


class NextHop(Enum):
    """Whom a message is handed to: what it is ``called``, what to look at where it does not answer (``if_down``), and
    what makes it take UTF-8 addresses (``for_utf8``, RFC 6531)."""

    RETURN_PORT = ("return port", "is the front up?", "smtputf8_enable = yes in the front's main.cf")
    OWN_PORT = ("port for own mail", "is the front up?", "smtputf8_enable = yes in the front's main.cf")
    SECURE = (
        "secure instance",
        "is the secure instance up?",
        "smtputf8_enable = yes in the secure instance's main.cf",
    )
    HAND_TO = (
        "server at inbound.hand_to",
        "is the server at inbound.hand_to up?",
        "that server must announce SMTPUTF8",
    )

    def __init__(self, called: str, if_down: str, for_utf8: str) -> None:
        self.called = called
        self.if_down = if_down
        self.for_utf8 = for_utf8


class OutcomeUnknown(DeliveryError):
    """The message was sent, but the answer did not come: it may be with the next Postfix, or not."""

    reply_enhanced = "4.4.2"


class Unreachable(DeliveryError):
    """Nobody listens there."""

    reply_enhanced = "4.4.1"


class NotThere(Unreachable):
    """Nobody has that port, or somebody else has: the service is not one of ours, or not installed yet."""


class Step(StrEnum):
    """Of the dialogue (RFC 5321 §3.3): what was refused."""

    ADDRESS = "the address"  # before it was given
    EHLO = "EHLO"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "final dot"


class Refused(DeliveryError):
    """The next hop said no; ``reply`` is what it said, ``step`` to what: of RCPT, *recipient* may be named."""

    def __init__(
        self,
        reply: SmtpReply,
        step: Step,
        hint: str = "",
        *,
        hop: NextHop = NextHop.RETURN_PORT,
        recipient: str = "",
    ) -> None:
        where = " ".join(filter(None, (step, recipient)))
        super().__init__(reply.text, f"{hop.called}, {where}: {reply}", hint)
        self.reply_code, self.reply_enhanced = reply.code, reply.enhanced
        self.step = step

    @property
    def is_of_port(self) -> bool:
        """Whether it takes nothing now, whoever is to get it: its disk is full, a milter behind it does not answer. As
        good as :class:`Unreachable`."""
        return self.reply.temporary and self.step in (Step.MAIL, Step.DATA, Step.DOT)


@dataclass(frozen=True, slots=True)
class Handover:
    """What the next hop said. ``refused`` names recipients it did not take; all others it did."""

    queued_as: str
    refused: dict[str, SmtpReply] = field(default_factory=dict)
    hop: NextHop = field(default=NextHop.RETURN_PORT, compare=False)
