"""Messages on hold: who is told of them, who lets them go, who refuses them. Each step is in the audit trail.

The trail is also the memory: of a message whose id has an entry ``held`` the officer was told, by
``held-sender-told`` its sender, and who agreed to its release stands
in its entries ``release-asked``. Of ``released`` and ``rejected`` the first one counts. So the commands can be run by a
timer and by several people at once, and one that was killed in the middle is simply run again; at worst somebody is
told twice. An address that cannot be told keeps nobody else from being told: it is tried again the next time,
or, where the refusal is for good (5xx), no more.

These mails go as the front sends them, to an address outside perhaps in clear. So an officer there is told neither to
whom a message goes nor why it waits: mostly the recipient is the person whom the matter is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy.engine import Engine

from segl import audit
from segl.addresses import domain_of
from segl.audit import Act
from segl.clock import is_behind
from segl.days import moment
from segl.errors import DeliveryError, SeglError
from segl.held import HeldLook, note
from segl.language import Language
from segl.mail.compose import Letter, one_line
from segl.mail.handover import Refused, Unreachable
from segl.mail.return_port import MailPort, send_to_one
from segl.persons import person_of
from segl.postfix.hold_queue import Held, HoldQueue, Listed, Waiting
from segl.postfix.hold_texts import (
    AGREED,
    NOT_DONE,
    NOT_SAID,
    ON_THE_SERVER,
    REJECTED,
    SENDER_UNTOLD,
    STILL_WAITING,
    TO_OFFICER,
    TO_SENDER,
    HoldTexts,
)
from segl.reasons import in_words
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl.store.engine import transaction
from segl.vocabulary import Asked

_MOST_NAMED = 50
# They are why a message would go securely in any case, not why it waits.
_NO_REASONS_TO_WAIT = frozenset(Asked)
_FINISH = {Act.RELEASED.value: "segl hold release", Act.REJECTED.value: "segl hold reject"}


class Release(Enum):
    """What came of asking for a release."""

    RELEASED = "released"
    ASKED = "asked"  # one more person must agree
    AGAIN = "again"  # this person agreed before


@dataclass(frozen=True, slots=True)
class Untold:
    """Somebody, *to*, who could not be told of *held*, and why: mostly what the return port said."""

    held: Held
    to: str
    refusal: DeliveryError


class Decided(SeglError):
    """Somebody else has decided otherwise."""


class NotTheirs(SeglError):
    """Somebody who has no say about this organisation's messages."""


