"""What segl-milter knows of a message and its receipt will tell: when it came, why it went securely, for whom.

It is written on the message (``X-Segl-Facts``, sealed: :mod:`segl.receipts.key`) and comes back with every delivery
report, so that no process need be up, and nothing be written, while mail is sent. No content, no subject.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

MOST_RECIPIENTS = 1_000  # of a message to more none is named: their reports are asked for as the client did
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

    def to_bytes(self) -> bytes:
        form = {
            "v": 1,
            "at": round(self.at, 3),
            "why": self.reasons,
            "to": self.recipients,
            "n": self.unnamed,
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
            return cls(float(form["at"]), reasons, recipients, int(form.get("n", 0)))
        except (ValueError, TypeError, KeyError):
            return None
