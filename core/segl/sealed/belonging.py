"""A store and the place of its sealed messages belong together: each knows the other by one random id.

Nodes are told both in their settings, and one wrong word there would do harm that shows late. A directory that is not
mounted on one node takes messages that no other node can open, and loses them with its disk. A place that two houses
share by mistake is swept by both: what the one's store does not know looks left over to it. So the place bears
the id of its store, in an object of its own, and nothing is written or swept where it does not.

The id is made when it is first needed. From then on a place without it is not taken for a new one: an empty directory
is what an unmounted one looks like. ``segl sealed adopt`` says that it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.errors import DeliveryError
from segl.sealed.directory import SealedDirectory
from segl.sealed.keys import Secret
from segl.sealed.storage import Place, SealedFile
from segl.settings.portal import Portal
from segl.store.engine import insert_into, transaction
from segl.tables import meta

KEY: Final = "sealed.storage"  # of the store's id, in its table ``meta``
_NEW: Final = "new:"  # before the id, until the place bears it


class NotOurs(DeliveryError):
    """The place bears another store's id, or none where it had one."""


class Belonging:
    """*place*, used only as long as it belongs to the store of *engine*.

    The id is looked at before each write and sweep: what is mounted can go while we run."""

    def __init__(self, place: Place, engine: Engine) -> None:
        self._place = place
        self._engine = engine
        self._known: str | None = None

    def prepare(self) -> None:
        self._place.prepare()
        self.check()

    def write(self, message_id: str, key: Secret, pieces: Iterable[bytes]) -> int:
        self.check()
        return self._place.write(message_id, key, pieces)

    def open(self, message_id: str) -> SealedFile:
        return self._place.open(message_id)

    def remove(self, message_id: str) -> bool:
        return self._place.remove(message_id)

    def sweep(
        self, known: Callable[[str], bool], now: float, see: Callable[[str], None] = lambda _: None
    ) -> int:
        self.check()
        return self._place.sweep(known, now, see)

    def check(self) -> None:
        """Raises :class:`NotOurs`, :class:`~segl.errors.DeliveryError` (it does not answer) or
        :class:`~segl.errors.StoreError`."""
        there = self._owner()
        if there is not None and there == self._known:
            return
        noted = self._noted()
        wanted = noted.removeprefix(_NEW)
        if there is None and noted.startswith(_NEW):
            self._mark(wanted)
            there = self._owner()
        # Looked at again: another node may have begun.
        if there != wanted and (there := self._owner()) != wanted:
            raise self._not_ours(there)
        if noted.startswith(_NEW):
            self._settle(noted, wanted)
        self._known = wanted

    @property
    def name(self) -> str:
        """Of the place, for people."""
        return self._place.name

    def look(self) -> bool | None:
        """Whether it belongs to the store; ``None``: neither knows of the other yet. Changes nothing. Raises
        :class:`OSError` and :class:`~segl.errors.StoreError`."""
        with transaction(self._engine) as connection:
            noted = connection.scalar(sa.select(meta.c.value).where(meta.c.key == KEY))
        return belongs(noted, self._place.owner())

    def adopt(self) -> str:
        """The place is the store's from now on: it was moved, or is new. Returns which other id it bore, if one."""
        wanted = self._noted().removeprefix(_NEW)
        self._place.prepare()
        before = self._owner()
        self._mark(wanted)
        with transaction(self._engine) as connection:
            connection.execute(meta.update().where(meta.c.key == KEY).values(value=wanted))
        self.check()
        return before if before is not None and before != wanted else ""

    def _noted(self) -> str:
        """The store's id; made when there is none. Of several processes at once, one makes it."""
        query = sa.select(meta.c.value).where(meta.c.key == KEY)
        with transaction(self._engine) as connection:
            noted = connection.scalar(query)
        if noted is None:
            with transaction(self._engine) as connection:
                new = insert_into(connection, meta).values(key=KEY, value=_NEW + secrets.token_hex(16))
                connection.execute(new.on_conflict_do_nothing())
                noted = connection.execute(query).scalar_one()
        return str(noted)

    def _settle(self, noted: str, wanted: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(
                meta.update().where(meta.c.key == KEY, meta.c.value == noted).values(value=wanted)
            )

    def _owner(self) -> str | None:
        with self._answering():
            return self._place.owner()

    def _mark(self, owner: str) -> None:
        with self._answering():
            self._place.mark(owner)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """``OSError`` inside means that the place does not answer."""
        try:
            yield
        except OSError as error:
            private = f"{self._place.name}: {error.strerror or type(error).__name__}"
            raise DeliveryError("sealed messages cannot be kept now", private) from None

    def _not_ours(self, there: str | None) -> NotOurs:
        public = "sealed messages cannot be kept now"
        if there is None:
            hint = "is it mounted? If it is a new place, with what was in the old one: segl sealed adopt"
            return NotOurs(public, f"{self._place.name} does not bear the id of our store", hint)
        hint = "two installations must not share a place; name another, or the right store"
        return NotOurs(public, f"{self._place.name} belongs to another store", hint)


def belongs(noted: str | None, there: str | None) -> bool | None:
    """Whether a place that bears the id *there* is that of a store in which *noted* stands under :data:`KEY`; ``None``:
    neither knows of the other yet."""
    if there is None and (noted is None or noted.startswith(_NEW)):
        return None
    return noted is not None and there == noted.removeprefix(_NEW)


def place_of(portal: Portal) -> Place:
    """The place that the settings name, whosever it is."""
    if not portal.storage.used:
        return SealedDirectory(portal.sealed)
    from segl.sealed.objects import SealedObjects  # costs its import only where it is used

    return SealedObjects(portal.storage)


def storage_of(portal: Portal, engine: Engine) -> Belonging:
    """The place that the settings name. It is not tried yet (:meth:`Belonging.prepare`)."""
    return Belonging(place_of(portal), engine)
