"""The messages that demo and end-to-end tests send; those of the demo each with what should become of it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from segl.vocabulary import Decision, Way

SENDER = "mette@nordby-vand.example"
GOOD = "jens@boligforening.example"
SELF_SIGNED = "karen@gammelserver.example"
BARE = "ole@klartekst.example"
PARTNER = "borgerservice@kommune.example"
COLLEAGUE = "drift@nordby-vand.example"

# A number that never was given to anyone: the date exists, the year is to come for its century digit.
CPR = "010170-1234"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message and its recipients. ``title`` says in a few words what is special about it."""

    title: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Expected:
    """What should become of a letter: its verdict, and the way of each recipient, in their order."""

    verdict: Decision
    ways: tuple[Way, ...]
    letter: Letter


def letter(
    title: str,
    recipients: tuple[str, ...],
    subject: str,
    text: str,
    *,
    html: str = "",
    attachment: tuple[str, str, bytes] | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Letter:
    """A message as a mail program would make it; *attachment* is (file name, type, bytes)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Mette Krog <{SENDER}>"
    message["To"] = ", ".join(recipients)
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0100"
    for name, value in headers:
        message[name] = value
    message.set_content(text, cte="8bit")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    if attachment:
        name, kind, data = attachment
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return Letter(title, recipients, message.as_bytes())


LETTERS = (
    Expected(
        Decision.PLAIN,
        (Way.PLAIN,),
        letter(
            "ordinary mail",
            (GOOD,),
            "Møde om ny ringledning",
            "Hej Jens\n\nSkal vi mødes på torsdag kl. 10 og se på tegningerne?\n\nHilsen Mette\n",
        ),
    ),
    Expected(
        Decision.SECURE,
        (Way.TUNNEL, Way.TLS, Way.PORTAL, Way.PORTAL),
        letter(
            "CPR number, four kinds of recipient",
            (PARTNER, GOOD, SELF_SIGNED, BARE),
            "Flytning",
            f"Hej\n\nLejeren på Åvej 3 har CPR-nummer {CPR} og er flyttet den 1. november.\n\nHilsen Mette\n",
        ),
    ),
    Expected(
        Decision.SECURE,
        (Way.TLS,),
        letter(
            "CPR number split by HTML tags",
            (GOOD,),
            "Vedr. aftalen",
            "Se venligst denne mail som HTML.\n",
            html="<p>Hej Jens</p><p>Hans nummer er 0101<b>70</b>-<span>12</span>34 &ndash; husk det.</p>",
        ),
    ),
    Expected(
        Decision.SECURE,
        (Way.TLS,),
        letter(
            "illness, no number",
            (GOOD,),
            "Afbud",
            "Hej Jens\n\nJeg kan ikke komme på mandag. Jeg har fået konstateret brystkræft og begynder i "
            "kemoterapi på tirsdag.\n\nHilsen Mette\n",
        ),
    ),
    Expected(
        Decision.PLAIN,
        (Way.PLAIN,),
        letter(
            "order number that looks like a CPR number",
            (GOOD,),
            "Ordre",
            "Hej Jens\n\nPumpen er bestilt med ordrenummer 0101701234 og kommer i uge 48.\n\nHilsen Mette\n",
        ),
    ),
    Expected(
        Decision.SECURE,
        (Way.PORTAL,),
        letter(
            "the sender asks for it",
            (SELF_SIGNED,),
            "sikker: tilbud",
            "Hej Karen\n\nHer er tallene, vi talte om.\n\nHilsen Mette\n",
        ),
    ),
    Expected(
        Decision.SECURE,
        (Way.TLS,),
        letter(
            "attachment that cannot be read",
            (GOOD,),
            "Bilag",
            "Hej Jens\n\nBilaget er vedhæftet.\n\nHilsen Mette\n",
            attachment=(
                "bilag.zip",
                "application/zip",
                b"PK\x03\x04\x14\x00\x09\x00\x08\x00" + bytes(range(256)) * 8,
            ),
        ),
    ),
    Expected(
        Decision.SECURE,
        (Way.INTERNAL, Way.TLS),
        letter(
            "forged headers, own and outside recipient",
            (COLLEAGUE, GOOD),
            "Kort",
            f"Hej begge\n\nCPR-nr. {CPR} skal have nyt kort.\n\nHilsen Mette\n",
            headers=(("X-Segl-Route", "plain"), ("TLS-Required", "no")),
        ),
    ),
)
