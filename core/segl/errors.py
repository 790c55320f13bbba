"""All errors of Segl, one tree. Behind a name stands where the class is, if not here::

    SeglError
    ├── FileFaults                 a file written by a person cannot be used (carries every fault)
    │   ├── SettingsError          the settings
    │   ├── RulesError             a rule file
    │   └── RecordsError           a file of labelled messages
    ├── StoreError                 the store cannot be reached or is of another version
    │   ├── StoreLocked            another program keeps it to itself
    │   ├── StoreMissing           it is not there yet (segl.store.status)
    │   └── StoreDenied            this user may not read it (segl.store.status)
    ├── StorageAway                a sealed message cannot be had now (segl.sealed.storage)
    ├── ProtocolError              a peer broke the protocol spoken with it
    ├── PostfixError               Postfix's configuration cannot be read, or may not be changed
    │   ├── PostfixUnreadable      this user may not read it (segl.postfix.running)
    │   ├── TableUnread            a table of it cannot be looked into (segl.postfix.tables)
    │   └── PostfixBusy            a program of Postfix's could not be asked in this moment (segl.postfix.running)
    │       └── TableBusy          nor a table; a TableUnread as well (segl.postfix.tables)
    ├── SocketInUse                another process listens on the socket (segl.daemons.listening)
    ├── ListenError                segl-milter's socket cannot be opened (segl_milter.listener)
    ├── WorkersError               its workers cannot be started (segl_milter.workers)
    ├── NoRoom                     one of these holds as much mail as it may (segl_milter.in_hand)
    ├── TunnelListError            a tunnel list was refused or could not be had; the accepted one stays
    ├── KeyUnusable                the receipts' key is not what it must be (segl.receipts.key)
    ├── KeyRefused                 the directory of our own keys was not changed (segl_delivery.own_keys.directory)
    ├── Unreadable                 a file is none that a key can be imported from (segl_delivery.own_keys.reading)
    ├── NoResendKey                the key by which links are sent again cannot be used (segl.sealed.spare)
    ├── NotOpened                  a link opens nothing (segl.sealed.content; one public text for every cause)
    ├── SmsNotSent                 the text message with the code was not taken (segl_portal.visits.sms)
    ├── Decided                    of a held message: somebody else has decided otherwise (segl.postfix.holding)
    ├── NotTheirs                  nothing that this person has a say about (segl.postfix.holding)
    ├── NoPerson                   two must agree, and who this is cannot be told (segl.postfix.holding)
    ├── RoutingError               a route could not be decided (always temporary)
    │   └── DnsUnsure              DNS gave no answer now (segl_routing.dns.resolver)
    └── DeliveryError              a recipient could not be served
        ├── NoCertificate          no usable certificate for the domain (temporary: the next way is tried)
        ├── NoSigner               what must be signed, and there is no key for it (segl_delivery.smime.outbound)
        ├── KeysUnreadable         nobody can say which keys we hold (segl_delivery.keyring)
        ├── SealingError           the message could not be sealed
        ├── StillInHand            an earlier try of this mail has not ended yet (segl_delivery.sealing.resuming)
        ├── NumberUnclear          a telephone number that may be another's (segl_delivery.sealing.seal)
        ├── TakenBack              its sender has revoked it (segl.sealed.records)
        ├── NotOurs                the place of sealed messages is another store's (segl.sealed.belonging)
        ├── CannotOpen             an encrypted message could not be opened (one public text for every cause)
        ├── OutcomeUnknown         Postfix's answer did not come: it has the message, or not (segl.mail.handover)
        ├── Refused                the server that was asked said no (segl.mail.handover)
        └── Unreachable            nobody listens there (segl.mail.handover)
            └── NotThere           or somebody else than Segl's own service (segl.mail.handover)

Each carries two texts: ``public``, which may be shown to a peer or user and tells nothing about the
inside, and ``private``, which goes to the log. Neither ever holds message content. ``reply`` is the
SMTP answer (RFC 5321 §4.2, RFC 3463) that belongs to the error.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segl.vocabulary import ListFault


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """An SMTP reply: basic code, enhanced code, one line of text."""

    code: int
    enhanced: str
    text: str

    @property
    def temporary(self) -> bool:
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}"


# What a daemon ends with that cannot start with what it was given: EX_CONFIG of sysexits.h, which systemctl shows as
# 78/CONFIG (systemd.exec(5), "Process exit codes"). 2 is argparse's, for a command line that is wrong.
START_REFUSED: Final = 78


class SeglError(Exception):
    """Base of all errors raised on purpose."""

    reply_code = 451
    reply_enhanced = "4.3.0"

    def __init__(self, public: str, private: str = "", hint: str = "") -> None:
        super().__init__(private or public)
        self.public = public
        self.private = private or public
        self.hint = hint

    @property
    def reply(self) -> SmtpReply:
        return SmtpReply(self.reply_code, self.reply_enhanced, self.public)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file that people write: where it is, what is wrong, what would be right. An empty ``key``
    means the file as a whole."""

    file: Path | str
    key: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.told}{hint}"

    @property
    def told(self) -> str:
        """The fault without its hint."""
        return ": ".join(filter(None, (str(self.file), self.key, self.problem)))


