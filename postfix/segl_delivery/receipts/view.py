"""What a receipt says, in words, before it has a form. Pure: facts in, :class:`ReceiptView` out.

A template gets the view and nothing else, so that it can leave out and lay out, and never look further.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from segl.addresses import domain_of
from segl.days import clock_of
from segl.language import Language
from segl.mail.paths import is_plain
from segl.reasons import in_words
from segl.receipts.due import is_bad
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.settings.receipts import Receipts
from segl.vocabulary import Asked, Proof, Way
from segl_delivery.receipts import faults
from segl_delivery.receipts.since import Fates, fate_of
from segl_delivery.receipts.texts import TEXTS, ReceiptKind, ReceiptTexts

_MOST_NAMED: Final = 1  # recipients in the subject; of more their number
MOST_ROWS: Final = 50  # of a message to more, those who have it are told of together
_SERVED: Final = (State.SENT, State.SEALED)
_URGENT: Final = (State.FAILED, State.DELAYED, State.PENDING)


@dataclass(frozen=True, slots=True)
class Tls:
    """How a delivery was protected, as Postfix logged it."""

    version: str
    cipher: str
    level: str
    host: str
    proof: Proof | None = None  # on whose word the certificate was the right one
    is_awaited: bool = False  # the proof: segl-map may not have written it down yet

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
    mail: str = ""  # in a digest, with the first row of each mail: which one it is


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt in words. ``why``, ``not_sensitive`` and ``feedback`` may be empty."""

    language: Language
    kind: ReceiptKind
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
        line
        for line in message.told_of
        if send is Receipts.ALL or line.way is not Way.INTERNAL or is_bad(line)
    )


def kind_of(message: SentMessage, send: Receipts) -> ReceiptKind | None:
    """What there is to tell the sender now; ``None``: nothing."""
    lines, told = shown(message, send), message.told
    if send is Receipts.NONE or not lines or Asked.OWN_RECEIPT in message.reasons:
        return None
    news = [line for line in lines if line.state is not told.of(line)]
    bad = {line.state for line in news if is_bad(line)}
    if send in (Receipts.FAILURES, Receipts.DAILY) and not bad and not (told.receipts and message.complete):
        return None
    if not news and (told.receipts if not message.complete else told.final):
        return None
    if State.FAILED in bad or (message.complete and any(line.state is State.FAILED for line in lines)):
        return ReceiptKind.FAILED
    if any(line.state is State.DELAYED for line in lines):
        return ReceiptKind.DELAYED
    return ReceiptKind.SENT if message.complete else ReceiptKind.SO_FAR


def kind_now(message: SentMessage) -> ReceiptKind:
    """Of a receipt of *message* as it stands, whatever was told before."""
    states = {line.state for line in message.lines}
    if State.FAILED in states:
        return ReceiptKind.FAILED
    if State.DELAYED in states:
        return ReceiptKind.DELAYED
    return ReceiptKind.SENT if message.complete else ReceiptKind.SO_FAR


def view_of(
    message: SentMessage,
    kind: ReceiptKind,
    language: Language,
    house: House,
    *,
    send: Receipts = Receipts.SECURE,
    tls: Mapping[str, Tls] | None = None,
    revoke: Callable[[Line], str] = lambda _: "",
    not_sensitive: str = "",
    queue_known: bool = True,
    fates: Fates | None = None,
) -> ReceiptView:
    """The receipt of *message*. *tls* holds the evidence by recipient; *revoke* gives a link that takes a sealed
    message back, or ``""``; *not_sensitive* is the link by which its sender says that, or ``""``; *queue_known*:
    whether recipients who wait unheard of would be among the lines; *fates*: what became of sealed copies since."""
    texts, lines, fates = TEXTS[language], shown(message, send), fates or {}
    singly, together = split(lines, fates)
    rows = [
        _told_since(_row(line, texts, (tls or {}).get(line.recipient), revoke), line, fates, texts)
        for line in singly
    ]
    rows += [_told_since(_row_of_many(some, texts, revoke), some[0], fates, texts) for some in together]
    if message.unheard:
        rows.append(_unheard_of(message, texts))
    lead = [_lead(message, kind, texts)]
    lead += [texts.expanded] if message.expanded and not queue_known else []
    lead += [texts.many.format(number=len(lines))] if together else []
    if message.unnamed and kind is ReceiptKind.SO_FAR:
        whom = _number(message.unnamed, language)
    else:
        whom = _whom(_of_kind(lines, kind), language)
    return ReceiptView(
        language=language,
        kind=kind,
        subject=texts.subject[kind].format(whom=whom),
        heading=_heading(message, kind, texts),
        lead=" ".join(lead),
        columns=texts.columns,
        rows=tuple(rows),
        about=texts.about.format(time=time_of(message.at, texts), message_id=message.message_id or "-"),
        why=_why(message.reasons, texts),
        not_sensitive=texts.not_sensitive.format(link=not_sensitive) if not_sensitive else "",
        feedback=texts.feedback.format(address=house.feedback) if house.feedback else "",
        foot=texts.foot.format(organisation=house.organisation),
    )


