"""The words of receipts, Danish and English. ``{names}`` are filled in by :mod:`segl_delivery.receipts.view`.

The reader wrote a mail and wants to know three things: did it go securely, did it arrive where it had to, and must I do
something. No line promises more than was reported: "has taken it" is said of a mail server, never of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segl.language import Language


class Kind(StrEnum):
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
    subject: dict[Kind, str]
    heading: dict[Kind, str]
    lead: dict[Kind, str]
    columns: tuple[str, str, str, str]  # recipient, way, state and time, what the recipient does
    ways: dict[str, str]
    not_yet: str
    not_at_all: str
    tls_seen: str
    tls_checked: str
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
    time_form: str
    messages: tuple[str, str]


TEXTS: Final[dict[Language, ReceiptTexts]] = {
    "da": ReceiptTexts(
        language="da",
        subject={
            Kind.SENT: "Kvittering: sendt sikkert til {whom}",
            Kind.SO_FAR: "Foreløbig kvittering: sikker mail til {whom}",
            Kind.DELAYED: "Forsinket: din sikre mail til {whom}",
            Kind.FAILED: "Ikke leveret: din sikre mail til {whom}",
            Kind.DAILY: "Dagens kvitteringer: {whom}",
        },
        heading={
            Kind.SENT: "Din mail er sendt sikkert",
            Kind.SO_FAR: "Din mail er på vej",
            Kind.DELAYED: "Din mail er forsinket",
            Kind.FAILED: "Din mail nåede ikke frem til alle",
            Kind.DAILY: "Dine sikre mails",
        },
        lead={
            Kind.SENT: "Du skal ikke gøre noget.",
            Kind.SO_FAR: "Der er endnu ikke svar for alle modtagere. Du får besked igen, når der er.",
            Kind.DELAYED: "Den bliver forsøgt sendt igen af sig selv. Du skal ikke gøre noget, medmindre det haster.",
            Kind.FAILED: "Det, der ikke kom frem, bliver ikke forsøgt igen. Se herunder, hvad du kan gøre.",
            Kind.DAILY: "Det, der er hørt siden sidst. Fejl og forsinkelser har du fået besked om med det samme.",
        },
        columns=("Modtager", "Sendt som", "Status", "Modtageren skal"),
        ways={
            "tunnel": "Tunnelmail til {domain}",
            "certificate": "Krypteret til modtagerens eget certifikat",
            "portal": "Sikker besked, hentes med engangskode",
            "internal": "Internt i huset",
        },
        not_yet="Ikke sendt endnu",
        not_at_all="Ikke sendt",
        tls_seen="{version}, krypteret på vejen til {host}, serverens certifikat ikke kontrolleret",
        tls_checked="{version}, krypteret på vejen, serverens certifikat kontrolleret ({host})",
        tls_unseen="TLS 1.2 eller nyere, krævet på vejen. Enkelthederne er ikke noteret",
        tls_many="TLS 1.2 eller nyere, krævet på vejen",
        domains="{number} domæner",
        many="Først dem, der ikke har fået den; de øvrige er talt sammen. Den vedlagte fil tæller alle {number}.",
        lead_unnamed="Ved så mange modtagere meldes kun fejl og forsinkelser. Kommer der flere, hører du det.",
        no_failure="Ingen fejl meldt",
        expanded="En adresse dækker over flere modtagere. Her står dem, der er hørt fra; venter en til, hører du det.",
        mail="Mail fra {time} til {number}, Message-ID {message_id}",
        proofs={"dane": "DANE", "mta-sts": "MTA-STS", "pinned": "navnet er fastsat"},
        states={
            "pending": "Intet svar endnu",
            "delayed": "Venter, prøves igen til {until}",
            "waits": "Venter, prøves igen",
            "failed": "Ikke leveret, {time}",
            "sealed": "Ligger klar siden {time}, besked om den er på vej",
            "notice-waits": "Ligger klar; beskeden venter, prøves igen. Du hører kun igen, hvis den ikke når frem",
            "opened": "Åbnet {time}",
            "revoked": "Trukket tilbage {time}",
            "ended": "Kan ikke åbnes længere",
            "sent": "Modtagerens mailserver har taget imod den {time}",
            "sent-on": "Krypteret {time} og på vej; når den ikke frem, får du besked",
            "waits-on": "Krypteret; venter på at blive sendt, prøves igen. Du hører kun igen, hvis den ikke når frem",
            "sent-internal": "Sendt til postkassen {time}",
            "sent-to-service": "Overgivet til krypteringstjenesten {time}",
        },
        todo={
            "tunnel": "intet; modtagerens system åbner den",
            "certificate": "åbne den med sit certifikat",
            "tls": "intet",
            "portal": "bruge linket i beskeden og en engangskode",
            "internal": "intet",
        },
        revoke="Fortryd (så længe den ikke er hentet): {link}",
        reasons="Hvorfor den blev sendt sikkert: {reasons}.",
        not_sensitive="Var den ikke følsom? Sig det her, så reglerne kan blive bedre: {link}",
        about="Mailen er fra {time}, Message-ID {message_id}.",
        nothing="ingen",
        feedback="Var det forkert at sende den sikkert, eller har du spørgsmål? Skriv til {address}.",
        foot="Denne kvittering er lavet af {organisation}s mailsystem. Den kan ikke besvares.",
        time_form="{day}.{month}. kl. {hour:02}.{minute:02}",
        messages=("mail", "mails"),
    ),
    "en": ReceiptTexts(
        language="en",
        subject={
            Kind.SENT: "Receipt: sent securely to {whom}",
            Kind.SO_FAR: "Preliminary receipt: secure mail to {whom}",
            Kind.DELAYED: "Delayed: your secure mail to {whom}",
            Kind.FAILED: "Not delivered: your secure mail to {whom}",
            Kind.DAILY: "Today's receipts: {whom}",
        },
        heading={
            Kind.SENT: "Your mail was sent securely",
            Kind.SO_FAR: "Your mail is on its way",
            Kind.DELAYED: "Your mail is delayed",
            Kind.FAILED: "Your mail did not reach everyone",
            Kind.DAILY: "Your secure mails",
        },
        lead={
            Kind.SENT: "You need do nothing.",
            Kind.SO_FAR: "There is no answer yet for every recipient. You will hear again when there is.",
            Kind.DELAYED: "It is tried again by itself. You need do nothing, unless it is urgent.",
            Kind.FAILED: "What did not arrive is not tried again. See below what you can do.",
            Kind.DAILY: "What was heard since the last time. You were told of failures and delays at once.",
        },
        columns=("Recipient", "Sent as", "State", "The recipient must"),
        ways={
            "tunnel": "Tunnel mail to {domain}",
            "certificate": "Encrypted to the recipient's own certificate",
            "portal": "Secure message, opened with a one-time code",
            "internal": "Inside the house",
        },
        not_yet="Not sent yet",
        not_at_all="Not sent",
        tls_seen="{version}, encrypted on the way to {host}, the server's certificate not checked",
        tls_checked="{version}, encrypted on the way, the server's certificate checked ({host})",
        tls_unseen="TLS 1.2 or newer, demanded on the way. The details were not recorded",
        tls_many="TLS 1.2 or newer, demanded on the way",
        domains="{number} domains",
        many="First those who do not have it; the others are counted together. The file enclosed counts all {number}.",
        lead_unnamed="Of so many recipients only failures and delays are reported. If there are more, you will hear.",
        no_failure="No failure reported",
        expanded="An address stands for several recipients. These were heard of; should another wait, you will hear.",
        mail="Mail of {time} to {number}, Message-ID {message_id}",
        proofs={"dane": "DANE", "mta-sts": "MTA-STS", "pinned": "its name was laid down"},
        states={
            "pending": "No answer yet",
            "delayed": "Waits, is tried again until {until}",
            "waits": "Waits, is tried again",
            "failed": "Not delivered, {time}",
            "sealed": "Ready since {time}, notice on its way",
            "notice-waits": "Ready; its notice waits, is tried again. You will hear again only if it does not arrive",
            "opened": "Opened {time}",
            "revoked": "Taken back {time}",
            "ended": "Can no longer be opened",
            "sent": "Taken by the recipient's mail server {time}",
            "sent-on": "Encrypted {time} and on its way; you will hear if it does not arrive",
            "waits-on": "Encrypted; waits to be sent, is tried again. You will hear again only if it does not arrive",
            "sent-internal": "Sent to the mailbox {time}",
            "sent-to-service": "Handed to the encryption service {time}",
        },
        todo={
            "tunnel": "do nothing; the recipient's system opens it",
            "certificate": "open it with their certificate",
            "tls": "do nothing",
            "portal": "use the link in the notice, and a one-time code",
            "internal": "do nothing",
        },
        revoke="Take it back (as long as it was not opened): {link}",
        reasons="Why it was sent securely: {reasons}.",
        not_sensitive="Was it not sensitive? Say so here, so that the rules get better: {link}",
        about="The mail is of {time}, Message-ID {message_id}.",
        nothing="nobody",
        feedback="Was it wrong to send it securely, or do you have questions? Write to {address}.",
        foot="This receipt was made by the mail system of {organisation}. It cannot be answered.",
        time_form="{day}/{month} at {hour:02}:{minute:02}",
        messages=("mail", "mails"),
    ),
}
