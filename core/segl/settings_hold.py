"""``[hold]``: messages that wait until a person has decided.

Part of :mod:`segl.settings`; the comments are the manual here as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from segl.settings_values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """``[hold]``: what is held is said by the rules (``[label.criminal] decision = "hold"``) and by `unreadable` and
    `unsure` in ``[detection]``."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    # Who decides, the data-protection officer say; is told of each message. Empty: postmaster at the first own domain.
    officer: Address = ""
    # How many different people must agree to a release.
    persons: Literal[1, 2] = 1
