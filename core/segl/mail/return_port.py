"""Hands a finished message to the front Postfix's return port, by SMTP (RFC 5321).

The return port takes what is safe to travel now: ciphertext and notices. Its 250 means that the message is in
that Postfix's queue, on disk; only then does the LMTP client hear 250 from us. Every other answer is
passed back for the recipient it was given for. No answer, in particular none after the final dot, is 4xx:
then the message may have been taken all the same and will arrive twice, which is the lesser evil (RFC
1047). So that answer is waited for as long as there is time at all (RFC 5321 §4.5.3.2.6 asks for ten minutes): behind
it the front signs, scans and syncs.

DSN (RFC 3461): the success was or will be reported by our own Postfix from the LMTP reply, so only failures and
delays are asked for here (of delays that Postfix tells when its ``delay_warning_time`` is set), with headers only
(RET=HDRS): what we hand on carries a link or ciphertext that no bounce need repeat. Such a report names the message as
all others of it do (ENVID, the milter's ``X-Segl-Id``) and the recipient as we were given it (ORCPT).
"""

from __future__ import annotations

import re
import smtplib
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from segl.addresses import domain_of
from segl.errors import DeliveryError, SmtpReply
from segl.mail.outgoing import Outgoing
from segl.mail.port_owner import Listener, Owned, listeners, owner_of
from segl.masking import mask_digits
from segl.vocabulary import Known

LONGEST_TEXT: Final = 200
CONNECT_SECONDS: Final = 10.0
_MOST_LINES: Final = 100
_LONGEST_LINE: Final = 8192
_LONGEST_ENVID: Final = 100  # RFC 3461 §4.4
_OUR_NAME: Final = "segl-deliver.invalid"
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?= |$)")
_QUEUED_AS = re.compile(r"queued as ([A-Za-z0-9]{1,40})")
# A hand-over takes at most this many times the patience for one reply, and never longer than the second (see
# segl_delivery.agent.LATEST_START).
_WHOLE: Final = 4
_LONGEST_WHOLE: Final = 240.0
_A_MOMENT: Final = 2.0
# RFC 3463 §3.2, RFC 6531 §3.7. The second is mended by a setting, so mail to others waits for it.
_NO_TEXT: Final = SmtpReply(553, "5.1.3", "the address has bytes that are no UTF-8")
_NO_UTF8: Final = SmtpReply(451, "4.6.7", "the return port does not take UTF-8 addresses")
_INSTALL: Final = "run: segl install"
_UNSEEN: Final = (
    "Postfix must run on this host, its master as a root that Segl sees (no other user namespace)"
)


class OutcomeUnknown(DeliveryError):
    """The message was sent, but the answer did not come: it may be with the next Postfix, or not."""

    reply_enhanced = "4.4.2"


class Unreachable(DeliveryError):
    """Nobody listens at the return port."""

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
    """The return port said no; ``reply`` is what it said, ``step`` to what: of RCPT, *recipient* may be named."""

    def __init__(self, reply: SmtpReply, step: Step, hint: str = "", *, recipient: str = "") -> None:
        super().__init__(
            reply.text, f"return port, {' '.join(filter(None, (step, recipient)))}: {reply}", hint
        )
        self.reply_code, self.reply_enhanced = reply.code, reply.enhanced
        self.step = step

    @property
    def is_of_port(self) -> bool:
        """Whether it takes nothing now, whoever is to get it: its disk is full, a milter behind it does not answer. As
        good as :class:`Unreachable`."""
        return self.reply.temporary and self.step in (Step.MAIL, Step.DATA, Step.DOT)


