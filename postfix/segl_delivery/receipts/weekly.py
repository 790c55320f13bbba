"""The weekly report to the postmaster: a readable mail with one plot. What it says is in
:mod:`segl_delivery.receipts.weekly_sections`. Counts and domains, no address."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from segl.days import days_earlier
from segl.receipts.of_owner import messages_of
from segl.receipts.statistics import WAYS, Volumes, volumes_until
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl_delivery.receipts.mail import Receipt, attached
from segl_delivery.receipts.plot import bars
from segl_delivery.receipts.weekly_sections import SECTIONS, Section, Week
from segl_delivery.receipts.weekly_texts import WEEKLY, WeeklyTexts

COLOURS: Final = ("#0b4f6c", "#4f9d69", "#7fb7be", "#d98324")  # of WAYS
_PICTURE: Final = "volumes@segl"


def week_before(now: datetime) -> datetime:
    """The midnight with which the last whole week (Monday to Sunday) ended."""
    monday = days_earlier(now, now.weekday())  # the clock on the wall is changed on Sundays
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)


def weekly_report(
    connection: Connection, settings: Settings, now: datetime, owner: Owner | None = None
) -> Receipt:
    """The mail about the last whole week; its recipient is the ``report_to`` of *owner* (none: who runs the
    installation, and hears of all mail)."""
    owner = owner or settings.owners.first
    texts, end = WEEKLY[owner.language], week_before(now)
    of = messages_of(connection, owner, settings.owners) if owner.is_tenant else None
    week = Week(connection, settings, owner, texts, volumes_until(connection, end, of), end, now)
    sections = [section(week) for section in SECTIONS]
    picture = attached(
        "image/png",
        bars([[day[way] for way in WAYS] for day in week.volumes.days], COLOURS),
        f"Content-ID: <{_PICTURE}>\r\nContent-Disposition: inline; filename=volumes.png\r\n".encode("ascii"),
    )
    last = days_earlier(end, 1)
    span = texts.span.format(first=f"{week.begin:%d.%m.}", last=f"{last:%d.%m.%Y}")
    return Receipt(
        organisation=owner.name,
        address=owner.receipt_sender,
        recipient=owner.report_to,
        language=owner.language,
        subject=f"{texts.subject} {span}",
        name=f"weekly.{end:%Y%m%d}.segl",
        about="",
        text=_text(texts, span, sections),
        html=_html(texts, span, sections, week.volumes),
        extra=(picture,),
    )


def _text(texts: WeeklyTexts, span: str, sections: Sequence[Section]) -> str:
    parts = [f"{texts.subject} {span}"]
    parts += ["\n".join([one.heading, *(f"  {line}" for line in one.lines)]) for one in sections]
    return "\n\n".join([*parts, f"-- \n{texts.foot}"]) + "\n"


def _html(texts: WeeklyTexts, span: str, sections: Sequence[Section], volumes: Volumes) -> str:
    legend = " ".join(
        f'<span style="white-space:nowrap"><span style="background:{colour};color:{colour}">&#9632;&#9632;</span> '
        f"{html.escape(texts.ways[way])}</span>"
        for way, colour in zip(WAYS, COLOURS, strict=True)
    )
    by_day = ", ".join(str(sum(day.values())) for day in volumes.days)
    alt = html.escape(texts.plot.format(days=by_day))
    blocks = "".join(
        f'<h2 style="font-size:16px;margin:18px 0 6px">{html.escape(one.heading)}</h2>'
        f'<p style="margin:0">{"<br>".join(html.escape(line) for line in one.lines)}</p>'
        for one in sections
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{texts.language}"><head><meta charset="utf-8">'
        f"<title>{html.escape(texts.subject)}</title></head>\n"
        '<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font-family:Arial,Helvetica,sans-serif;'
        'font-size:15px;line-height:1.45"><div style="max-width:640px">\n'
        f'<h1 style="font-size:20px;margin:0 0 12px">{html.escape(texts.subject)} {html.escape(span)}</h1>\n'
        f'<p><img src="cid:{_PICTURE}" alt="{alt}" width="560" height="200"></p>\n<p>{legend}</p>\n{blocks}\n'
        f'<p style="margin-top:24px;color:#555555">{html.escape(texts.foot)}</p>\n</div></body></html>\n'
    )
