"""``[decisions]``: what is remembered of decisions, so that rules can be tuned without keeping mail.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from segl.settings.values import FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """``[decisions]``: rule ids, scores, lengths and the sender's domain of each message that was read; no text."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # So many days they are kept, and what people said of them. 0: nothing is kept.
    keep_days: Annotated[int, Field(ge=0, le=366)] = 30
    # segl-milter tells segl-deliver here. Without a word: decisions.sock, beside `delivery.receipt_socket`.
    socket: Path | None = None
    # Whether the receipt of a message that was found to be sensitive has a link by which its sender says that it was
    # not. The link leads to the portal.
    link: bool = True

    def socket_beside(self, other: Path) -> Path:
        """Where segl-deliver listens; *other* is its socket for reports."""
        return self.socket or other.parent / "decisions.sock"