class NoPerson(SeglError):
    """Two people must agree, and nobody can tell which of them this is: root may be either."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Raises :class:`~segl.errors.SeglError` from every method: Postfix or the store said no, or the return port does
    not answer. What it says of one address is given back where others are to be told as well."""

    settings: Settings
    engine: Engine
    queue: HoldQueue
    port: MailPort

    def note(self, waiting: Waiting, now: float) -> None:
        """Write down how much waits here, and since when: an alarm goes by it."""
        arrived = [*(held.arrived for held in waiting.held), *(one.listed.arrived for one in waiting.unread)]
        messages, host = len(arrived) + waiting.beyond, self.settings.store.node_name
        note(self.engine, HeldLook(host, now, messages, min(arrived, default=None)))

    def tell(self, waiting: Sequence[Held]) -> tuple[list[Held], list[Untold]]:
        """Tell officer and sender of each of the messages *waiting* that they were not told of. The messages of which
        somebody was told now, and who could not be."""
        told: list[Held] = []
        failed: list[Untold] = []
        for held in waiting:
            acts = {entry.act for entry in audit.entries(self.engine, subject=held.id)}
            some = False
            # The officer first: he decides, and is told who the sender is.
            if Act.HELD.value not in acts:
                some = self._told(held, self.owner(held).officer, TO_OFFICER, Act.HELD, failed)
            if self.tells_sender(held) and Act.HELD_SENDER_TOLD.value not in acts:
                some = self._told(held, held.sender, TO_SENDER, Act.HELD_SENDER_TOLD, failed) or some
            if some:
                told.append(held)
        return told, failed

    def tells_sender(self, held: Held) -> bool:
        """Whether its sender hears of it: only who is ours. Any other address may be forged, and whoever has it has no
        business with what we found or to whom it goes."""
        return self.settings.takes(held.sender)

    def _told(
        self, held: Held, to: str, texts: Mapping[Language, HoldTexts], act: Act, failed: list[Untold]
    ) -> bool:
        """Whether *to* was told. A sender whose address is refused for good is not tried again; an officer is, since
        his address is a setting that can be mended."""
        try:
            self._send(held, to, texts)
        except Unreachable:
            raise
        except DeliveryError as refusal:
            failed.append(Untold(held, to, refusal))
            if act is Act.HELD_SENDER_TOLD and _for_good(refusal):
                self._note(held, act, "segl", refused=str(refusal.reply_code))
            return False
        self._note(held, act, "segl")
        return True

    def remind(self, waiting: Sequence[Held], now: float) -> tuple[dict[str, list[Held]], list[Untold]]:
        """Tell each officer once more, in one mail, of the messages *waiting* that he was told of ``hold.remind_hours``
        ago, or that were decided about so long ago and wait all the same; which, by officer, and who could not be
        told."""
        hours, overdue = self.settings.hold.remind_hours, dict[str, list[Held]]()
        for held in waiting if hours else ():
            told = self._last_told(held, now)
            if told is not None and told + hours * 3600 <= now:
                overdue.setdefault(self.owner(held).officer, []).append(held)
        failed: list[Untold] = []
        for officer, some in list(overdue.items()):
            lines = [self._line(held, officer) for held in some[:_MOST_NAMED]]
            more = [f"  … + {len(some) - _MOST_NAMED}"] if len(some) > _MOST_NAMED else []
            try:
                self._send(some[0], officer, STILL_WAITING, messages="\n".join([*lines, *more]))
            except Unreachable:
                raise
            except DeliveryError as refusal:
                failed.append(Untold(some[0], officer, refusal))
                del overdue[officer]
                continue
            for held in some:
                self._note(held, Act.HOLD_REMINDED, "segl")
        return overdue, failed

    def owner(self, held: Held | Listed) -> Owner:
        """The organisation whose message it is: the sender's; what a stranger sent is of who runs the installation."""
        return self.settings.owner(domain_of(held.sender))

    def check(self, held: Held, person: str) -> None:
        """Raises :class:`NotTheirs` when *person* is not one of those whom its organisation named, or is another's."""
        owner = self.owner(held)
        if not self.may_decide(held, person):
            private = f"{person} has no say about messages of {owner.name} on hold"
            whom = ", ".join(owner.deciders) or owner.officer
            raise NotTheirs("this is for others to decide", private, f"ask {whom}")

    def may_decide(self, held: Held | Listed, person: str) -> bool:
        """Whether *person* has a say about it, and may see it."""
        return self.settings.owners.may_decide(person, self.owner(held))

    def release(self, held: Held, person: str) -> Release:
        """*person* agrees that *held* is sent; it goes when as many have as the settings ask for, and if the secure
        instance takes it now."""
        self.check(held, person)
        agreed, persons = self.agreed(held), self.owner(held).persons
        who = person_of(person)
        if persons > 1 and who is None:
            private = f"{person} is nobody's own name, and {persons} different people must agree"
            hint = "log in under your own name and run it by sudo: sudo segl hold release ID"
            raise NoPerson("two people must agree", private, hint)
        decision = self.decision(held)
        # Then they had agreed, and it was not carried out.
        enough = decision is not None and decision.act == Act.RELEASED.value
        if len(agreed | {who}) < persons and not enough:
            if who in agreed:
                return Release.AGAIN
            self._note(held, Act.RELEASE_ASKED, person)
            if len(self.agreed(held)) < persons:  # else another agreed in the same moment
                return Release.ASKED
        anew = self.queue.must_be_anew(held.queue_id, self.settings)
        self._decide(held, Act.RELEASED, person)
        self.queue.release(held.queue_id, anew=anew)
        return Release.RELEASED

    def reject(self, held: Held, person: str, why: str = "") -> Untold | None:
        """Tell the sender, if it is one of ours, that *held* is not sent, then delete it. What fails on the way is done
        by a second run. A sender whose address is refused for good is told of to the officer instead, and given
        back."""
        self.check(held, person)
        self._decide(held, Act.REJECTED, person)
        untold = None
        if self.tells_sender(held):
            try:
                self._send(held, held.sender, REJECTED, why=one_line(why))
            except Refused as refusal:
                if not _for_good(refusal):
                    raise
                untold = Untold(held, held.sender, refusal)
                with suppress(DeliveryError):  # whoever decides is told by the command
                    self._send(
                        held, self.owner(held).officer, SENDER_UNTOLD, refusal=one_line(refusal.public)
                    )
        self.queue.delete(held.queue_id)
        return untold

    def looked(self, held: Held, person: str, *, content: bool) -> None:
        """*person* is shown the header, whose subject is content as well, or the whole *content*."""
        self.check(held, person)
        self._note(held, Act.LOOKED_AT, person, part="message" if content else "header")

    def agreed(self, held: Held) -> frozenset[str]:
        """Who agreed to its release so far: each person once, whichever way she came (:mod:`segl.persons`)."""
        agreed = map(person_of, self._people(held, Act.RELEASE_ASKED))
        return frozenset(person for person in agreed if person is not None)

    def decision(self, held: Held) -> audit.Entry | None:
        """The release or rejection that counts. Of a message that waits all the same it was not carried out: the
        command stopped half way, or somebody put the message on hold anew. The same command again ends it."""
        entries = audit.entries(self.engine, subject=held.id)
        return next((entry for entry in entries if entry.act in _FINISH), None)

    def _decide(self, held: Held, act: Act, person: str) -> None:
        """Note the decision, before it is carried out: of two at once, the sender must not be told the one that did not
        happen. Raises :class:`Decided`."""
        self._is_open(held, act)
        self._note(held, act, person)
        self._is_open(held, act)  # the trail has an order

    def _is_open(self, held: Held, act: Act) -> None:
        decision = self.decision(held)
        if decision is not None and decision.act != act.value:
            told, hint = f"{held.id} was {decision.act} by {decision.actor}", _FINISH[decision.act]
            raise Decided("somebody else has decided", told, f"{hint} ends it, if it still waits")

    def _people(self, held: Held, act: Act) -> frozenset[str]:
        entries = audit.entries(self.engine, subject=held.id)
        return frozenset(entry.actor for entry in entries if entry.act == act.value)

    def _last_told(self, held: Held, now: float) -> float | None:
        """When the officer was told of it last, or somebody decided, in Unix seconds; ``None``: neither. What a clock
        noted that was ahead counts as of when the message came: else nobody is reminded until that time."""
        acts = (Act.HELD.value, Act.HOLD_REMINDED.value, *_FINISH)
        times = [entry.at for entry in audit.entries(self.engine, subject=held.id) if entry.act in acts]
        return max([min(at, held.arrived) if is_behind(now, at) else at for at in times], default=None)

    def _line(self, held: Held, officer: str) -> str:
        language = self.owner(held).language
        agreed = ", ".join(sorted(self.agreed(held)))
        since, why = moment(held.arrived, language), _why(held, language)
        line = f"  {held.id[:12]}  {since}  {one_line(held.sender) or '<>'}"
        line += f"  {why}" if self.settings.takes(officer) else ""
        if decision := self.decision(held):
            command = f"sudo {_FINISH[decision.act]} {held.id[:12]}"
            return (
                line
                + "\n    "
                + NOT_DONE[language][Act(decision.act)].format(who=decision.actor, command=command)
            )
        return f"{line}  ({AGREED[language]} {agreed})" if agreed else line

    def _note(self, held: Held, act: Act, person: str, **facts: Any) -> None:
        reasons = ", ".join(held.reasons)
        with transaction(self.engine) as connection:
            audit.append(connection, act, held.id, person, queue_id=held.queue_id, reasons=reasons, **facts)

    def _send(self, held: Held, to: str, texts: Mapping[Language, HoldTexts], **more: str) -> None:
        """*texts* to *to*, with what is known of *held* and *more* in their places, as far as *to* may be told. Raises
        :class:`DeliveryError`."""
        owner = self.owner(held)
        language = owner.language
        values = {
            "id": held.id,
            "sender": one_line(held.sender) or "<>",
            "officer": owner.officer,
            "when": moment(held.arrived, language),
            "recipients": _named(held.recipients),
            "reasons": _why(held, language),
            "why": "",
            **more,
        }
        chosen = texts[language]
        said = chosen.paragraphs if self.settings.takes(to) else _for_outside(texts, language)
        paragraphs = [filled for text in said if (filled := text.format(**values))]
        house = f"@{owner.domains[0]}"
        letter = Letter(
            self.settings.name_of(house),
            self.settings.notice_from_of(house),
            to,
            chosen.subject,
            paragraphs,
            language,
        )
        send_to_one(self.port, "", to, letter.message(datetime.now().astimezone()))


def _for_good(refusal: DeliveryError) -> bool:
    return refusal.reply_code >= 500


def _for_outside(texts: Mapping[Language, HoldTexts], language: Language) -> list[str]:
    """What leaves the house, perhaps in clear, says neither to whom a message goes nor why it waits."""
    every = texts[language].paragraphs
    told = [text for text in every if "{recipients}" not in text and "{reasons}" not in text]
    where = NOT_SAID if texts is SENDER_UNTOLD else ON_THE_SERVER
    return [*told, where[language]]


def _why(held: Held, language: Language) -> str:
    """Why it waits, in words; in codes where there are no words for any of them."""
    reasons = [reason for reason in held.reasons if reason not in _NO_REASONS_TO_WAIT]
    return in_words(reasons, language) or ", ".join(held.reasons)


def _named(recipients: Sequence[str]) -> str:
    lines = [f"  {one_line(address)}" for address in recipients[:_MOST_NAMED]]
    more = len(recipients) - len(lines)
    return "\n".join([*lines, *([f"  … + {more}"] if more > 0 else [])])
