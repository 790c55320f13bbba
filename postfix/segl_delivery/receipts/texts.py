"""The words of receipts, Danish and English. ``{names}`` are filled in by :mod:`segl_delivery.receipts.view`.

The reader wrote a mail and wants to know three things: did it go securely, did it arrive where it had to, and must I do
something. No line promises more than was reported: "has taken it" is said of a mail server, never of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segl.language import Language


class ReceiptKind(StrEnum):
    """What a receipt is about; also the word in its machine-readable part."""

    SENT = "sent"  # everyone has it
    SO_FAR = "so-far"  # some have, of others nothing was heard
    DELAYED = "delayed"  # somebody's copy waits
    FAILED = "failed"  # somebody's copy will not arrive
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class ReceiptTexts:
    """One language's texts."""

    language: Language
    subject: dict[ReceiptKind, str]
    heading: dict[ReceiptKind, str]
    heading_nobody: str  # it reached none
    lead: dict[ReceiptKind, str]
    columns: tuple[str, str, str, str]  # recipient, way, state and time, what the recipient does
    ways: dict[str, str]
    not_yet: str
    not_at_all: str
    tls_seen: str
    tls_checked: str  # the certificate was good for the name, and the name is not proven
    tls_proven: str
    tls_unseen: str
    tls_many: str
    domains: str
    many: str
    lead_unnamed: str
    no_failure: str
    expanded: str
    mail: str
    proofs: dict[str, str]
    states: dict[str, str]
    todo: dict[str, str]
    revoke: str
    reasons: str
    not_sensitive: str
    about: str
    nothing: str
    feedback: str
    foot: str
    time_form: str  # {clock}: segl.days
    messages: tuple[str, str]


