"""The secret in the sender's link that revokes a message, ``<portal.url>/r/<message id>#<secret>``.

It is made from a secret of the house (in the store) and the message's id, so that every receipt of a message, whichever
process or node writes it, bears the same link. The portal compares with the hash in the message's row. Whoever has the
store could make the link, and revoke: a nuisance, where reading would be a breach; reading takes the recipient's link.
"""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.sealed.keys import Secret
from segl.store.engine import insert_into, transaction
from segl.tables import meta

_KEY: Final = "revocation"
_LABEL: Final = b"segl revocation v1\x00"


def house_secret(engine: Engine) -> Secret:
    """The house's, made when it is first asked for. Raises :class:`~segl.errors.StoreError`."""
    query = sa.select(meta.c.value).where(meta.c.key == _KEY)
    with transaction(engine) as connection:
        kept = connection.scalar(query)
    if kept is None:
        with transaction(engine) as connection:
            new = insert_into(connection, meta).values(key=_KEY, value=os.urandom(32).hex())
            connection.execute(new.on_conflict_do_nothing())  # another process may be first
            kept = connection.execute(query).scalar_one()
    return Secret(bytes.fromhex(kept))


def revocation_secret(house: Secret, message_id: str) -> Secret:
    return Secret(hmac.digest(house.reveal(), _LABEL + bytes.fromhex(message_id), "sha256"))


def revocation_link(house: Secret, base: str, message_id: str) -> str:
    """The link for the message's sender, and nobody else. *base* is ``settings.portal.base``."""
    return f"{base}r/{message_id}#{revocation_secret(house, message_id).text()}"


def revocation_hash(text: str) -> bytes:
    """What is kept of a secret, or of what somebody gave for one."""
    return sha256(text.encode("utf-8", "replace")).digest()
