"""Why a domain takes no mail: what a look into DNS finds, and what others keep and tell of it."""

from __future__ import annotations

from enum import StrEnum


class NoMail(StrEnum):
    """Why, for certain, a domain takes no mail."""

    NO_SUCH_DOMAIN = "no-such-domain"
    NULL_MX = "null-mx"
    NO_HOST = "no-host"
