"""The words of the mail to another domain's postmaster, Danish and English.

The reader runs a mail server, has never heard of us, and has five minutes: which host, what was found, what to do.
Subjects are plain ASCII, so that the mail can be read and sent as it is printed. ``{names}`` are filled in by
:mod:`segl_routing.postmaster.draft`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.language import Language
from segl_routing.proofs.defects import Repair


@dataclass(frozen=True, slots=True)
class Advice:
    """What was found, what to do, and the RFCs that say so."""

    found: str
    do: str
    rfcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PostmasterTexts:
    """One language's texts."""

    subject: str
    greeting: str
    why: str
    found_on: str
    do: str
    try_it: str
    after: str
    regards: str
    day_form: str
    advice: dict[Repair, Advice]


RFCS: Final[dict[Repair, tuple[int, ...]]] = {
    Repair.NO_STARTTLS: (3207,),
    Repair.OLD_TLS: (8996, 9325),
    Repair.SELF_SIGNED: (7817, 7672),
    Repair.EXPIRED: (5280,),
    Repair.WRONG_NAME: (7817,),
    Repair.UNTRUSTED: (7817,),
    Repair.REFUSED: (5321,),
    Repair.NO_ANSWER: (5321,),
    Repair.TLSA_MISMATCH: (7672,),
    Repair.DNS: (4035, 7672),
    Repair.STS_NOT_LISTED: (8461,),
    Repair.STS_BROKEN: (8461,),
    Repair.STS_TESTING: (8461,),
    Repair.DELIVERY: (3207,),
    Repair.STRONGER: (7672, 8461),
}


def _with_rfcs(texts: dict[Repair, tuple[str, str]]) -> dict[Repair, Advice]:
    return {repair: Advice(found, do, RFCS[repair]) for repair, (found, do) in texts.items()}


