"""The secret in the link by which a sender says that his message was not sensitive: ``<portal.url>/f/<id>#<secret>``.

Made, as that which takes a message back (:mod:`segl.sealed.revocation`), from the secret of the house and the id of the
decision, so that every receipt of a message bears the same link and nothing is kept for it. Whoever has it can say
"wrong" or "right" of one decision, and learns nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import Final

from segl.sealed.keys import Secret
from segl.settings.document import Settings
from segl.vocabulary import Doubt, Label, Prefix

_LABEL: Final = b"segl feedback v1\x00"
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_DETECTED: Final = frozenset({*(label.value for label in Label), *(doubt.value for doubt in Doubt)})


def is_name(text: str) -> bool:
    """Whether *text* may be the id of a message that went securely."""
    return _NAME.fullmatch(text) is not None


def feedback_secret(house: Secret, name: str) -> Secret:
    return Secret(hmac.digest(house.reveal(), _LABEL + name.encode("ascii"), "sha256"))


def feedback_link(house: Secret, base: str, name: str) -> str:
    """The link for the message's sender, and nobody else. *base* is ``settings.portal.base``."""
    return f"{base}f/{name}#{feedback_secret(house, name).text()}"


def is_right(house: Secret, name: str, text: str) -> bool:
    """Whether *text* is the secret of *name*."""
    if not is_name(name):
        return False
    return hmac.compare_digest(feedback_secret(house, name).text().encode(), text.encode("utf-8", "replace"))


def is_asked(settings: Settings, sender: str, name: str, reasons: Iterable[str]) -> bool:
    """Whether the receipt of the message *name* asks its sender: he is one of ours, and it went securely because of
    what was found in it, or could not be read in it. The link needs a portal of our own to lead to."""
    relay = settings.portal.relay
    return (
        settings.decisions.link
        and settings.decisions.keep_days > 0
        and (not relay.next_hop or bool(relay.domains))
        and is_name(name)
        and settings.takes(sender)
        and any(reason in _DETECTED or reason.startswith(Prefix.UNREADABLE) for reason in reasons)
    )
