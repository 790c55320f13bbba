"""``[receipts]`` and ``[[receipt]]``: what senders are told of messages that went the secure way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from segl.language import Language
from segl.settings.values import FORBID, Address, Domain, Seconds


class Receipts(StrEnum):
    """Which receipts a sender gets. Failures and delays are told at once in every case but the last, in which
    Postfix's own notices of them go on to the sender."""

    ALL = "all"  # of every message, colleagues' copies too
    SECURE = "secure"  # of every message to somebody outside
    FAILURES = "failures"  # only when something failed or waits
    DAILY = "daily"  # once a day, of all messages together
    NONE = "none"  # Postfix's own notices go on to the sender


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSettings:
    """``[receipts]``: for all senders, as far as no ``[[receipt]]`` says otherwise."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Of which messages a sender gets a receipt. An address at which a program reads bounces (liste-bounces@,
    # owner-liste@, liste+bo=kunde.example@) gets "none" instead, unless a [[policy]] about the sender says otherwise.
    send: Receipts = Receipts.SECURE
    # The key by which our own delivery reports are known again; `segl install` makes it.
    key: Path = Path("/etc/segl/receipts.key")
    # A message some of whose recipients still have no result after this is told of as it stands, and once more when
    # all have. When all of them wait, Postfix reports that first; `segl install` has it do so after as long, between a
    # minute and an hour.
    wait_seconds: Seconds = 1800.0
    # How long a receipt waits for the log line that says how TLS protected a delivery; without it, it says so.
    evidence_seconds: Seconds = 4.0
    # Postfix's log, of the secure instance: where those lines are; "journal": systemd's. Without a word: `maillog_file`
    # of the secure instance, else /var/log/mail.log, else the journal. segl-deliver must be able to read it, and nobody
    # but who writes it may write to it.
    log: Path | None = None
    # Who receipts are from; empty: kvittering@ the first own domain.
    sender: Address = ""
    # Where readers may write about receipts and false alarms; named at the foot.
    feedback: Address = ""
    # Whether receipts are signed by the organisation's key (`segl key`), as what is encrypted is.
    sign: bool = False
    # Facts of sent messages, and of sealed ones that have ended, are deleted so many days after. That a mail was taken
    # back is known for 14 days at least, as copies of it may wait in a queue.
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    # At which hour (local time) the daily digests go out, and on Mondays the weekly report.
    hour: Annotated[int, Field(ge=0, le=23)] = 7
    # Who gets the weekly report; empty: nobody.
    report_to: Address = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRule:
    """``[[receipt]]``: for senders of one own domain; what is not said here is as in ``[receipts]``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The own domain of the senders.
    domain: Domain
    # In place of `receipts.send`.
    send: Receipts | None = None
    # In place of `organisation.language`.
    language: Language | None = None
    # In place of `receipts.wait_seconds`.
    wait_seconds: Seconds | None = None
    # In place of `receipts.retention_days`.
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    # A copy of each receipt goes there, for a journal system; without the links, which are the sender's alone.
    journal: Address = ""
    # The journal may lie outside the organisation: its copies leave the house as the front sends them, perhaps in
    # clear. They do not say why a message was sent securely.
    journal_outside: bool = False
    # An own template (Jinja) in place of the shipped text: docs/receipt-schema.md names what it may use.
    text: Path | None = None
    # The same for the HTML part.
    html: Path | None = None


@dataclass(frozen=True, slots=True)
class ReceiptTerms:
    """What holds for one sender domain."""

    send: Receipts
    language: Language
    wait_seconds: float
    retention_days: int
    journal: str = ""
    text: Path | None = None
    html: Path | None = None
