"""What segl-milter knows of a message and its receipt will tell: when it came, why it went securely, for whom.

It is written on the message (``X-Segl-Facts``, sealed: :mod:`segl.receipts.key`) and comes back with every delivery
report, so that no process need be up, and nothing be written, while mail is sent. No content, no subject.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from segl.addresses import mailbox_key

MOST_RECIPIENTS: Final = 1_000  # of a message to more none is named: each is known by a hash
MOST_HASHES: Final = 5_000  # of a message to more there is but their number
HASH_BYTES: Final = 6  # bytes: two of five thousand have the same once in twenty million messages
_MOST_REASONS = 32
_LONGEST = 512  # characters of an address


@dataclass(frozen=True, slots=True)
class Facts:
    """``at`` is Unix time; ``reasons`` are those of the verdict (:class:`segl.vocabulary.Verdict`);
    ``recipients`` are outside recipients as the client named them, in their order."""

    at: float
    reasons: tuple[str, ...]
    recipients: tuple[str, ...]
    unnamed: int = 0  # outside recipients of a message to so many that they are not named
    # theirs, one behind the other; empty when they are too many for that, too
    hashes: bytes = b""

    def without_names(self) -> Facts:
        """The same with a hash in place of each name."""
        hashes = b"".join(dict.fromkeys(map(recipient_hash, self.recipients)))
        return Facts(self.at, self.reasons, (), len(hashes) // HASH_BYTES, hashes)

    def to_bytes(self) -> bytes:
        form = {
            "v": 1,
            "at": round(self.at, 3),
            "why": self.reasons,
            "to": self.recipients,
            "n": self.unnamed,
            "m": b64encode(self.hashes).decode("ascii"),
        }
        return json.dumps(form, ensure_ascii=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_bytes(cls, raw: bytes | None) -> Facts | None:
        """``None`` for what another version wrote. (It was sealed by us: nobody else can have written it.)"""
        if raw is None:
            return None
        try:
            form = json.loads(raw)
            if form["v"] != 1:
                return None
            reasons = tuple(str(word)[:64] for word in form["why"][:_MOST_REASONS])
            recipients = tuple(str(address)[:_LONGEST] for address in form["to"][:MOST_RECIPIENTS])
            hashes = b64decode(form.get("m", ""))[: MOST_HASHES * HASH_BYTES]
            return cls(float(form["at"]), reasons, recipients, int(form.get("n", 0)), hashes)
        except (ValueError, TypeError, KeyError):
            return None


def unheard_hashes(hashes: bytes, heard: Iterable[tuple[str, str]]) -> int:
    """Of how many of the *hashes* nothing was *heard* (recipient, and whom the sender named). Who was named himself
    speaks for nobody else, whatever original a client gave him (:func:`segl.receipts.due.all_lines`)."""
    every = {hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)}
    known = (
        own if (own := recipient_hash(recipient)) in every else recipient_hash(original)
        for recipient, original in heard
    )
    return len(every - set(known))


def recipient_hash(address: str) -> bytes:
    """By which a recipient is known again that is not named."""
    return sha256(mailbox_key(address).encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES]
