"""The weekly report to the postmaster: how much went which way, who still ends in the portal, what did not arrive,
which certificates end soon. Counts and domains, no address."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from cryptography import x509
from sqlalchemy.engine import Connection

from segl.addresses import domain_of
from segl.errors import SeglError
from segl.receipts.states import Stage, State
from segl.settings import Settings
from segl.settings_organisation import Owner
from segl.tables.receipts import sent_recipient
from segl.vocabulary import Way
from segl_delivery.keyring import KeyRing
from segl_delivery.receipts.mail import Receipt, attached
from segl_delivery.receipts.plot import bars
from segl_delivery.receipts.weekly_texts import WEEKLY, WeeklyTexts

DAYS: Final = 7
SOON_DAYS: Final = 45
_MOST_DOMAINS: Final = 10
WAYS: Final = (Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL)
COLOURS: Final = ("#0b4f6c", "#4f9d69", "#7fb7be", "#d98324")
_PICTURE: Final = "volumes@segl"


@dataclass(frozen=True, slots=True)
class Volumes:
    """Recipients outside in the last seven whole days: by day and way, the week before by way, those sealed by
    domain, and those that failed by domain."""

    days: tuple[Counter[Way], ...]
    before: Counter[Way]
    sealed: Counter[str]
    failed: Counter[str]

    @property
    def total(self) -> Counter[Way]:
        return sum(self.days, Counter[Way]())


def volumes_in(
    connection: Connection, now: datetime, of: Callable[[Connection], sa.Select[tuple[str]]] | None = None
) -> Volumes:
    """From what senders were told, up to last midnight; of the messages whose ids *of* asks for, or of all."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = midnight - timedelta(days=2 * DAYS)
    days = tuple(Counter[Way]() for _ in range(DAYS))
    before, sealed, failed = Counter[Way](), Counter[str](), Counter[str]()
    query = sa.select(
        sent_recipient.c.recipient, sent_recipient.c.state, sent_recipient.c.way, sent_recipient.c.at
    ).where(
        sent_recipient.c.at >= begin.timestamp(),
        sent_recipient.c.at < midnight.timestamp(),
        sent_recipient.c.stage == Stage.SECURE.value,
    )
    if of is not None:
        query = query.where(sent_recipient.c.message_id.in_(of(connection)))
    for row in connection.execute(query):
        day = (datetime.fromtimestamp(row.at, now.tzinfo) - begin).days - DAYS
        if row.state == State.FAILED and day >= 0:
            failed[domain_of(row.recipient)] += 1
        if row.state not in (State.SENT, State.SEALED) or row.way not in WAYS:
            continue
        way = Way(row.way)
        if day < 0:
            before[way] += 1
            continue
        days[min(day, DAYS - 1)][way] += 1
        if way is Way.PORTAL:
            sealed[domain_of(row.recipient)] += 1
    return Volumes(days, before, sealed, failed)


def ending(settings: Settings, now: datetime, owner: Owner) -> list[tuple[str, int]]:
    """Certificates that end soon, *owner*'s and (whoever runs the installation) partners' in the folder: name, days
    left."""
    found: list[tuple[str, datetime]] = []
    try:
        ring = KeyRing(settings.delivery.keys, settings.delivery.keys_passphrase, lambda *_: None)
        held = ring.keys()
        found += [
            (own.name, own.certificate.not_valid_after_utc)
            for own in held
            if not own.retired and own.is_of(owner, settings.owners)
        ]
    except SeglError:  # said elsewhere: the doctor, the log
        pass
    for file in () if owner.is_tenant else sorted(settings.delivery.certificates.glob("*.pem")):
        try:
            loaded = x509.load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError):
            continue
        found.append((file.stem, max(one.not_valid_after_utc for one in loaded)))
    days = [(name, (end - now.astimezone(UTC)).days) for name, end in found]
    return sorted((one for one in days if one[1] < SOON_DAYS), key=lambda one: one[1])


def weekly_report(settings: Settings, volumes: Volumes, now: datetime, owner: Owner | None = None) -> Receipt:
    """The mail; its recipient is the ``report_to`` of *owner* (none: who runs the installation)."""
    owner = owner or settings.owners.first
    texts = WEEKLY[owner.language]
    sections = _sections(volumes, ending(settings, now, owner), texts, owner)
    picture = attached(
        "image/png",
        bars([[day[way] for way in WAYS] for day in volumes.days], COLOURS),
        f"Content-ID: <{_PICTURE}>\r\nContent-Disposition: inline; filename=volumes.png\r\n".encode("ascii"),
    )
    last = now - timedelta(days=1)
    first = now - timedelta(days=DAYS)
    span = texts.span.format(first=f"{first:%d.%m.}", last=f"{last:%d.%m.%Y}")
    return Receipt(
        organisation=owner.name,
        address=owner.receipt_sender,
        recipient=owner.report_to,
        language=owner.language,
        subject=f"{texts.subject} {span}",
        name=f"weekly.{now:%Y%m%d}.segl",
        about="",
        text=_text(texts, span, sections),
        html=_html(texts, span, sections, volumes),
        extra=(picture,),
    )


def _sections(
    volumes: Volumes, ends: list[tuple[str, int]], texts: WeeklyTexts, owner: Owner
) -> list[tuple[str, list[str]]]:
    total, before = volumes.total, volumes.before
    number = sum(total.values())
    ways = [
        texts.way.format(way=texts.ways[way], now=total[way], before=before[way])
        for way in WAYS
        if total[way] + before[way]
    ]
    share = total[Way.PORTAL] / number if number else 0.0
    portal = [texts.share.format(share=f"{share:.0%}", number=total[Way.PORTAL], all=number)]
    portal += [f"{domain}: {count}" for domain, count in volumes.sealed.most_common(_MOST_DOMAINS)]
    failed = [f"{domain}: {count}" for domain, count in volumes.failed.most_common(_MOST_DOMAINS)]
    soon = [texts.ends.format(name=name, days=days) for name, days in ends]
    feedback = [texts.feedback.format(address=owner.feedback)] if owner.feedback else []
    return [
        (texts.volumes, ways or [texts.nothing]),
        (texts.portal, portal),
        (texts.failed, failed or [texts.none]),
        (texts.ending, soon or [texts.none]),
        (texts.false_alarms, feedback or [texts.no_feedback]),
    ]


def _text(texts: WeeklyTexts, span: str, sections: list[tuple[str, list[str]]]) -> str:
    parts = [f"{texts.subject} {span}"]
    parts += ["\n".join([heading, *(f"  {line}" for line in lines)]) for heading, lines in sections]
    return "\n\n".join([*parts, f"-- \n{texts.foot}"]) + "\n"


def _html(texts: WeeklyTexts, span: str, sections: list[tuple[str, list[str]]], volumes: Volumes) -> str:
    legend = " ".join(
        f'<span style="white-space:nowrap"><span style="background:{colour};color:{colour}">&#9632;&#9632;</span> '
        f"{html.escape(texts.ways[way])}</span>"
        for way, colour in zip(WAYS, COLOURS, strict=True)
    )
    by_day = ", ".join(str(sum(day.values())) for day in volumes.days)
    alt = html.escape(texts.plot.format(days=by_day))
    blocks = "".join(
        f'<h2 style="font-size:16px;margin:18px 0 6px">{html.escape(heading)}</h2>'
        f'<p style="margin:0">{"<br>".join(html.escape(line) for line in lines)}</p>'
        for heading, lines in sections
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
