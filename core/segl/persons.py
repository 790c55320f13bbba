"""Who did something, as the audit trail names him, and which person that is.

The trail has the name as it was at hand: "lise" when she ran the command herself, "lise (sudo)" behind sudo, "root",
"uid 1003" for a user without a name. Where two different people must agree it is the person that counts, whichever way
she came; and what anybody may be, root above all, is nobody.
"""

from __future__ import annotations

import re
from typing import Final

BEHIND_SUDO: Final = " (sudo)"
_NOBODY: Final = re.compile(r"root|uid \d+", re.IGNORECASE)


def bare(actor: str) -> str:
    """The user's name in *actor*, without the way she came."""
    return actor.removesuffix(BEHIND_SUDO).strip()


def person_of(actor: str) -> str | None:
    """The person *actor*, for comparing with another: ``None`` for root, who may be anybody, and for a user without a
    name. Names that differ in case alone are one: that two of them are meant is less likely than one typed twice."""
    name = bare(actor)
    return None if not name or _NOBODY.fullmatch(name) else name.casefold()
