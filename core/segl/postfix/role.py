"""What a Postfix is to the organisation's mail: the word for it, apart from how it is found out
(:func:`segl.postfix.gateway.role_of`), so that the command line knows it without reading settings."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """What this Postfix is to the organisation's mail."""

    GATEWAY = "gateway"
    BESIDE = "beside"
    UNKNOWN = "unknown"
