"""``[hold]``: messages that wait until a person has decided.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from segl.settings.values import FORBID, Address

Decider = Annotated[str, Field(min_length=1, max_length=64, description="user's name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """``[hold]``: what is held is said by the rules (``[label.criminal] decision = "hold"``) and by `unreadable` and
    `unsure` in ``[detection]``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Who decides, the data-protection officer say; is told of each message. One outside the own domains is told neither
    # recipients nor reasons, for that mail may go in clear. Empty: postmaster at the first own domain.
    officer: Address = ""
    # The officer is told again of what has waited so many hours since he was told last; 0: once is enough.
    remind_hours: Annotated[int, Field(ge=0, le=720)] = 24
    # How many different people must agree to a release.
    persons: Literal[1, 2] = 1
    # The users (as who runs `segl hold`, behind sudo too) who may look into such messages and decide about them; empty:
    # whoever may run the command and is named by no [[tenant]].
    deciders: tuple[Decider, ...] = ()