def label(message: SentMessage, language: Language) -> str:
    """Which mail it is, without its subject."""
    texts = TEXTS[language]
    number = _number(message.unnamed or len(message.lines), language)
    when, name = time_of(message.at, texts), message.message_id or "-"
    return texts.mail.format(time=when, number=number, message_id=name)


def _lead(message: SentMessage, kind: ReceiptKind, texts: ReceiptTexts) -> str:
    """Of a message whose recipients are not named, failures alone are reported."""
    failures_alone = message.unnamed > 0 and not message.counted
    return texts.lead_unnamed if failures_alone and kind is ReceiptKind.SO_FAR else texts.lead[kind]


def _heading(message: SentMessage, kind: ReceiptKind, texts: ReceiptTexts) -> str:
    """Of a failure it says whether anybody may have the mail. Who everybody is nobody knows before the milter's facts
    are in: a partner may refuse at once what another server takes its time for."""
    failed = all(line.state is State.FAILED and not faults.is_unsure(line) for line in message.told_of)
    everybody = message.facts and not (message.unheard or message.expanded)
    if kind is ReceiptKind.FAILED and failed and everybody:
        return texts.heading_nobody
    return texts.heading[kind]


def _of_kind(lines: Sequence[Line], kind: ReceiptKind) -> Sequence[Line]:
    """Those a bad receipt is about."""
    states = {ReceiptKind.FAILED: State.FAILED, ReceiptKind.DELAYED: State.DELAYED}
    return [line for line in lines if line.state is states[kind]] if kind in states else lines


def _whom(lines: Sequence[Line], language: Language) -> str:
    if len(lines) == _MOST_NAMED and is_plain(lines[0].recipient):
        return lines[0].recipient
    return _number(len(lines), language)


def _number(number: int, language: Language) -> str:
    word = {"da": ("modtager", "modtagere"), "en": ("recipient", "recipients")}[language]
    return f"{number} {word[number != 1]}"


def split(
    lines: Sequence[Line], fates: Fates | None = None
) -> tuple[Sequence[Line], Sequence[Sequence[Line]]]:
    """Which of *lines* a receipt has a row for each; of the others, which have one together. Of few all stand for
    themselves; of many those who do not have it, in order of what the sender may have to do, and the rest by way, state
    and what became of it since."""
    if len(lines) <= MOST_ROWS:
        return lines, ()
    without = [line for line in lines if line.state not in _SERVED]
    singly = sorted(without, key=lambda line: _URGENT.index(line.state))[:MOST_ROWS]
    shown_ones = {id(line) for line in singly}
    together: dict[tuple[str, State, str], list[Line]] = {}
    for line in lines:
        if id(line) not in shown_ones:
            since = fate_of(line, fates or {})
            together.setdefault((line.way or "", line.state, since.fate if since else ""), []).append(line)
    return singly, [some for _, some in sorted(together.items(), key=lambda one: one[0])]


def _row_of_many(lines: Sequence[Line], texts: ReceiptTexts, revoke: Callable[[Line], str]) -> Row:
    """The link takes back what was sealed for any of them: one is enough."""
    last = max(lines, key=lambda line: line.at)
    domains = {domain_of(line.recipient) for line in lines}
    if last.way is Way.TLS and last.state is State.SENT:
        way = texts.tls_many
    elif last.way in (None, Way.TLS):
        way = texts.not_at_all if last.state is State.FAILED else texts.not_yet
    else:
        domain = domains.pop() if len(domains) == 1 else texts.domains.format(number=len(domains))
        way = texts.ways[last.way].format(domain=domain)
    return Row(
        recipient=_number(len(lines), texts.language),
        way=way,
        state=_state(last, texts),
        todo=texts.todo.get(last.way or "", "") if last.state in _SERVED else "",
        revoke=next((link for line in lines if (link := _revocation(line, texts, revoke))), ""),
        bad=is_bad(last),
    )