def found(value: object, problem: str) -> str:
    """What stood there, to follow *problem*; nothing when that names it already."""
    if isinstance(value, dict | list | tuple):
        if not problem.startswith("input should"):
            return ""
        return f"; found a {'table' if isinstance(value, dict) else 'list'}"
    shown = repr(str(value)[:60])
    return "" if shown in problem else f"; found {shown}"


def no_table(value: object) -> str:
    """What is wrong with *value* where a table belongs."""
    problem = "input should be a table"
    return problem + found(value, problem)


def no_list(value: object) -> str:
    """What is wrong with *value* where a list belongs."""
    if isinstance(value, str):
        return f"must be a list, like [{json.dumps(value[:60], ensure_ascii=False)}]"
    return 'must be a list, like ["…", "…"]'


MOST_TOLD = 50  # faults of one file


class FileFaults(SeglError):
    """A file written by a person cannot be used; every fault found is named at once, of very many the first.
    ``more`` is how many are not named; ``every``, for who gathers the faults of several files, has these as well."""

    what = "file"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.every = tuple(faults)
        self.faults = self.every[:MOST_TOLD]
        self.more = len(faults) - len(self.faults)
        count = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}"
        told = [*map(str, self.faults), *([self.rest] if self.more else ())]
        super().__init__(f"{self.what}: {count}", "\n".join(told))

    @property
    def rest(self) -> str:
        """What is said of those that are not named."""
        return f"and {self.more} more fault{'' if self.more == 1 else 's'}"


class SettingsError(FileFaults):
    what = "settings"


class RulesError(FileFaults):
    what = "rules"


class RecordsError(FileFaults):
    what = "labelled messages"


class StoreError(SeglError):
    """The store cannot be reached or was made by another version."""


class StoreLocked(StoreError):
    """Another program keeps the store's file to itself. Temporary: told of once (:mod:`segl.store.watch`)."""


class ProtocolError(SeglError):
    """A peer broke the protocol spoken with it."""

    reply_code, reply_enhanced = 501, "5.5.2"


class PostfixError(SeglError):
    """Postfix's configuration cannot be read, or may not be changed."""


class TunnelListError(SeglError):
    """A tunnel list was refused or could not be had. The one accepted before stays in force."""

    def __init__(self, cause: ListFault, private: str, hint: str = "") -> None:
        super().__init__("the tunnel list was not taken", private, hint)
        self.cause = cause


class RoutingError(SeglError):
    """A route could not be decided now. Never answered with a weaker route."""

    reply_enhanced = "4.4.3"


class DeliveryError(SeglError):
    """A recipient could not be served; temporary unless a subclass says otherwise."""


class NoCertificate(DeliveryError):
    """There is no usable certificate for the domain."""

    reply_enhanced = "4.7.5"


class SealingError(DeliveryError):
    """The message could not be sealed to disk."""

    reply_code, reply_enhanced = 452, "4.3.1"


class CannotOpen(DeliveryError):
    """An encrypted message could not be opened. Whoever sent it learns nothing of why."""

    def __init__(self, private: str) -> None:
        super().__init__("the message cannot be opened", private)