@dataclass(frozen=True, slots=True)
class Handover:
    """What the return port said. ``refused`` names recipients it did not take; all others it did."""

    queued_as: str
    refused: dict[str, SmtpReply] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReturnPort:
    """Where finished messages go. ``reply_seconds`` is the patience for one reply; that to the final dot may take as
    long as is left of the whole."""

    host: str
    port: int
    reply_seconds: float = 60.0
    # From the message's envelope id and the recipients' domain to the name it goes on by (segl.receipts.key).
    onward: Callable[[str, str], str] = field(default=lambda envelope_id, _: envelope_id, compare=False)
    # A word that its greeting holds, at a port of this host that is Postfix's or nobody's: whoever greets without it
    # gets nothing, nor does who is not seen to be root (NotThere).
    greeting: str = ""

    @classmethod
    def at(
        cls, host_port: str, reply_seconds: float, onward: Callable[[str, str], str] | None = None
    ) -> ReturnPort:
        host, _, port = host_port.rpartition(":")
        found = cls(host.strip("[]"), int(port), reply_seconds)
        return found if onward is None else replace(found, onward=onward)

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes | Outgoing,
        *,
        smtputf8: bool,
        envelope_id: str = "",
        together: bool = False,
    ) -> Handover:
        """Blocking. *message* has CR LF line ends; *recipients* are without doubles. *envelope_id*, ASCII, is the
        message's; what reports of what becomes of it bear (ENVID) is made of it and the domain, which all share then.
        *together*: as long as one of them is refused for now nobody gets it (:class:`Refused`), for a caller that
        cannot try again for some alone.

        Raises :class:`DeliveryError` when no copy was taken for a reason common to all recipients, its
        subclass :class:`OutcomeUnknown` when that cannot be said.
        """
        outgoing = Outgoing.of(message) if isinstance(message, bytes) else message
        if not all(map(_is_text, (sender, *recipients))):
            raise Refused(_NO_TEXT, Step.ADDRESS)
        client = self._connect()
        try:
            smtputf8 = smtputf8 or not all(address.isascii() for address in (sender, *recipients))
            name = self.onward(envelope_id, domain_of(recipients[0])) if envelope_id and recipients else ""
            transaction = _Transaction(client, self, smtputf8, name)
            return transaction.run(sender, recipients, outgoing, together=together)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(
                "the connection to the return port broke", f"{self}: {_kind(error)}"
            ) from None
        finally:
            client.close()

    def size_limit(self) -> int | None:
        """The largest message it takes, in bytes (RFC 1870 §4); ``None`` when it names none. Blocking. Raises
        :class:`DeliveryError`."""
        client = self._connect()
        try:
            code, text = client.ehlo()
            named = client.esmtp_features.get("size", "").strip()
            with suppress(smtplib.SMTPException, OSError):
                client.putcmd("QUIT")
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(
                "the connection to the return port broke", f"{self}: {_kind(error)}"
            ) from None
        finally:
            client.close()
        if code != 250:
            raise Unreachable("the return port takes no mail now", f"EHLO: {clean_reply(code, text)}")
        return int(named) or None if named.isdecimal() and len(named) < 20 else None

    def _connect(self) -> _Client:
        before = listeners(self.port) if self.greeting else frozenset()
        owned = owner_of(self.host, before, before)
        if before and owned.known is Known.NO:
            raise self._somebody_elses(owned)  # unasked, so that he cannot keep us waiting either
        client = _Client(local_hostname=_OUR_NAME, timeout=min(CONNECT_SECONDS, self.reply_seconds))
        try:
            code, text = client.connect(self.host, self.port)
        except (OSError, smtplib.SMTPException) as error:
            client.close()
            kind = NotThere if isinstance(error, ConnectionRefusedError) else Unreachable
            hint = _INSTALL if self.greeting and kind is NotThere else "is the front up?"
            raise kind(
                "the return port does not answer", f"return port {self}: {_kind(error)}", hint
            ) from None
        if client.sock is not None:
            # A message goes out in pieces. Held back until the one before is acknowledged, each costs 40 ms.
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if code != 220:
            client.close()
            raise Unreachable("the return port takes no mail now", f"{self}: {clean_reply(code, text)}")
        if self.greeting:
            self._see_whose(client, text, before)
        return client

    def _see_whose(self, client: _Client, said: bytes, before: frozenset[Listener]) -> None:
        """Raises :class:`NotThere`, and closes *client*, unless it is our Postfix for sure that greeted it with *said*.
        *before*: who listened when it was not connected yet."""
        owned = owner_of(client.reached, before, listeners(self.port))
        if self.greeting.encode() not in said:
            owned = Owned(Known.NO, "greets as none of ours")
        elif owned.known is Known.YES:
            return
        client.close()
        raise self._somebody_elses(owned)

    def _somebody_elses(self, owned: Owned) -> NotThere:
        hint = _INSTALL if owned.known is Known.NO else _UNSEEN
        return NotThere("the port is somebody else's", f"{self}: {owned.reason}", hint)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _Client(smtplib.SMTP):
    """smtplib's client, except that a reply ends: the library reads continuation lines without limit."""

    @property
    def reached(self) -> str:
        """The address at the other end; empty where the connection is gone."""
        try:
            return str(self.sock.getpeername()[0]) if self.sock is not None else ""
        except OSError:
            return ""

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if self.file is None:
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        for _ in range(_MOST_LINES):
            line = self.file.readline(_LONGEST_LINE)
            if not line.endswith(b"\n"):
                break
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                code = line[:3]
                return (int(code) if code.isdigit() else -1), b"\n".join(lines)
        self.close()
        raise smtplib.SMTPServerDisconnected("closed, or no reply")


