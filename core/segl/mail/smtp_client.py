"""A small SMTP client (RFC 5321): one message on a fresh connection, in bounded time, whatever the server does.

A 250 to the final dot means that the message is in the server's queue, on disk. No answer after it is 4xx: then the
message may have been taken all the same and will arrive twice, which is the lesser evil (RFC 1047). So that answer is
waited for as long as there is time at all (RFC 5321 §4.5.3.2.6 asks for ten minutes): behind it the server signs, scans
and syncs.

DSN (RFC 3461): the success was or will be reported by our own Postfix from the LMTP reply, so only failures and
delays are asked for here (of delays that Postfix tells when its ``delay_warning_time`` is set), with headers only
(RET=HDRS): what we hand on carries a link or ciphertext that no bounce need repeat. Such a report names the message as
all others of it do (ENVID, the milter's ``X-Segl-Id``) and the recipient as we were given it (ORCPT).
"""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from segl.errors import DeliveryError, SmtpReply
from segl.mail.handover import Handover, NextHop, OutcomeUnknown, Refused, Step, Unreachable
from segl.mail.outgoing import Outgoing
from segl.masking import mask_digits

LONGEST_TEXT: Final = 200
_MOST_LINES: Final = 100
_LONGEST_LINE: Final = 8192
_LONGEST_ENVID: Final = 100  # RFC 3461 §4.4
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?= |$)")
_QUEUED_AS = re.compile(r"queued as ([A-Za-z0-9]{1,40})")
# A hand-over takes at most this many times the patience for one reply, and never longer than the second (see
# segl_delivery.agent.LATEST_START).
_WHOLE: Final = 4
_LONGEST_WHOLE: Final = 240.0
_A_MOMENT: Final = 2.0


class SmtpClient(smtplib.SMTP):
    """smtplib's client, except that a reply ends: the library reads continuation lines without limit, and waits anew
    for each byte. Here the socket's time-out is for the whole of a reply."""

    _ahead = b""  # what came behind the last line that was read

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
        patience = self.sock.gettimeout() or _A_MOMENT
        end = time.monotonic() + patience
        lines: list[bytes] = []
        for _ in range(_MOST_LINES):
            line = self._line(end)
            if not line.endswith(b"\n"):
                break
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                self.sock.settimeout(patience)
                code = line[:3]
                return (int(code) if code.isdigit() else -1), b"\n".join(lines)
        self.close()
        raise smtplib.SMTPServerDisconnected("closed, or no reply")

    def _line(self, end: float) -> bytes:
        """The next line with its end; without, when the connection was closed in it, or it is too long."""
        held = self._ahead
        while b"\n" not in held and len(held) < _LONGEST_LINE:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            assert self.sock is not None  # noqa: S101
            self.sock.settimeout(left)
            piece = self.sock.recv(_LONGEST_LINE)
            if not piece:
                return held
            held += piece
        line, newline, self._ahead = held.partition(b"\n")
        return line + newline


class Transaction:
    """One MAIL … dot on a fresh connection. *patience*, seconds, is for one reply; that to the final dot may take as
    long as is left of the whole."""

    def __init__(
        self, client: SmtpClient, hop: NextHop, patience: float, smtputf8: bool, envelope_id: str
    ) -> None:
        self._client = client
        self._hop = hop
        self._envelope_id = envelope_id
        self._patience = patience
        self._deadline = time.monotonic() + min(_WHOLE * patience, _LONGEST_WHOLE)
        self._smtputf8 = smtputf8
        if smtputf8:
            client.command_encoding = "utf-8"

    def run(self, sender: str, recipients: Sequence[str], message: Outgoing, *, together: bool) -> Handover:
        self._ehlo()
        if refusal := self._command("MAIL", self._mail(sender, message), 250):
            raise Refused(refusal, Step.MAIL, hop=self._hop)
        refused: dict[str, SmtpReply] = {}
        for recipient in recipients:
            if refusal := self._command("RCPT", self._rcpt(recipient), 250, 251):
                if together and refusal.code < 500:
                    raise Refused(refusal, Step.RCPT, hop=self._hop)
                refused[recipient] = refusal
        if len(refused) == len(recipients):
            return Handover("", refused, self._hop)
        return Handover(self._data(message), refused, self._hop)

    def _ehlo(self) -> None:
        self._set_patience()
        code, text = self._client.ehlo()
        if code != 250:
            raise takes_nothing(self._hop, code, text, Step.EHLO)
        if self._smtputf8 and not self._client.has_extn("smtputf8"):
            # RFC 6531 §3.7. A setting mends it, so mail to others waits for it.
            reply = SmtpReply(451, "4.6.7", f"the {self._hop.called} does not take UTF-8 addresses")
            raise Refused(reply, Step.EHLO, self._hop.for_utf8, hop=self._hop)

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
            raise Refused(refusal, Step.DATA, hop=self._hop)
        sent = 0
        for piece in message.stuffed():
            if sent < message.size:
                self._set_patience()  # for each piece: else the one who takes them slowly has as long as he likes
            else:
                self._await_last()  # what is left is the end
            self._client.send(piece)
            sent += len(piece)
        try:
            self._await_last()
            code, text = self._client.getreply()
        except (smtplib.SMTPException, OSError) as error:
            called = self._hop.called
            raise OutcomeUnknown(
                f"no answer from the {called}", f"{called}, after the dot: {kind_of(error)}"
            ) from None
        if code != 250:
            raise Refused(clean_reply(code, text), Step.DOT, hop=self._hop)
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
            raise DeliveryError(f"the {self._hop.called} is too slow")
        if self._client.sock is not None:
            self._client.sock.settimeout(min(self._patience, left))

    def _await_last(self) -> None:
        """The dot has gone: for its answer there is all the time that is left, and where none is, a moment."""
        if self._client.sock is not None:
            self._client.sock.settimeout(max(self._deadline - time.monotonic(), _A_MOMENT))


def takes_nothing(hop: NextHop, code: int, text: bytes, step: Step | None = None) -> Unreachable:
    """The error for *hop* that answers, to the connection or at *step*, that it takes no mail."""
    where = f"{hop.called}, {step}" if step else hop.called
    return Unreachable(f"the {hop.called} takes no mail now", f"{where}: {clean_reply(code, text)}")


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


def kind_of(error: BaseException) -> str:
    """What went wrong, without what the other side said (it could quote anything)."""
    text = getattr(error, "strerror", None)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
