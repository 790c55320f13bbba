"""The words of the weekly report, Danish and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.language import Language
from segl.vocabulary import Way


@dataclass(frozen=True, slots=True)
class WeeklyTexts:
    """One language's texts."""

    language: Language
    subject: str
    span: str
    volumes: str
    way: str
    ways: dict[Way, str]
    nothing: str
    portal: str
    share: str
    failed: str
    ending: str
    ends: str
    ended: str
    more: str
    false_alarms: str
    feedback: str
    no_feedback: str
    none: str
    plot: str
    foot: str


WEEKLY: Final[dict[Language, WeeklyTexts]] = {
    "da": WeeklyTexts(
        language="da",
        subject="Sikker mail, ugens tal",
        span="{first} til {last}",
        volumes="Modtagere uden for huset (ugen før)",
        way="{way}: {now} ({before})",
        ways={
            Way.TUNNEL: "tunnelmail",
            Way.CERTIFICATE: "eget certifikat",
            Way.TLS: "TLS",
            Way.PORTAL: "sikker besked",
        },
        nothing="Ingen.",
        portal="Måtte hente en sikker besked",
        share="{percent} % ({number} af {all}). `segl domains --portal` viser, hvad der kan hjælpe.",
        failed="Nåede ikke frem",
        ending="Certifikater, der snart udløber",
        ends="{name}: dage tilbage: {days}",
        ended="{name}: udløbet, dage siden: {days}",
        more="og {number} til",
        false_alarms="Sendt sikkert uden grund",
        feedback="Afsendere skriver til {address}.",
        no_feedback="Afsendere har ingen adresse at skrive til ([receipts] feedback).",
        none="Ingen.",
        plot="Modtagere pr. dag: {days}",
        foot="Talt af Segl efter leveringsrapporter; domæner, ingen adresser.",
    ),
    "en": WeeklyTexts(
        language="en",
        subject="Secure mail, the week's numbers",
        span="{first} to {last}",
        volumes="Recipients outside the organisation (the week before)",
        way="{way}: {now} ({before})",
        ways={
            Way.TUNNEL: "tunnel mail",
            Way.CERTIFICATE: "own certificate",
            Way.TLS: "TLS",
            Way.PORTAL: "secure message",
        },
        nothing="None.",
        portal="Had to open a secure message",
        share="{percent}% ({number} of {all}). `segl domains --portal` shows what could help.",
        failed="Did not arrive",
        ending="Certificates that end soon",
        ends="{name}: days left: {days}",
        ended="{name}: ended, days ago: {days}",
        more="and {number} more",
        false_alarms="Sent securely without need",
        feedback="Senders write to {address}.",
        no_feedback="Senders have no address to write to ([receipts] feedback).",
        none="None.",
        plot="Recipients a day: {days}",
        foot="Counted by Segl from delivery reports; domains, no addresses.",
    ),
}
