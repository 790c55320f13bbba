"""The links in what a sender is told. They are his alone: who has them takes messages back, and answers in his name."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import Engine

from segl.decisions import links
from segl.receipts.records import SentMessage
from segl.receipts.states import Line
from segl.sealed.revocation import house_secret, revocation_link
from segl.settings.document import Settings


def no_link(_: Line) -> str:
    return ""


def revocation(engine: Engine, settings: Settings, sender: str) -> Callable[[Line], str]:
    """Gives the link by which *sender*, if one of ours, takes a sealed message back. Raises
    :class:`~segl.errors.StoreError`."""
    if not settings.takes(sender):
        return no_link
    house = house_secret(engine)
    return lambda line: revocation_link(house, settings.portal.base, line.sealed_id)


def feedback(engine: Engine, settings: Settings, message: SentMessage) -> str:
    """The link by which the sender says that it was not sensitive; empty when he is not asked. Raises
    :class:`~segl.errors.StoreError`."""
    if not links.is_asked(settings, message.sender, message.id, message.reasons):
        return ""
    return links.feedback_link(house_secret(engine), settings.portal.base, message.id)