TEXTS: Final[dict[Language, ReceiptTexts]] = {
    "da": ReceiptTexts(
        language="da",
        subject={
            ReceiptKind.SENT: "Kvittering: sendt sikkert til {whom}",
            ReceiptKind.SO_FAR: "Foreløbig kvittering: sikker mail til {whom}",
            ReceiptKind.DELAYED: "Forsinket: din sikre mail til {whom}",
            ReceiptKind.FAILED: "Ikke leveret: din sikre mail til {whom}",
            ReceiptKind.DAILY: "Dagens kvitteringer: {whom}",
        },
        heading={
            ReceiptKind.SENT: "Din mail er sendt sikkert",
            ReceiptKind.SO_FAR: "Din mail er på vej",
            ReceiptKind.DELAYED: "Din mail er forsinket",
            ReceiptKind.FAILED: "Din mail er ikke leveret til alle modtagere",
            ReceiptKind.DAILY: "Dine sikre mails",
        },
        heading_nobody="Din mail er ikke leveret",
        lead={
            ReceiptKind.SENT: "Du skal ikke gøre noget.",
            ReceiptKind.SO_FAR: "Der er endnu ikke svar for alle modtagere. Du får besked igen, når der er.",
            ReceiptKind.DELAYED: "Vores mailsystem prøver selv igen. Du skal ikke gøre noget, medmindre det haster.",
            ReceiptKind.FAILED: "Det, der ikke kom frem, bliver ikke forsøgt igen. Se herunder, hvad du kan gøre.",
            ReceiptKind.DAILY: "Her er nyt siden sidst. Fejl og forsinkelser har du allerede fået besked om.",
        },
        columns=("Modtager", "Sendt som", "Status", "Modtageren skal"),
        ways={
            "tunnel": "Tunnelmail til {domain}",
            "certificate": "Krypteret til modtagerens eget certifikat",
            "portal": "Sikker besked, hentes med engangskode",
            "internal": "Internt, på vores egen mailserver",
        },
        not_yet="Ikke sendt endnu",
        not_at_all="Ikke sendt",
        tls_seen="Krypteret på vejen ({version} til {host}; serverens certifikat er ikke kontrolleret)",
        tls_checked="Krypteret på vejen ({version} til {host}; serverens certifikat er kontrolleret)",
        tls_proven="Krypteret på vejen til den rigtige server ({version}, {host}, {proof})",
        tls_unseen="Krypteret på vejen (TLS 1.2 eller nyere; detaljerne er ikke noteret)",
        tls_many="Krypteret på vejen (TLS 1.2 eller nyere)",
        domains="{number} domæner",
        many="Først står de modtagere, der ikke har fået mailen. De øvrige er slået sammen. Den vedlagte fil har "
        "tallene for alle {number}.",
        lead_unnamed="Ved så mange modtagere meldes kun fejl og forsinkelser. Kommer der flere, hører du det.",
        no_failure="Ingen fejl meldt",
        expanded="En af adresserne dækker over flere modtagere. Her står de modtagere, vi har hørt om. Er der "
        "problemer med andre, får du besked.",
        mail="Mail fra {time} til {number}, Message-ID {message_id}",
        proofs={"dane": "DANE", "mta-sts": "MTA-STS", "pinned": "navnet er fastlagt på forhånd"},
        states={
            "pending": "Intet svar endnu",
            "delayed": "Venter, prøves igen til {until}",
            "waits": "Venter, prøves igen",
            "failed": "Ikke leveret, {time}",
            "sealed": "Ligger klar siden {time}. Mailen med linket er på vej",
            "notice-waits": "Ligger klar, men mailen med linket er forsinket. Vi prøver igen. Du hører kun mere, hvis "
            "den ikke når frem",
            "opened": "Åbnet {time}",
            "revoked": "Trukket tilbage {time}",
            "ended": "Kan ikke åbnes længere",
            "sent": "Modtagerens mailserver har taget imod den {time}",
            "sent-on": "Krypteret {time} og på vej. Du får besked, hvis den ikke når frem",
            "waits-on": "Krypteret, men ikke sendt endnu. Vi prøver igen. Du hører kun mere, hvis den ikke når frem",
            "unsure": "Måske modtaget: modtagerens mailserver fik mailen, men sagde ikke, at den tog imod den. Vi "
            "prøver igen, så den kan komme flere gange",
            "unsure-failed": "Opgivet {time}, måske modtaget",
            "sent-internal": "Sendt til postkassen {time}",
            "sent-to-service": "Overgivet til krypteringstjenesten {time}",
        },
        todo={
            "tunnel": "ikke gøre noget; modtagerens system åbner den",
            "certificate": "åbne den med sit certifikat",
            "tls": "ikke gøre noget",
            "portal": "åbne linket i mailen og skrive en engangskode",
            "internal": "ikke gøre noget",
        },
        revoke="Træk beskeden tilbage for alle, der henter den med engangskode: {link}",
        reasons="Hvorfor den blev sendt sikkert: {reasons}.",
        not_sensitive="Var den ikke følsom? Sig det her, så reglerne kan blive bedre: {link}",
        about="Mailen er fra {time}, Message-ID {message_id}.",
        nothing="ingen",
        feedback="Var det forkert at sende den sikkert, eller har du spørgsmål? Skriv til {address}.",
        foot="Denne kvittering er lavet af mailsystemet hos {organisation}. Den kan ikke besvares.",
        time_form="{day}.{month}. {clock}",
        messages=("mail", "mails"),
    ),
    "en": ReceiptTexts(
        language="en",
        subject={
            ReceiptKind.SENT: "Receipt: sent securely to {whom}",
            ReceiptKind.SO_FAR: "Preliminary receipt: secure mail to {whom}",
            ReceiptKind.DELAYED: "Delayed: your secure mail to {whom}",
            ReceiptKind.FAILED: "Not delivered: your secure mail to {whom}",
            ReceiptKind.DAILY: "Today's receipts: {whom}",
        },
        heading={
            ReceiptKind.SENT: "Your mail was sent securely",
            ReceiptKind.SO_FAR: "Your mail is on its way",
            ReceiptKind.DELAYED: "Your mail is delayed",
            ReceiptKind.FAILED: "Your mail was not delivered to all recipients",
            ReceiptKind.DAILY: "Your secure mails",
        },
        heading_nobody="Your mail was not delivered",
        lead={
            ReceiptKind.SENT: "You do not need to do anything.",
            ReceiptKind.SO_FAR: "There is no answer yet for every recipient. You will hear again when there is.",
            ReceiptKind.DELAYED: "Our mail system tries again by itself. You do not need to do anything, "
            "unless it is urgent.",
            ReceiptKind.FAILED: "What did not arrive is not tried again. See below what you can do.",
            ReceiptKind.DAILY: "Here is what is new since the last time. You have already been told of failures "
            "and delays.",
        },
        columns=("Recipient", "Sent as", "State", "The recipient must"),
        ways={
            "tunnel": "Tunnel mail to {domain}",
            "certificate": "Encrypted to the recipient's own certificate",
            "portal": "Secure message, opened with a one-time code",
            "internal": "Internal, on our own mail server",
        },
        not_yet="Not sent yet",
        not_at_all="Not sent",
        tls_seen="Encrypted on the way ({version} to {host}; the server's certificate was not checked)",
        tls_checked="Encrypted on the way ({version} to {host}; the server's certificate was checked)",
        tls_proven="Encrypted on the way to the right server ({version}, {host}, {proof})",
        tls_unseen="Encrypted on the way (TLS 1.2 or newer; the details were not recorded)",
        tls_many="Encrypted on the way (TLS 1.2 or newer)",
        domains="{number} domains",
        many="First come the recipients who did not get the mail. The others are put together. The attached file has "
        "the figures for all {number}.",
        lead_unnamed="Of so many recipients only failures and delays are reported. If there are more, you will hear.",
        no_failure="No failure reported",
        expanded="One of the addresses stands for several recipients. Here are those we have heard of. If there are "
        "problems with others, you will be told.",
        mail="Mail of {time} to {number}, Message-ID {message_id}",
        proofs={"dane": "DANE", "mta-sts": "MTA-STS", "pinned": "its name was laid down beforehand"},
        states={
            "pending": "No answer yet",
            "delayed": "Waits, is tried again until {until}",
            "waits": "Waits, is tried again",
            "failed": "Not delivered, {time}",
            "sealed": "Ready since {time}. The mail with the link is on its way",
            "notice-waits": "Ready, but the mail with the link is delayed. We try again. You will hear more only if it "
            "does not arrive",
            "opened": "Opened {time}",
            "revoked": "Taken back {time}",
            "ended": "Can no longer be opened",
            "sent": "Taken by the recipient's mail server {time}",
            "sent-on": "Encrypted {time} and on its way. You will be told if it does not arrive",
            "waits-on": "Encrypted, but not sent yet. We try again. You will hear more only if it does not arrive",
            "unsure": "Perhaps received: the recipient's mail server was given the mail, and did not say that it took "
            "it. We try again, so it may come several times",
            "unsure-failed": "Given up {time}, perhaps received",
            "sent-internal": "Sent to the mailbox {time}",
            "sent-to-service": "Handed to the encryption service {time}",
        },
        todo={
            "tunnel": "do nothing; the recipient's system opens it",
            "certificate": "open it with their certificate",
            "tls": "do nothing",
            "portal": "open the link in the mail and type a one-time code",
            "internal": "do nothing",
        },
        revoke="Take the message back from all who open it with a one-time code: {link}",
        reasons="Why it was sent securely: {reasons}.",
        not_sensitive="Was it not sensitive? Say so here, so that the rules get better: {link}",
        about="The mail is of {time}, Message-ID {message_id}.",
        nothing="nobody",
        feedback="Was it wrong to send it securely, or do you have questions? Write to {address}.",
        foot="This receipt was made by the mail system of {organisation}. It cannot be answered.",
        time_form="{day}/{month} {clock}",
        messages=("mail", "mails"),
    ),
}
