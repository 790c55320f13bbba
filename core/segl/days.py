"""Days and times as people say them, in local time. Each language has one form of the clock, in mails and on pages: the
hour without a zero before it, and Danish writes a full stop where English has a colon."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

from segl.language import Language

DAY_SECONDS: Final = 86400.0
_MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "da": (
        *("januar", "februar", "marts", "april", "maj", "juni"),
        *("juli", "august", "september", "oktober", "november", "december"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_DATE: Final[dict[Language, str]] = {"da": "{day}. {month} {year}", "en": "{day} {month} {year}"}
_DAY: Final[dict[Language, str]] = {"da": "den {date}", "en": "{date}"}
_CLOCK: Final[dict[Language, str]] = {"da": "kl. {hour}.{minute:02}", "en": "at {hour}:{minute:02}"}


def date_of(when: date, language: Language) -> str:
    """``25. november 2026``, ``25 November 2026``."""
    month = _MONTHS[language][when.month - 1]
    return _DATE[language].format(day=when.day, month=month, year=when.year)


def day_of(when: date, language: Language) -> str:
    """As it stands in a sentence: ``den 25. november 2026``, ``25 November 2026``."""
    return _DAY[language].format(date=date_of(when, language))


def clock_of(when: datetime, language: Language) -> str:
    """``kl. 9.05``, ``at 9:05``."""
    return _CLOCK[language].format(hour=when.hour, minute=when.minute)


def day(at: float, language: Language) -> str:
    """The date of *at*, in Unix seconds."""
    return day_of(datetime.fromtimestamp(at).date(), language)


def moment(at: float, language: Language) -> str:
    """``den 25. november 2026 kl. 9.05``, ``25 November 2026 at 9:05``; *at* in Unix seconds."""
    when = datetime.fromtimestamp(at)
    return f"{day_of(when, language)} {clock_of(when, language)}"


def days_earlier(when: datetime, days: int) -> datetime:
    """*when*, so many days before, at the same time by the clock on the wall: a day on which that is changed has 23 or
    25 hours. *when* in local time has but that day's distance from UTC (``astimezone()``), which others need not
    share."""
    then = when - timedelta(days=days)
    local = isinstance(when.tzinfo, timezone) and when.astimezone().utcoffset() == when.utcoffset()
    return then.replace(tzinfo=None).astimezone() if local else then
