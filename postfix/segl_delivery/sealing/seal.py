"""Seals one message for its recipients: what it holds, how long it lives, and how each recipient proves herself.

The words in an own sender's subject that ask something of the portal (:mod:`segl.wishes`) are taken off first. A
phrase holds for all recipients; a number for the one it names, or for the only one outside whom the header names.
Whose number it is not certain is refused: her code would go to the very mailbox that the sender did not want to trust.
"""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.clock import is_impossible
from segl.errors import DeliveryError
from segl.events import Events
from segl.headers import WISHES, steers
from segl.mail.address_lists import named
from segl.mail.compose import encoded, one_line
from segl.mail.fields import Field, join_header, split_header
from segl.masking import mask_digits
from segl.metrics import SEALED_BYTES
from segl.mime.encoded_words import shown_header
from segl.nodes import not_behind
from segl.sealed.belonging import storage_of
from segl.sealed.directory import new_id
from segl.sealed.keys import Links, Place, Secret, new_content_key, wrap
from segl.sealed.phrase import hash_of
from segl.sealed.records import SealedMessage, SealedRecipient, had_notice, record
from segl.sealed.revocation import house_secret, revocation_hash, revocation_secret
from segl.sealed.spare import load_resend_key, make_spare
from segl.sealed.storage import SealedStorage
from segl.settings.document import Settings
from segl.wishes import Wishes, from_fields, number_key, read_wishes
from segl_delivery.agent import Delivery
from segl_delivery.sealing.rows_in_hand import ROWS_IN_HAND
from segl_delivery.smime import numbers

_LONGEST_SUBJECT: Final = 4096  # bytes that are looked at
_SHOWN: Final = 120  # characters of it in a notice
_LONGEST_LIST: Final = 65536  # bytes of To and Cc that are looked at


@dataclass(frozen=True, slots=True)
class Addressee:
    """A recipient's row and the link secret, which leaves this process only in the notice. ``may_be_told``: a notice of
    an earlier try may have gone."""

    row: SealedRecipient
    link: Secret
    may_be_told: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message that is sealed and recorded, and whose notices are to go. ``subject`` is what they may tell of it;
    ``refused`` are the recipients for whom it was not sealed."""

    message: SealedMessage
    addressees: tuple[Addressee, ...]
    sealed_at: datetime
    until: datetime
    subject: str
    refused: tuple[str, ...] = ()


class NumberUnclear(DeliveryError):
    """The subject has a number, and it is not certain that it is this recipient's, or anybody's."""

    reply_code, reply_enhanced = 550, "5.6.0"  # segl_delivery.receipts.faults has the words for its sender

    def __init__(self) -> None:
        super().__init__("the number in [sms:...] is not certain to be this recipient's")


@dataclass(frozen=True, slots=True)
class Sealer:
    """``numbers`` is the address book of telephone numbers (:func:`segl.wishes.read_numbers`)."""

    engine: Engine
    directory: SealedStorage
    settings: Settings
    events: Events
    numbers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def told_before(self, delivery: Delivery) -> Mapping[str, str]:
        """Those of the recipients who need no other notice, with the id of what was sealed for them. Blocking. Raises
        :class:`~segl.errors.StoreError`."""
        sender, envelope_id = delivery.envelope.sender, delivery.envelope_id
        had = had_notice(self.engine, envelope_id, sender, time.time()) if envelope_id else []
        if not had:
            return {}
        content, _ = self.read(delivery.content, is_own=self.settings.is_own(domain_of(sender)))
        found = {one.recipient: one.message_id for one in had if one.size == len(content)}
        return {one: found[one] for one in delivery.recipients if one in found}

    def seal(self, delivery: Delivery, told: Container[str] = ()) -> Sealed:
        """Write the file, then the rows, for all recipients but those *told* before; both are on disk on return, and
        the rows are in hand (:data:`~segl_delivery.sealing.rows_in_hand.ROWS_IN_HAND`). Blocking. Raises
        :class:`~segl.errors.SeglError`; nothing is left behind then."""
        portal, sender = self.settings.portal, delivery.envelope.sender
        content, wishes = self.read(delivery.content, is_own=self.settings.is_own(domain_of(sender)))
        every = self._phones(delivery.recipients, wishes, content)
        phones = {address: phone for address, phone in every.items() if address not in told}
        if not phones:
            raise NumberUnclear
        message_id, key = new_id(), new_content_key()
        time_of_day = not_behind(self.engine, time.time())
        if is_impossible(time_of_day):  # at the first start without a battery: the links would be dead soon
            raise DeliveryError("try again later", "the clock is before the day on which Segl was written")
        now = datetime.fromtimestamp(time_of_day)
        until = end_of_day(now, self.settings.expiry_days_of(sender))
        resend_key = load_resend_key(portal.resend_key) if portal.resend_key is not None else None
        phrase = hash_of(wishes.phrase) if wishes.phrase is not None else None
        house = house_secret(self.engine)
        links = Links(house, delivery.link_seed)
        addressees = tuple(
            addressee(message_id, key, address, phone, phrase, links) for address, phone in phones.items()
        )
        revocation = revocation_secret(house, message_id)
        message = SealedMessage(
            id=message_id,
            sender=sender,
            size=len(content),
            created_at=now.timestamp(),
            expires_at=until.timestamp(),
            envelope_id=delivery.envelope_id or None,
            revoke_hash=revocation_hash(revocation.text()),
        )
        self.directory.write(message_id, key, [content])
        try:
            spare = make_spare(key, resend_key, message_id) if resend_key is not None else None
            for one in addressees:
                ROWS_IN_HAND.take(one.row.id)
            record(self.engine, message, [one.row for one in addressees], spare)
        except BaseException:
            for one in addressees:
                ROWS_IN_HAND.give_back(one.row.id)
            self.directory.remove(message_id)
            raise
        SEALED_BYTES.inc(len(content))
        self.events.sealed(message_id, list(phones), size=len(content))
        refused = tuple(one for one in delivery.recipients if one not in phones and one not in told)
        return Sealed(message, addressees, now.astimezone(), until, self.told_of(wishes), refused)

    def told_of(self, wishes: Wishes) -> str:
        """What a notice tells of the subject."""
        return _tellable(wishes.subject) if self.settings.portal.subject_shown else ""

    def read(self, message: bytes, *, is_own: bool) -> tuple[bytes, Wishes]:
        """The message as it is sealed, and what its subject asks for. A stranger's, passed on here, asks nothing: he
        gave nobody here a phrase. What the milter noted is an own sender's, whatever the envelope says by now."""
        fields, body = split_header(message)
        kept = [one for one in fields if not steers(one.name)]
        sms = self.settings.portal.sms
        country = sms.country if sms.url else None
        told = [one.value for one in fields if one.name == WISHES.lower()]
        found = Wishes("")
        for at, one in enumerate(kept):
            if one.name == "subject" and len(one.raw) <= _LONGEST_SUBJECT:
                found = read_wishes(shown_header(one.value.decode("latin-1")), country)
                found = found if is_own else Wishes(found.subject)  # a notice may tell it
                if found.any:
                    kept[at] = Field(
                        "subject", b"Subject: " + encoded(found.subject).encode("ascii") + b"\r\n"
                    )
                break
        if not found.any and len(kept) == len(fields):
            return message, found
        passed_on = from_fields(told)
        if not found.any and passed_on is not None:
            found = replace(passed_on, subject=found.subject)
        return join_header(kept, body), found

    def _phones(self, recipients: Sequence[str], wishes: Wishes, content: bytes) -> dict[str, str | None]:
        """Where the codes of each recipient go; ``None``: to her mailbox. Whoever is not in it has no certain number,
        though there is one in the subject: without a name and not clearly hers, or with a name that nobody has.

        A number without a name is of the only one outside whom the header names, those with numbers of their own aside.
        It says nothing of those in Bcc, nor of those that a list stands for."""
        header = _named_in(content)
        outside = {address for address in header if not self.settings.takes(address)} - set(wishes.numbers)
        strays = set(wishes.numbers) - header - set(map(number_key, recipients))
        phones: dict[str, str | None] = {}
        for address in recipients:
            phone = None
            if self.settings.portal.sms.url:
                only = outside == {number_key(address)}
                phone = wishes.number_for(address, only=only) or self.numbers.get(number_key(address))
            if phone is not None or (wishes.number is None and not strays):
                phones[address] = phone
        return phones


