"""What may be said of a decision: the words, without the store they are kept in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Says(StrEnum):
    """Of a decision."""

    WRONG = "wrong"  # it went securely and was not sensitive, or it was sensitive and did not
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Feedback:
    """The latest word on one decision. ``at`` is in Unix seconds."""

    id: str
    says: Says
    at: float
    by: str
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "says": self.says.value, "at": self.at, "by": self.by, "note": self.note}
