"""Takes up what an earlier try of the same mail has sealed: the same message, the same link, the same notice.

Postfix hands a message over again when it heard no reply: the process was killed, or the return port did not say
whether it has the notice. Sealed anew, the recipient would get two notices with two links.
"""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from segl.addresses import domain_of
from segl.errors import DeliveryError
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.keys import Links, Place, Secret, WrongSecret, unwrap
from segl.sealed.records import SealedMessage
from segl.sealed.revocation import house_secret
from segl.sealed.storage import SealedStorage
from segl.sealed.unfinished import Unfinished, unfinished
from segl_delivery.agent import Delivery
from segl_delivery.sealing.rows_in_hand import ROWS_IN_HAND
from segl_delivery.sealing.seal import Addressee, Sealed, Sealer


class StillInHand(DeliveryError):
    """An earlier try of this mail has not ended yet. What becomes of it the next one sees."""

    def __init__(self) -> None:
        super().__init__("an earlier try for this recipient has not ended yet")


@dataclass(frozen=True, slots=True)
class Resumed:
    """``sealed``: whose notices are to go (again), their rows in hand. ``busy``: whose rows another try has in hand."""

    sealed: tuple[Sealed, ...] = ()
    busy: tuple[str, ...] = ()

    @property
    def addresses(self) -> set[str]:
        return {each.row.address for one in self.sealed for each in one.addressees} | set(self.busy)


def resume(sealer: Sealer, delivery: Delivery, told: Container[str]) -> Resumed:
    """What is sealed already for recipients of *delivery* who are not *told*. Blocking; raises
    :class:`~segl.errors.StoreError`. A file that is lost or damaged is not taken up: that mail is sealed anew."""
    sender, envelope_id, seed = delivery.envelope.sender, delivery.envelope_id, delivery.link_seed
    if not envelope_id or seed is None:
        return Resumed()
    wanted = [one for one in delivery.recipients if one not in told]
    found = unfinished(sealer.engine, envelope_id, sender, time.time())
    found = [one for one in found if one.row.address in wanted]
    if not found:
        return Resumed()
    content, wishes = sealer.read(delivery.content, is_own=sealer.settings.is_own(domain_of(sender)))
    links, whole = Links(house_secret(sealer.engine), seed), dict[str, bool]()
    openable: dict[str, tuple[Unfinished, Secret]] = {}
    for one in found:
        link, key = _opened_by(links, one)
        if key is None or one.row.address in openable:
            continue
        if one.message.id not in whole:
            whole[one.message.id] = _holds(sealer.directory, one.message, key, content)
        if whole[one.message.id]:
            openable[one.row.address] = one, link
    taken = [(one, link) for one, link in openable.values() if ROWS_IN_HAND.take(one.row.id)]
    sealed = _by_message(taken, sealer.told_of(wishes))
    for again in sealed:
        sealer.events.sealed_before(again.message.id, [each.row.address for each in again.addressees])
    ours = {one.row.address for one, _ in taken}
    return Resumed(sealed, tuple(address for address in openable if address not in ours))


def _by_message(taken: Sequence[tuple[Unfinished, Secret]], subject: str) -> tuple[Sealed, ...]:
    messages = {one.message.id: one.message for one, _ in taken}
    return tuple(
        Sealed(
            message,
            tuple(
                Addressee(one.row, link, may_be_told=one.notice_begun)
                for one, link in taken
                if one.message.id == message.id
            ),
            _local(message.created_at),
            _local(message.expires_at),
            subject,
        )
        for message in messages.values()
    )


def _opened_by(links: Links, one: Unfinished) -> tuple[Secret, Secret | None]:
    """The link, and the content key when it is the link of this row: another's is random, such as one that
    ``segl sealed resend`` made."""
    place = Place(bytes.fromhex(one.message.id), bytes.fromhex(one.row.id))
    link = links.of(place)
    try:
        return link, unwrap(one.row.wrapped_key, link, one.row.server_secret, place)
    except WrongSecret:
        return link, None


def _holds(directory: SealedStorage, message: SealedMessage, key: Secret, content: bytes) -> bool:
    """Whether the file is there, whole, and this very *content*."""
    if message.size != len(content):
        return False
    try:
        at = 0
        with SealedContent(directory.open(message.id), key, message.id, message.size) as sealed:
            for piece in sealed.chunks():
                if content[at : at + len(piece)] != piece:
                    return False
                at += len(piece)
    except (NotOpened, OSError):
        return False
    return at == len(content)


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at).astimezone()
