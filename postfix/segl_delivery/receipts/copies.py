"""Which recipients of a message its house added, for an archive (``organisation.copies_to``). They are no business of
its sender's as long as all is well with them: he named nobody there, and would hear of each mail to a colleague.
"""

from __future__ import annotations

from dataclasses import replace

from segl.addresses import mailbox_key
from segl.receipts.records import SentMessage
from segl.settings.document import Settings


def with_copies(message: SentMessage, settings: Settings) -> SentMessage:
    """*message* with those who got copies. Whom the sender named is none, himself or by an alias; as long as nobody
    knows whom he named, or where they are too many to be known, nobody is."""
    if not settings.organisation.copies_to or not message.facts or message.unnamed:
        return message
    copies = frozenset(
        line.recipient
        for line in message.lines
        if settings.gets_copies(line.recipient)
        and (key := mailbox_key(line.recipient)) not in message.named
        and mailbox_key(line.original) == key
    )
    return replace(message, copies=copies) if copies else message
