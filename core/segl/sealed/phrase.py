"""A phrase that the sender and the recipient agreed upon by another way, and that is asked for besides the code.

People choose phrases, so they are short of entropy: they are kept as Argon2id (RFC 9106; 19 MiB, two passes, as OWASP
has it), and a wrong one counts against the limits of codes. Case, blanks and width are no part of it: it is told by
telephone.

Anybody may have one compared, and each takes its memory: so only a few are at a time, and the others wait.
"""

from __future__ import annotations

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST: Final = 200
AT_ONCE: Final = 2  # in a process, which has dozens of threads
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_places: Final = threading.BoundedSemaphore(AT_ONCE)


def hash_of(phrase: str) -> str:
    """What is kept of *phrase* (PHC form)."""
    with _places:
        return _HASHER.hash(_normal(phrase))


# What no phrase is of: it has the form and the cost of any other, and is not computed, since that takes a twentieth
# of a second at every start.
NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "A" * 43


def is_phrase(kept: str | None, phrase: str) -> bool:
    """Whether *phrase* is the one that *kept* is of; without one any will do.

    The work depends on what was asked, not on what is there: a phrase that was given is always hashed once."""
    given = _normal(phrase)
    if not given:
        return kept is None
    try:
        with _places:
            _HASHER.verify(kept or NOBODYS, given)
    except (VerificationError, InvalidHashError):
        return kept is None
    return True


def _normal(phrase: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", phrase[:LONGEST]).casefold().split())
