"""What a receipt says, in words, before it has a form. Pure: facts in, :class:`ReceiptView` out.

A template gets the view and nothing else, so that it can leave out and lay out, and never look further.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from segl.addresses import domain_of
from segl.language import Language
from segl.mail.paths import is_plain
from segl.receipts.due import is_bad
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.settings_receipts import Receipts
from segl.vocabulary import Proof, Way
from segl_delivery.receipts.texts import TEXTS, Kind, ReceiptTexts

_MOST_NAMED: Final = 1  # recipients in the subject; of more their number


@dataclass(frozen=True, slots=True)
class Tls:
    """How a delivery was protected, as Postfix logged it."""

    version: str
    cipher: str
    level: str
    host: str
    proof: Proof | None = None  # on whose word the certificate was the right one

    @property
    def checked(self) -> bool:
        """Whether the server's certificate was the right one (Postfix: ``Verified``)."""
        return self.level == "Verified"


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient's line, in words. ``advice`` and ``said`` are there when it failed or waits."""

    recipient: str
    way: str
    state: str
    todo: str
    advice: str = ""
    said: str = ""
    revoke: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt in words. ``why``, ``not_sensitive`` and ``feedback`` may be empty."""

    language: Language
    kind: Kind
    subject: str
    heading: str
    lead: str
    columns: tuple[str, str, str, str]
    rows: tuple[Row, ...]
    about: str
    why: str
    not_sensitive: str
    feedback: str
    foot: str


@dataclass(frozen=True, slots=True)
class House:
    """Whose receipts these are."""

    organisation: str
    feedback: str = ""


def shown(message: SentMessage, send: Receipts) -> tuple[Line, ...]:
    """The lines that a receipt tells of: colleagues' only when all are wanted, or something went wrong with them."""
    return tuple(
        line for line in message.lines if send is Receipts.ALL or line.way is not Way.INTERNAL or is_bad(line)
    )


def kind_of(message: SentMessage, send: Receipts) -> Kind | None:
    """What there is to tell the sender now; ``None``: nothing."""
    lines, told = shown(message, send), message.told
    if send is Receipts.NONE or not lines:
        return None
    news = [line for line in lines if line.state is not told.of(line)]
    bad = {line.state for line in news if is_bad(line)}
    if send in (Receipts.FAILURES, Receipts.DAILY) and not bad and not (told.receipts and message.complete):
        return None
    if message.complete and told.final and not news:
        return None
    if State.FAILED in bad or (message.complete and any(line.state is State.FAILED for line in lines)):
        return Kind.FAILED
    if any(line.state is State.DELAYED for line in lines):
        return Kind.DELAYED
    return Kind.SENT if message.complete else Kind.SO_FAR


def kind_now(message: SentMessage) -> Kind:
    """Of a receipt of *message* as it stands, whatever was told before."""
    states = {line.state for line in message.lines}
    if State.FAILED in states:
        return Kind.FAILED
    if State.DELAYED in states:
        return Kind.DELAYED
    return Kind.SENT if message.complete else Kind.SO_FAR


def view_of(
    message: SentMessage,
    kind: Kind,
    language: Language,
    house: House,
    *,
    send: Receipts = Receipts.SECURE,
    tls: Mapping[str, Tls] | None = None,
    revoke: Callable[[Line], str] = lambda _: "",
    not_sensitive: str = "",
) -> ReceiptView:
    """The receipt of *message*. *tls* holds the evidence by recipient; *revoke* gives a link that takes a sealed
    message back, or ``""``; *not_sensitive* is the link by which its sender says that, or ``""``."""
    texts, lines = TEXTS[language], shown(message, send)
    rows = tuple(_row(line, texts, (tls or {}).get(line.recipient), revoke) for line in lines)
    return ReceiptView(
        language=language,
        kind=kind,
        subject=texts.subject[kind].format(whom=_whom(_of_kind(lines, kind), language)),
        heading=texts.heading[kind],
        lead=texts.lead[kind],
        columns=texts.columns,
        rows=rows,
        about=texts.about.format(time=_time(message.at, texts), message_id=message.message_id or "-"),
        why=_why(message.reasons, texts),
        not_sensitive=texts.not_sensitive.format(link=not_sensitive) if not_sensitive else "",
        feedback=texts.feedback.format(address=house.feedback) if house.feedback else "",
        foot=texts.foot.format(organisation=house.organisation),
    )


