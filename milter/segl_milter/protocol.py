"""The milter protocol, as Postfix speaks it: packets, options, edits.

Sendmail's protocol for mail filters (``mfdef.h``, version 6; Postfix: MILTER_README). Postfix opens a connection to the
milter for each SMTP session. Each packet is a length (four bytes, network order, of what follows), a command
byte and its data; strings end with NUL. First both sides *negotiate* (``O``): Postfix offers the actions a milter may
take (add a header, change the sender) and the steps it can leave out, the milter answers with those it wants.
Then Postfix sends one packet an event: ``M`` for MAIL, ``R`` for each recipient, ``L`` for each header field, ``B``
for each 64 KB of the body, ``E`` for its end. Only there may the milter edit; its answer (continue, reject,
temporary failure) becomes the reply to the sender's final dot. Several messages may follow on one connection;
``A`` gives a message up half-way, ``Q`` ends the connection.

Each packet that waits for an answer costs a round trip, each unwanted one a packet. So everything but the
end of the message goes unanswered, and the steps that tell us nothing (connect, HELO, DATA, end of headers, unknown
commands) are left out. Postfix then writes without waiting, and one read takes many packets. ``LEADING_SPACE`` gives
header values with the blanks after the colon and the folds as sent, which a classifier of bytes needs.

Before each packet goes another, ``D``, with the *macros* of its step (queue id, client, login name), that of a step
left out too. A milter may say which macros it wants; what it does not want Postfix need not find out, such as where
the sender's address would be delivered to. An MTA that does not give that choice sends what it was told to by its own
settings; then the client's address is taken from the connect step, which is not left out.

Pure: bytes in, bytes out. :mod:`.connection` reads and writes, docs/decisions/0035-speed.md says why not libmilter.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, IntFlag
from functools import lru_cache

from segl.errors import SmtpReply

VERSION, _OLDEST = 6, 2
MOST_BYTES = 65_536  # of a packet; Postfix cuts fields at 60 KB and body at 64 KB less one
_THREE = struct.Struct("!III")
_NUMBER = struct.Struct("!I")
HEAD = struct.Struct("!IB")  # length of what follows it, command


class MilterProtocolError(Exception):
    """The other side does not speak this protocol, or not enough of it. The connection is closed then, which an MTA
    takes for a broken milter: temporary failure."""


class Action(IntFlag):
    """What a milter may do at the end of a message (SMFIF_*)."""

    ADD_HEADER = 0x01
    CHANGE_HEADER = 0x10
    QUARANTINE = 0x20
    CHANGE_SENDER = 0x40
    CHOOSE_MACROS = 0x100


class Step(IntFlag):
    """What an MTA may leave out (``NO_``), what goes unanswered (``QUIET_``), how headers are sent (SMFIP_*)."""

    NO_CONNECT = 0x01
    NO_HELO = 0x02
    NO_END_OF_HEADERS = 0x40
    QUIET_HEADER = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    QUIET_MAIL = 0x4000
    QUIET_RECIPIENT = 0x8000
    QUIET_BODY = 0x80000
    LEADING_SPACE = 0x100000


class ReplyCode(Enum):
    """The answer to a step, or to the end of a message."""

    CONTINUE = b"c"
    REJECT = b"r"
    TEMPFAIL = b"t"


ACTIONS = Action(sum(Action) - Action.CHOOSE_MACROS)  # all that edit: we need them
STEPS = Step(sum(Step))  # all of those above: wanted where they are offered
_QUIET = {
    ord("M"): Step.QUIET_MAIL,
    ord("R"): Step.QUIET_RECIPIENT,
    ord("L"): Step.QUIET_HEADER,
    ord("B"): Step.QUIET_BODY,
}

# The macros of each step, from the connection (0) to the end of the headers (6): of all there are, only queue id and
# client's address are read, at the end of the message. An empty list would mean all that main.cf names. Header fields
# come with those of the end of the headers.
_END_OF_MESSAGE = 5
_MACROS = b"".join(
    _NUMBER.pack(step) + (b"i {client_addr}\0" if step == _END_OF_MESSAGE else b"i\0") for step in range(7)
)


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What was agreed on: the commands that go unanswered, and whether header values keep their leading blanks."""

    quiet: frozenset[int]
    leading_space: bool


def packet(command: bytes, data: bytes = b"") -> bytes:
    return _NUMBER.pack(len(data) + 1) + command + data


@lru_cache(maxsize=16)  # an MTA makes the same offer each time
def negotiate(offer: bytes) -> tuple[Negotiated, bytes]:
    """The terms for an MTA that makes this *offer*, and the packet that tells it. Raises :class:`MilterProtocolError`
    for one that cannot make our edits: without them no message could be marked."""
    if len(offer) < _THREE.size:
        raise MilterProtocolError("a negotiation without options")
    version, actions, offered = _THREE.unpack_from(offer)
    if version < _OLDEST or ACTIONS & ~actions:
        raise MilterProtocolError(f"an MTA of version {version} with the actions {actions:#x}")
    chosen = Action.CHOOSE_MACROS & actions
    steps = STEPS & offered
    if not chosen:
        steps &= ~Step.NO_CONNECT  # it alone is sure to name the client then
    told = _THREE.pack(min(version, VERSION), ACTIONS | chosen, steps)
    terms = Negotiated(
        frozenset(c for c, step in _QUIET.items() if steps & step), bool(steps & Step.LEADING_SPACE)
    )
    return terms, packet(b"O", told + (_MACROS if chosen else b""))


def strings(data: bytes) -> list[bytes]:
    """The strings of *data*. Raises :class:`MilterProtocolError` when the last is cut off, or there is none."""
    if not data.endswith(b"\0"):
        raise MilterProtocolError("a string without end")
    return data[:-1].split(b"\0")


def macro(data: bytes, name: bytes) -> bytes | None:
    """The value of *name* among the macros of a packet ``D``; its first byte says of which step they are."""
    told = data[1:].split(b"\0")
    for at in range(0, len(told) - 1, 2):
        if told[at] == name:
            return told[at + 1]
    return None


def client_address(data: bytes) -> str:
    """The client's address in a packet ``C``: a host name, the family, two bytes of port, the address. ``""`` when it
    has none, as on a unix socket."""
    _, _, rest = data.partition(b"\0")
    if rest[:1] not in (b"4", b"6"):
        return ""
    return rest[3:].partition(b"\0")[0].removeprefix(b"IPv6:").decode("ascii", "replace")


class Edits:
    """The edits of one message, as packets. Strings are UTF-8; what was no UTF-8 goes back as it came."""

    __slots__ = ("packets",)

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def add_header(self, name: str, value: str) -> None:
        self._add(b"h", name, value)

    def change_header(self, name: str, number: int, value: str) -> None:
        """The *number*-th field of that name, counted from 1; an empty *value* takes it off."""
        self._add(b"m", name, value, before=_NUMBER.pack(number))

    def change_sender(self, address: str, parameters: str) -> None:
        self._add(b"e", address, parameters)

    def quarantine(self, reason: str) -> None:
        self._add(b"q", reason)

    def _add(self, command: bytes, *texts: str, before: bytes = b"") -> None:
        told = b"".join(text.encode("utf-8", "surrogateescape").replace(b"\0", b"") + b"\0" for text in texts)
        self.packets.append(packet(command, before + told))


def reply(words: SmtpReply) -> bytes:
    """The packet that answers with a reply in our own words; the protocol wants per cent signs doubled."""
    return packet(b"y", str(words).replace("%", "%%").encode("utf-8", "replace") + b"\0")
