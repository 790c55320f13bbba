"""The milter's replies, in Danish and in English, for a message that it does not let pass. Mail programs show them
to the sender, and any client can read them, so what was found is only in the log."""

from __future__ import annotations

from typing import Final

from segl.errors import SmtpReply

BY_RULES: Final = SmtpReply(
    550,
    "5.7.1",
    "Mailen er ikke sendt: den er afvist efter organisationens regler. Kontakt jeres it-ansvarlige. / "
    "Refused by the organisation's rules",
)
FORGED: Final = SmtpReply(
    550,
    "5.6.0",
    "Mailen er ikke sendt: i dens hoved er der for mange felter, som kun mailserveren selv skriver "
    "(X-Segl, TLS-Required). / Too many header fields that no sender writes",
)
STRANGER: Final = SmtpReply(
    550,
    "5.7.1",
    "Denne afsender kan ikke sende mail her. Kontakt jeres it-ansvarlige. / Sender not allowed here",
)
UNREPORTABLE: Final = SmtpReply(
    553,
    "5.1.7",
    "Mailen er ikke sendt: afsenderens adresse er for lang eller har tegn, som ingen kvittering kan sendes til. / "
    "Sender address too long, or with control characters",
)
NOT_NOW: Final = SmtpReply(
    451,
    "4.3.0",
    "Mailen kan ikke kontrolleres lige nu. Send den igen om lidt. / Cannot be checked now, try again later",
)