def _unheard_of(message: SentMessage, texts: ReceiptTexts) -> Row:
    state = texts.states["pending"] if message.counted else texts.no_failure
    return Row(recipient=_number(message.unheard, texts.language), way="", state=state, todo="")


def _row(line: Line, texts: ReceiptTexts, tls: Tls | None, revoke: Callable[[Line], str]) -> Row:
    bad = is_bad(line)
    return Row(
        recipient=line.recipient,
        way=_way(line, texts, tls),
        state=_state(line, texts),
        todo=texts.todo.get(line.way or "", "") if line.state in (State.SENT, State.SEALED) else "",
        advice=faults.advice(line, texts.language) if line.state is State.FAILED else "",
        said=faults.said(line, texts.language) if bad else "",
        revoke=_revocation(line, texts, revoke),
        bad=bad,
    )


def _revocation(line: Line, texts: ReceiptTexts, revoke: Callable[[Line], str]) -> str:
    sealed = line.state is State.SEALED or _is_waiting_notice(line)
    link = revoke(line) if sealed else ""
    return texts.revoke.format(link=link) if link else ""


def _is_waiting_notice(line: Line) -> bool:
    """Whether it is sealed, and what waits is but the notice of it."""
    return line.state is State.DELAYED and line.behind and bool(line.sealed_id)


def _told_since(row: Row, line: Line, fates: Fates, texts: ReceiptTexts) -> Row:
    """*row*, which tells of *line*, as it is now when it was sealed and is no longer just ready."""
    if (since := fate_of(line, fates)) is None:
        return row
    return replace(
        row, state=texts.states[since.fate].format(time=time_of(since.at, texts)), todo="", revoke=""
    )


def _way(line: Line, texts: ReceiptTexts, tls: Tls | None) -> str:
    """How it was sent; of what the secure instance could not send, nothing is claimed."""
    if line.way in (None, Way.TLS) and not line.behind and faults.is_unsure(line):
        return texts.tls_many
    if line.way is None or (line.way is Way.TLS and line.state is not State.SENT):
        return texts.not_at_all if line.state is State.FAILED else texts.not_yet
    if line.way is not Way.TLS:
        return texts.ways[line.way].format(domain=domain_of(line.recipient))
    if tls is None:
        return texts.tls_unseen
    proof = texts.proofs.get(tls.proof or "", "") if tls.checked else ""
    form = texts.tls_proven if proof else texts.tls_checked if tls.checked else texts.tls_seen
    return form.format(version=tls.version.replace("TLSv", "TLS "), host=tls.host, proof=proof)


def _state(line: Line, texts: ReceiptTexts) -> str:
    word = line.state.value
    if line.state is State.SENT and line.way in (Way.TUNNEL, Way.CERTIFICATE):
        word = "sent-on"
    elif line.state is State.SENT and line.way is Way.INTERNAL:
        word = "sent-internal"
    elif line.state is State.SENT and line.way is Way.PORTAL:  # sealed by nobody here: [portal.relay]
        word = "sent-to-service"
    elif _is_waiting_notice(line):
        word = "notice-waits"
    elif line.state in (State.DELAYED, State.FAILED) and faults.is_unsure(line):
        word = "unsure" if line.state is State.DELAYED else "unsure-failed"
    elif line.state is State.DELAYED and line.behind and line.way is not Way.INTERNAL:
        word = "waits-on"  # nobody is asked to tell that it went at last
    elif line.state is State.DELAYED and not line.retry_until:
        word = "waits"
    until = time_of(line.retry_until, texts)
    return texts.states[word].format(time=time_of(line.at, texts), until=until)


def _why(reasons: Sequence[str], texts: ReceiptTexts) -> str:
    told = in_words(reasons, texts.language)
    return texts.reasons.format(reasons=told) if told else ""


def time_of(moment: float, texts: ReceiptTexts) -> str:
    """*moment*, in Unix seconds, as receipts say it: without the year, ``25.11. kl. 9.05``, ``25/11 at 9:05``."""
    when = datetime.datetime.fromtimestamp(moment)
    return texts.time_form.format(day=when.day, month=when.month, clock=clock_of(when, texts.language))