def _of_kind(lines: Sequence[Line], kind: Kind) -> Sequence[Line]:
    """Those a bad receipt is about."""
    states = {Kind.FAILED: State.FAILED, Kind.DELAYED: State.DELAYED}
    return [line for line in lines if line.state is states[kind]] if kind in states else lines


def _whom(lines: Sequence[Line], language: Language) -> str:
    if len(lines) == _MOST_NAMED and is_plain(lines[0].recipient):
        return lines[0].recipient
    word = {"da": ("modtager", "modtagere"), "en": ("recipient", "recipients")}[language]
    return f"{len(lines)} {word[len(lines) != 1]}"


def _row(line: Line, texts: ReceiptTexts, tls: Tls | None, revoke: Callable[[Line], str]) -> Row:
    bad = is_bad(line)
    return Row(
        recipient=line.recipient,
        way=_way(line, texts, tls),
        state=_state(line, texts),
        todo=texts.todo.get(line.way or "", "") if line.state in (State.SENT, State.SEALED) else "",
        advice=_fault(line, texts) if line.state is State.FAILED else "",
        said=texts.said.format(said=line.detail) if bad and line.detail else "",
        revoke=texts.revoke.format(link=link)
        if line.state is State.SEALED and (link := revoke(line))
        else "",
        bad=bad,
    )


def _way(line: Line, texts: ReceiptTexts, tls: Tls | None) -> str:
    """How it was sent; of what the secure instance could not send, nothing is claimed."""
    if line.way is None or (line.way is Way.TLS and line.state is not State.SENT):
        return texts.not_at_all if line.state is State.FAILED else texts.not_yet
    if line.way is not Way.TLS:
        return texts.ways[line.way].format(domain=domain_of(line.recipient))
    if tls is None:
        return texts.tls_unseen
    form = texts.tls_checked if tls.checked else texts.tls_seen
    proof = texts.proofs.get(tls.proof or "", "")
    host = f"{tls.host}, {proof}" if proof else tls.host
    return form.format(version=tls.version.replace("TLSv", "TLS "), host=host)


def _state(line: Line, texts: ReceiptTexts) -> str:
    word = line.state.value
    if line.state is State.SENT and line.way in (Way.TUNNEL, Way.CERTIFICATE):
        word = "sent-on"
    elif line.state is State.SENT and line.way is Way.INTERNAL:
        word = "sent-internal"
    elif line.state is State.SENT and line.way is Way.PORTAL:  # sealed by nobody here: [portal.relay]
        word = "sent-to-service"
    elif line.state is State.DELAYED and not line.retry_until:
        word = "waits"
    until = _time(line.retry_until, texts)
    return texts.states[word].format(time=_time(line.at, texts), until=until)


def _fault(line: Line, texts: ReceiptTexts) -> str:
    """A failure with a temporary code is one that was tried until time was up."""
    if line.status.startswith("4."):
        return texts.fault_late
    fits = [code for code in texts.faults if line.status == code or line.status.startswith(f"{code}.")]
    return texts.faults[max(fits, key=len, default="")]


def _why(reasons: Sequence[str], texts: ReceiptTexts) -> str:
    parts = [reason.partition(".") for reason in reasons]
    words = [texts.reason_words.get(word, "").replace("{name}", name) for word, _, name in parts]
    told = "; ".join(dict.fromkeys(filter(None, words)))
    return texts.reasons.format(reasons=told) if told else ""


def _time(moment: float, texts: ReceiptTexts) -> str:
    when = datetime.datetime.fromtimestamp(moment)
    return texts.time_form.format(day=when.day, month=when.month, hour=when.hour, minute=when.minute)