TEXTS: Final[dict[Language, PostmasterTexts]] = {
    "da": PostmasterTexts(
        subject="Mail til {domain} kan ikke sendes krypteret direkte til jeres server",
        greeting="Til postmaster for {domain}",
        why="{organisation} sender mail til modtagere hos jer. Nogle af vores mails skal krypteres hele vejen til "
        "jeres mailserver, og vores system sender dem kun direkte, når det er bevist, at det er jeres server, "
        "det taler med. Det er det ikke i dag. Derfor får modtagerne i stedet et link til en side, hvor de "
        "skal læse beskeden. Det vil vi gerne spare dem for.",
        found_on="Det fandt vi den {day}:",
        do="Det kan I gøre: {do} Se {links}.",
        try_it="I kan selv se efter med:",
        after="Der kan være flere servere med samme fejl; vi nævner den første, vi fandt. Når det er rettet, opdager "
        "vores system det selv inden for en time eller to. I behøver ikke svare, men I er velkomne.",
        regards="Venlig hilsen",
        day_form="{0.day}.{0.month}.{0.year}",
        advice=_with_rfcs(
            {
                Repair.NO_STARTTLS: (
                    "Mailserveren {host} tilbyder ikke STARTTLS.",
                    "Slå STARTTLS til på port 25 med et certifikat på serverens navn fra en kendt udsteder. Sidder "
                    "der en firewall foran, som kigger i SMTP, så se efter, om det er den, der fjerner STARTTLS.",
                ),
                Repair.OLD_TLS: (
                    "Mailserveren {host} kan ikke blive enig med os om TLS 1.2 eller nyere.",
                    "Slå TLS 1.2 og 1.3 til. Ældre udgaver regnes ikke længere for sikre.",
                ),
                Repair.SELF_SIGNED: (
                    "Mailserveren {host} har et certifikat, den selv har underskrevet.",
                    "Få et certifikat på navnet {host} fra en kendt udsteder; det findes gratis. Eller behold "
                    "certifikatet, og udgiv det med TLSA-poster i en zone med DNSSEC (DANE).",
                ),
                Repair.EXPIRED: (
                    "Mailserveren {host} har et certifikat, der er udløbet eller endnu ikke gælder.",
                    "Forny certifikatet, og genindlæs mailserveren, så den bruger det nye. Se også efter, at "
                    "serverens ur går rigtigt.",
                ),
                Repair.WRONG_NAME: (
                    "Mailserveren {host} har et certifikat, der er udstedt til et andet navn.",
                    "Få et certifikat, hvor {host} står blandt navnene (subjectAltName), eller ret MX-posten, så "
                    "den nævner det navn, der står i certifikatet.",
                ),
                Repair.UNTRUSTED: (
                    "Mailserveren {host} har et certifikat, som ikke fører tilbage til en kendt udsteder.",
                    "Få certifikatet fra en kendt udsteder. Er det allerede det, så mangler serveren nok at sende "
                    "mellemcertifikatet: sæt hele kæden ind, serverens eget certifikat først.",
                ),
                Repair.REFUSED: (
                    "Mailserveren {host} afviser vores server, før der er sendt noget.",
                    "Se efter i jeres log, hvorfor vores server afvises, og skriv til os, hvis det er os, der skal "
                    "ændre noget.",
                ),
                Repair.NO_ANSWER: (
                    "Mailserveren {host} svarer os ikke, eller bryder forbindelsen, før TLS er på plads.",
                    "Se efter, om serveren kører og kan nås på port 25. Er den taget ud af drift, så fjern den fra "
                    "MX-posterne.",
                ),
                Repair.TLSA_MISMATCH: (
                    "Mailserveren {host} viser et certifikat, som dens TLSA-poster i DNS ikke nævner.",
                    "Udgiv en TLSA-post for det certifikat, serveren bruger nu, og fjern den gamle. Ved næste "
                    "fornyelse skal den nye post ud, før certifikatet skiftes.",
                ),
                Repair.DNS: (
                    "Domænets DNS svarer ikke, eller svarene har DNSSEC-underskrifter, der ikke holder.",
                    "Se efter, om alle navneservere svarer, om underskrifterne er udløbet, og om DS-posten hos "
                    "registret passer til zonens nøgle.",
                ),
                Repair.STS_NOT_LISTED: (
                    "Ingen af mailserverne i MX-posterne for {domain} står i jeres MTA-STS-politik.",
                    "Ret politikken på https://mta-sts.{domain}/.well-known/mta-sts.txt, så den nævner de servere, "
                    "I bruger nu, og giv TXT-posten _mta-sts.{domain} et nyt id.",
                ),
                Repair.STS_BROKEN: (
                    "Jeres MTA-STS-politik kan ikke bruges.",
                    "Ret TXT-posten _mta-sts.{domain} og siden https://mta-sts.{domain}/.well-known/mta-sts.txt: "
                    "én post, gyldigt certifikat, ingen viderestilling (redirect), ren tekst.",
                ),
                Repair.STS_TESTING: (
                    "Jeres MTA-STS-politik står i »mode: testing« og kræver derfor ikke noget.",
                    "Når rapporterne ser rigtige ud, så skift til »mode: enforce«, og giv TXT-posten et nyt id.",
                ),
                Repair.DELIVERY: (
                    "Et tjek går godt, men da vores server ville aflevere mail, gik det galt. Den skrev: »{found}«",
                    "Se efter, om alle jeres mailservere, også bag en load balancer eller firewall, tilbyder "
                    "STARTTLS hver gang med et gyldigt certifikat, og om de så også tager imod.",
                ),
                Repair.STRONGER: (
                    "Jeres mailserver har et gyldigt certifikat, men DNS kan ikke bevise, at det er den rette server.",
                    "Udgiv TLSA-poster i en zone med DNSSEC (DANE), eller en MTA-STS-politik i »mode: enforce«.",
                ),
            }
        ),
    ),
    "en": PostmasterTexts(
        subject="Mail to {domain} cannot be sent encrypted directly to your server",
        greeting="To the postmaster of {domain}",
        why="{organisation} sends mail to people at your domain. Some of our mail must be encrypted all the way to "
        "your mail server, and our system sends it directly only when it is proven that it is your server it "
        "talks to. Today it is not. So the recipients get a link to a page instead, where they have to read the "
        "message. We would like to spare them that.",
        found_on="This is what we found on {day}:",
        do="What you can do: {do} See {links}.",
        try_it="You can look for yourself with:",
        after="More servers may have the same fault; we name the first that we found. Once it is repaired our system "
        "finds out by itself within an hour or two. You need not answer, but you are welcome to.",
        regards="Kind regards",
        day_form="{0:%Y-%m-%d}",
        advice=_with_rfcs(
            {
                Repair.NO_STARTTLS: (
                    "The mail server {host} does not offer STARTTLS.",
                    "Turn STARTTLS on at port 25, with a certificate in the server's name from a known authority. "
                    "If a firewall in front looks into SMTP, see whether it is what removes STARTTLS.",
                ),
                Repair.OLD_TLS: (
                    "The mail server {host} cannot agree with us on TLS 1.2 or newer.",
                    "Turn on TLS 1.2 and 1.3. Older versions no longer count as secure.",
                ),
                Repair.SELF_SIGNED: (
                    "The mail server {host} has a certificate that it signed itself.",
                    "Get a certificate in the name {host} from a known authority; they are to be had for free. Or "
                    "keep it, and publish it by TLSA records in a zone with DNSSEC (DANE).",
                ),
                Repair.EXPIRED: (
                    "The mail server {host} has a certificate that has expired or is not valid yet.",
                    "Renew it, and reload the mail server so that it uses the new one. See also that the server's "
                    "clock is right.",
                ),
                Repair.WRONG_NAME: (
                    "The mail server {host} has a certificate that was issued to another name.",
                    "Get a certificate with {host} among its names (subjectAltName), or let the MX record name the "
                    "host as the certificate does.",
                ),
                Repair.UNTRUSTED: (
                    "The mail server {host} has a certificate that does not lead back to a known authority.",
                    "Get one from a known authority. If it is, the server probably does not send the intermediate "
                    "certificate: install the whole chain, the server's own certificate first.",
                ),
                Repair.REFUSED: (
                    "The mail server {host} turns our server away before anything is sent.",
                    "See in your log why our server is turned away, and write to us if it is we who must change "
                    "something.",
                ),
                Repair.NO_ANSWER: (
                    "The mail server {host} does not answer us, or breaks off before TLS is in place.",
                    "See whether the server runs and can be reached at port 25. If it was taken out of use, take it "
                    "out of the MX records.",
                ),
                Repair.TLSA_MISMATCH: (
                    "The mail server {host} shows a certificate that its TLSA records in DNS do not name.",
                    "Publish a TLSA record for the certificate in use, and take the old one away. At the next "
                    "renewal the new record must be out before the certificate is changed.",
                ),
                Repair.DNS: (
                    "The domain's DNS does not answer, or answers with DNSSEC signatures that do not hold.",
                    "See whether all name servers answer, whether signatures have expired, and whether the DS "
                    "record at the registry fits the zone's key.",
                ),
                Repair.STS_NOT_LISTED: (
                    "None of the mail servers in the MX records of {domain} is in your MTA-STS policy.",
                    "Have the policy at https://mta-sts.{domain}/.well-known/mta-sts.txt name the servers you use "
                    "now, and give the TXT record _mta-sts.{domain} a new id.",
                ),
                Repair.STS_BROKEN: (
                    "Your MTA-STS policy cannot be used.",
                    "Repair the TXT record _mta-sts.{domain} and the page "
                    "https://mta-sts.{domain}/.well-known/mta-sts.txt: one record, a valid certificate, no "
                    "redirect, plain text.",
                ),
                Repair.STS_TESTING: (
                    "Your MTA-STS policy is in “mode: testing”, and so demands nothing.",
                    "When the reports look right, change it to “mode: enforce”, and give the TXT record a new id.",
                ),
                Repair.DELIVERY: (
                    "A check goes well, but when our server came to deliver mail it failed. It wrote: “{found}”",
                    "See whether all of your mail servers, those behind a load balancer or firewall too, offer "
                    "STARTTLS each time, with a valid certificate, and take the mail then.",
                ),
                Repair.STRONGER: (
                    "Your mail server has a valid certificate, but DNS cannot prove that it is the right server.",
                    "Publish TLSA records in a zone with DNSSEC (DANE), or an MTA-STS policy in “mode: enforce”.",
                ),
            }
        ),
    ),
}