def _named_in(content: bytes) -> set[str]:
    """The addresses in To and Cc. What names somebody in a way of its own counts as an address, too: as one more."""
    fields, _ = split_header(content)
    lists = [one.value[:_LONGEST_LIST].decode("latin-1") for one in fields if one.name in ("to", "cc")]
    found = (one.address or "".join(one.words) for text in lists for one in named(text))
    # encoded words have no place in an address
    return {number_key(shown_header(address.replace("=?", "= ?"))) for address in found if "@" in address}


def try_storage(settings: Settings, engine: Engine, events: Events | None) -> None:
    """Whether what is sealed can be kept. Raises :class:`~segl.errors.DeliveryError`; with *events* that is only told
    of a store elsewhere, which may be back any moment: until then what is to be sealed waits in Postfix's queue."""
    try:
        storage_of(settings.portal, engine).prepare()
    except DeliveryError as error:
        if events is None or not settings.portal.storage.used:
            raise
        events.storage_unusable(error)


def addressee(
    message_id: str,
    key: Secret,
    address: str,
    phone: str | None = None,
    phrase_hash: str | None = None,
    links: Links | None = None,
) -> Addressee:
    """A new link to the message for *address*; a random one without *links*."""
    row_id, server = new_id(), Secret.new()
    place = Place(bytes.fromhex(message_id), bytes.fromhex(row_id))
    link = links.of(place) if links is not None else Secret.new()
    wrapped = wrap(key, link, server, place)
    return Addressee(SealedRecipient(row_id, address, server, wrapped, phone, phrase_hash), link)


def end_of_day(now: datetime, days: int) -> datetime:
    """The last second of the day *days* after *now* (local time without zone): a person is promised a
    date."""
    last = (now + timedelta(days=days)).replace(hour=23, minute=59, second=59, microsecond=0)
    return last.astimezone()


def _tellable(subject: str) -> str:
    """A subject as a notice may tell it: on one line, short, long numbers masked. One in which a personal number is
    found all the same, for digits can be written in many ways, is not told at all."""
    text = mask_digits(one_line(subject[:1000]))
    if numbers.in_subject(text):
        return ""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
