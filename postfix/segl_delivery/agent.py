"""The types that the LMTP server and the agents behind it exchange."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from segl.addresses import domain_of
from segl.errors import DeliveryError, SeglError, SmtpReply
from segl.headers import ID, LINK
from segl.mail.fields import read_header
from segl.sealed.keys import Secret
from segl.vocabulary import Envelope, Way
from segl_delivery.incoming import Incoming

LATEST_START: Final = 300.0  # seconds after the end of the data; a hand-over takes at most 240 s
_ID: Final = re.compile(rb"[0-9A-Za-z.-]{1,64}")
OUR_FAULT: Final = SmtpReply(451, "4.3.0", "a fault here, the message is kept for another try")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One LMTP transaction: the envelope and the message, byte for byte as it came (dot-stuffing undone).

    ``smtputf8`` says that the client announced, or used, addresses or headers in UTF-8 (RFC 6531);
    ``client`` is the name it gave itself in LHLO.
    """

    envelope: Envelope
    content: bytes
    smtputf8: bool = False
    client: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each recipient once, in the order of the first naming."""
        return tuple(dict.fromkeys(self.envelope.recipients))

    @property
    def envelope_id(self) -> str:
        """What reports of this message name it by: the milter's ``X-Segl-Id``; ``""`` when it has none."""
        found = self._mark(ID)
        return found.decode("ascii") if _ID.fullmatch(found) else ""

    @property
    def link_seed(self) -> Secret | None:
        """What the links of what is sealed are made from (:class:`segl.sealed.keys.Links`): the milter's
        ``X-Segl-Link``; ``None`` when it has none."""
        try:
            return Secret.from_text(self._mark(LINK).decode("ascii"))
        except ValueError:
            return None

    def _mark(self, name: str) -> bytes:
        fields, _ = read_header(self.content)
        return next((field.value for field in fields if field.name == name.lower()), b"")

    @property
    def is_late(self) -> bool:
        """Whether it is too late to begin anything for this message: Postfix waits 600 s for the replies, and what is
        done after that is done again."""
        return time.monotonic() - self.began > LATEST_START

    def check_time(self) -> None:
        """Raises :class:`~segl.errors.DeliveryError` when it :attr:`is_late`."""
        if self.is_late:
            raise DeliveryError("not enough time left in this try")


class Agent(Protocol):
    """Takes a message on for its recipients."""

    @property
    def way(self) -> Way | Incoming: ...

    async def deliver(self, delivery: Delivery) -> Mapping[str, SmtpReply]:
        """A reply for each of :attr:`Delivery.recipients`. 250 means: the next holder has it on disk. What is
        left out, or raised, is answered 4xx by the caller."""
        ...


def by_domain(recipients: Iterable[str]) -> dict[str, list[str]]:
    """*recipients* under their normal domain; ``""`` holds those without one."""
    groups: dict[str, list[str]] = {}
    for recipient in recipients:
        groups.setdefault(domain_of(recipient), []).append(recipient)
    return groups


def reply_to(error: BaseException) -> SmtpReply:
    """The reply that belongs to *error*; one that nobody foresaw is our fault and temporary."""
    return error.reply if isinstance(error, SeglError) else OUR_FAULT
