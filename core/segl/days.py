"""Days and times as people say them, in local time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from segl.language import Language

MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "da": (
        *("januar", "februar", "marts", "april", "maj", "juni"),
        *("juli", "august", "september", "oktober", "november", "december"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_DAY: Final[dict[Language, str]] = {"da": "den {day}. {month} {year}", "en": "{day} {month} {year}"}
_MOMENT: Final[dict[Language, str]] = {"da": "{day} kl. {time}", "en": "{day} at {time}"}


def day_of(when: date, language: Language) -> str:
    """``den 25. november 2026``, ``25 November 2026``."""
    month = MONTHS[language][when.month - 1]
    return _DAY[language].format(day=when.day, month=month, year=when.year)


def day(at: float, language: Language) -> str:
    """The date of *at*, in Unix seconds."""
    return day_of(datetime.fromtimestamp(at).date(), language)


def moment(at: float, language: Language) -> str:
    """``den 25. november 2026 kl. 10.00``, ``25 November 2026 at 10.00``; *at* in Unix seconds."""
    return _MOMENT[language].format(day=day(at, language), time=f"{datetime.fromtimestamp(at):%H.%M}")