class _Transaction:
    """One MAIL … dot on a fresh connection."""

    def __init__(self, client: _Client, port: ReturnPort, smtputf8: bool, envelope_id: str) -> None:
        self._client = client
        self._envelope_id = envelope_id
        self._patience = port.reply_seconds
        self._deadline = time.monotonic() + min(_WHOLE * port.reply_seconds, _LONGEST_WHOLE)
        self._smtputf8 = smtputf8
        if smtputf8:
            client.command_encoding = "utf-8"

    def run(self, sender: str, recipients: Sequence[str], message: Outgoing, *, together: bool) -> Handover:
        self._ehlo()
        if refusal := self._command("MAIL", self._mail(sender, message), 250):
            raise Refused(refusal, Step.MAIL)
        refused: dict[str, SmtpReply] = {}
        for recipient in recipients:
            if refusal := self._command("RCPT", self._rcpt(recipient), 250, 251):
                if together and refusal.code < 500:
                    raise Refused(refusal, Step.RCPT)
                refused[recipient] = refusal
        if len(refused) == len(recipients):
            return Handover("", refused)
        return Handover(self._data(message), refused)

    def _ehlo(self) -> None:
        self._set_patience()
        code, text = self._client.ehlo()
        if code != 250:
            raise Unreachable("the return port takes no mail now", f"EHLO: {clean_reply(code, text)}")
        if self._smtputf8 and not self._client.has_extn("smtputf8"):
            raise Refused(_NO_UTF8, Step.EHLO, "smtputf8_enable = yes in the front's main.cf")

    def _mail(self, sender: str, message: Outgoing) -> str:
        words = [f"FROM:<{sender}>"]
        if self._client.has_extn("size"):
            words.append(f"SIZE={message.size}")
        if self._client.has_extn("8bitmime") and not message.ascii:
            words.append("BODY=8BITMIME")
        if self._smtputf8:
            words.append("SMTPUTF8")
        if self._client.has_extn("dsn"):
            words.append("RET=HDRS")
            if self._envelope_id:
                words.append(f"ENVID={xtext(self._envelope_id)[:_LONGEST_ENVID]}")
        return " ".join(words)

    def _rcpt(self, recipient: str) -> str:
        words = [f"TO:<{recipient}>"]
        if self._client.has_extn("dsn"):
            words.append("NOTIFY=FAILURE,DELAY")
            if recipient.isascii():
                words.append(f"ORCPT=rfc822;{xtext(recipient)}")
        return " ".join(words)

    def _data(self, message: Outgoing) -> str:
        """The queue id from the reply to the final dot."""
        if refusal := self._command("DATA", "", 354):
            raise Refused(refusal, Step.DATA)
        self._set_patience()
        for piece in message.stuffed():
            self._client.send(piece)
        try:
            self._await_last()
            code, text = self._client.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown("no answer from the return port", f"after the dot: {_kind(error)}") from None
        if code != 250:
            raise Refused(clean_reply(code, text), Step.DOT)
        with suppress(smtplib.SMTPException, OSError):
            self._client.putcmd("QUIT")  # the answer to this is worth no wait
        found = _QUEUED_AS.search(text.decode("ascii", "replace"))
        return found[1] if found else "unknown"

    def _command(self, verb: str, arguments: str, *wanted: int) -> SmtpReply | None:
        """``None`` when the code is one of *wanted*, else the refusal."""
        self._set_patience()
        code, text = self._client.docmd(verb, arguments)
        return None if code in wanted else clean_reply(code, text)

    def _set_patience(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DeliveryError("the return port is too slow")
        if self._client.sock is not None:
            self._client.sock.settimeout(min(self._patience, left))

    def _await_last(self) -> None:
        """The dot has gone: for its answer there is all the time that is left, and where none is, a moment."""
        if self._client.sock is not None:
            self._client.sock.settimeout(max(self._deadline - time.monotonic(), _A_MOMENT))


def clean_reply(code: int, text: bytes) -> SmtpReply:
    """The next server's refusal as one we may pass on: one line, printable ASCII, bounded, codes that agree.

    A code that speaks of the connection or of a fault in the dialogue (421, 500, 502, 503), or is no
    refusal at all, becomes 451: the recipient is not to blame for it.

    Numbers in its words are masked (:func:`~segl.masking.mask_digits`): a filter may quote the subject that it refuses,
    and what is said here stands in our log and in Postfix's.
    """
    line = " ".join("".join(c if " " <= c <= "~" else " " for c in text.decode("ascii", "replace")).split())
    enhanced = _ENHANCED.match(line)
    if enhanced:
        line = line[enhanced.end() :].strip()
    line = mask_digits(line)
    if not 400 <= code <= 599 or code in (421, 500, 502, 503):
        return SmtpReply(451, "4.5.0", f"next server: {line}"[:LONGEST_TEXT])
    fits = enhanced is not None and enhanced[1] == str(code)[0]
    return SmtpReply(
        code, enhanced[0] if enhanced and fits else f"{code // 100}.0.0", line[:LONGEST_TEXT] or "-"
    )


def xtext(address: str) -> str:
    """RFC 3461 §4: printable ASCII as it is, ``+``, ``=`` and all else as ``+XX``."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in address)


def _is_text(address: str) -> bool:
    """Whether it can be sent: programs give the bytes of a broken address as halves of surrogate pairs (PEP 383)."""
    return not any("\ud800" <= char <= "\udfff" for char in address)


def _kind(error: BaseException) -> str:
    """What went wrong, without what the other side said (it could quote anything)."""
    text = getattr(error, "strerror", None)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
