"""The record of processing activities (GDPR article 30), as far as Segl is concerned, written from the settings.

In Danish, because it is shown to the Danish authority and read by Danish boards. What only the organisation knows,
its legal basis, its contact, its processors, is left open; everything else is what the settings make Segl do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl.settings.receipts import Receipts
from segl.vocabulary import Mode, Way

OPEN = "____________"
_WAYS = {
    Way.TUNNEL: "krypteret til modtagerdomænets certifikat (tunnel)",
    Way.CERTIFICATE: "krypteret til modtagerens eget certifikat",
    Way.TLS: "tvungen TLS til en mailserver, der beviser, hvem den er",
    Way.PORTAL: "forseglet hos os, hentes med link og engangskode",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """One kind of data that is kept: what it is, why, and until when."""

    what: str
    why: str
    until: str


def kept(settings: Settings) -> Iterator[Retention]:
    """Everything that Segl writes down, with the time after which it is deleted."""
    yield from _queued(settings)
    if not settings.portal.relay.next_hop or settings.portal.relay.domains:
        yield from _sealed(settings)
    if settings.decisions.keep_days:
        yield Retention(
            "Om hver undersøgt mail: afsenderens domæne, tidspunkt, længder, hvilke regler der slog til, og tal fra "
            "modellen; ingen tekst, ingen adresser. Hvad afsenderen har svaret på, om afgørelsen var rigtig",
            "at rette reglerne, så færre mails vurderes forkert, og at kunne bevise afgørelserne",
            f"{settings.decisions.keep_days} dage",
        )
    yield from _of_sent(settings)
    yield Retention(
        "Hvad der er fundet ud af om domæner, certifikater for personer (adresse og certifikat), og hvilke "
        "certifikater der er spærret (fingeraftryk)",
        "at vælge den sikre vej",
        "til de udløber eller slettes med `segl certificate forget`",
    )
    yield Retention(
        "Revisionsspor: hvem gjorde hvad ved forseglede og tilbageholdte beskeder, hvem der har ændret indstillinger "
        "eller svaret på afgørelser, uden indhold",
        "at kunne bevise, hvad der er sket",
        "slettes ikke af Segl: kæden ville brydes",
    )
    yield Retention(
        "Driftslog: adresser, kø-id, afgørelse og grund, uden indhold og uden CPR-numre",
        "fejlfinding og sikkerhed",
        f"som i maskinens journal: {OPEN}",
    )


def _sealed(settings: Settings) -> Iterator[Retention]:
    """What the portal needs."""
    portal, receipts = settings.portal, settings.receipts
    yield Retention(
        "Forseglede beskeder: hele indholdet, krypteret; modtagerens del af nøglen findes kun i dennes link",
        "at modtageren kan hente beskeden",
        f"{portal.expiry_days} dage efter afsendelsen slettes vores del af nøglen, og filen fjernes"
        + _looks_differ(settings),
    )
    yield Retention(
        "Om hver forseglet besked: afsender, modtager, størrelse, tidspunkter, eventuelt mobilnummer til kode",
        "at styre adgangen og fortælle afsenderen, om beskeden er åbnet",
        f"{receipts.retention_days} dage efter, at beskeden ikke kan læses mere",
    )
    yield Retention(
        "Besøg på den sikre side: et hash af browserens kode, forsøg og tidspunkter; netadresser kun som hash",
        "at ingen kan gætte en engangskode",
        "et døgn efter besøget",
    )
    if portal.answers.on:
        yield Retention(
            "Svar skrevet på den sikre side, krypteret",
            "at vise samtalen for modtageren",
            "med beskeden selv",
        )


def _of_sent(settings: Settings) -> Iterator[Retention]:
    """What receipts are made from."""
    receipts = settings.receipts
    told = receipts.send is not Receipts.NONE or any(rule.send for rule in settings.receipt)
    yield Retention(
        "Om hver sikkert sendt besked: afsender, modtagere, Message-ID, grund, vej, tidspunkt og resultat",
        "kvittering til afsenderen, opslag og statistik" if told else "opslag og statistik",
        f"{receipts.retention_days} dage",
    )
    daily = {
        receipts.send,
        *(one.send for one in settings.receipt),
        *(one.receipts for one in settings.policy),
    }
    if Receipts.DAILY in daily:
        yield Retention(
            "Om afsendere, hvis postkasse ikke tog imod en daglig samling af kvitteringer: adresse, antal, tidspunkt",
            "ikke at blive ved at sende til en postkasse, der ikke tager imod",
            "når en samling er modtaget, ellers efter 30 dage",
        )


def _queued(settings: Settings) -> Iterator[Retention]:
    """What lies on disk as it was written: Postfix encrypts nothing there."""
    hours = settings.hold.remind_hours
    reminded = f"; den, der afgør det, bliver mindet om det hver {hours}. time" if hours else ""
    yield Retention(
        "Mail på vej: hele indholdet, ukrypteret på serverens disk, i Postfix' køer, til den er afleveret",
        "at ingen mail går tabt, når modtagerens server eller en del af Segl er nede",
        f"når den er afleveret; ellers når Postfix giver op (maximal_queue_lifetime, hos os {OPEN} dage)",
    )
    yield Retention(
        "Tilbageholdte beskeder: hele indholdet, ukrypteret på serverens disk, i Postfix' kø; kan være oplysninger om "
        "strafbare forhold",
        "at den, der er udpeget, kan afgøre, om beskeden må sendes",
        f"når den er frigivet eller afvist; der er ingen frist{reminded}",
    )
    yield Retention(
        f"Sikkerhedskopier af serveren: det, der står i denne tabel, og de nøgler, som åbner det; opbevares {OPEN}",
        "at kunne komme i gang igen efter et nedbrud",
        f"efter {OPEN}; det, der er slettet siden, findes så længe i kopien",
    )


def _looks_differ(settings: Settings) -> str:
    own = [look for look in settings.portal.look if look.expiry_days]
    told = "; ".join(f"{', '.join(look.domains)}: {look.expiry_days} dage" for look in own)
    return f" ({told})" if told else ""


def recipients(settings: Settings) -> Iterator[str]:
    """Who gets personal data through Segl, besides the recipients of the mail themselves."""
    portal = settings.portal
    if portal.sms.url:
        yield f"Sms-udbyderen ({_host(portal.sms.url)}): mobilnummer og engangskode. Databehandler."
    if portal.relay.next_hop:
        yield f"Krypteringstjenesten {portal.relay.next_hop}: beskeder, der ellers ville være forseglet. Databehandler."
    for rule in settings.receipt:
        if rule.journal and not settings.is_of_house(rule.journal, rule.domain):
            what = "afsender, modtagere, vej, tidspunkt og resultat af sikkert sendte beskeder, uden grunden"
            yield f"Journalen {rule.journal} (kopier af kvitteringer til {rule.domain}): {what}."
    if portal.answers.clamd:
        yield "Virusskanneren på egen maskine eller eget net: svar skrevet på den sikre side."
    if settings.certificates.directory:
        yield "Kataloger over certifikater (LDAP): modtagerens adresse som opslag."
    yield "Navneservere: modtagerens domæne som opslag."


def record(settings: Settings, owner: Owner | None = None) -> str:
    """The record of *owner* (none: who runs the installation) as Markdown."""
    house, detection = owner or settings.owners.first, settings.detection
    lines = [
        f"# Fortegnelse over behandlingsaktiviteter: sikker forsendelse af mail i {house.name}",
        "",
        "Efter databeskyttelsesforordningens artikel 30. Skrevet ud fra Segls indstillinger med `segl audit record`;",
        f"det, som kun organisationen ved, står som {OPEN}.",
        "",
        "| | |",
        "| --- | --- |",
        f"| Dataansvarlig | {_cell(house.name)}, {OPEN} |",
        f"| Domæner | {', '.join(house.domains)} |",
        f"| Kontakt, databeskyttelsesrådgiver | {_cell(house.named_officer) or OPEN} |",
        "| Formål | at mail med CPR-numre, fortrolige og følsomme oplysninger kun sendes krypteret (artikel 32) |",
        f"| Retsgrundlag | {OPEN} |",
        "| De registrerede | afsendere og modtagere af mail, og personer, der er omtalt i mail |",
        "| Oplysninger | mailens indhold og vedhæftede filer, mens den undersøges (i hukommelsen), og mens den er "
        "på vej eller holdt tilbage (i Postfix' køer på disk); "
        "alle kategorier, også følsomme (artikel 9), CPR-numre og strafbare forhold (artikel 10) kan forekomme |",
        f"| Behandling | {_mode(detection.mode)} |",
        f"| Veje, den mindst besværlige først | {'; '.join(_WAYS[way] for way in settings.routing.order)} |",
        "| Overførsel til tredjelande | ingen ved Segl selv; modtagerne vælges af afsenderen |",
        "",
        "## Modtagere af oplysninger ud over mailens egne modtagere",
        "",
        *(f"* {line}" for line in recipients(settings)),
        "",
        "## Hvad der gemmes, hvorfor, og hvornår det slettes",
        "",
        "| hvad | formål | slettes |",
        "| --- | --- | --- |",
        *(f"| {_cell(one.what)} | {_cell(one.why)} | {_cell(one.until)} |" for one in kept(settings)),
        "",
        "## Sikkerhed (artikel 32)",
        "",
        "* Kan det ikke afgøres, om en mail er følsom, sendes den sikkert; kan den ikke sendes sikkert, venter den.",
        "* Indhold står ikke i log, målinger, kvitteringer eller midlertidige filer; CPR-numre vises kun maskeret.",
        "* Hver proces har sin egen bruger og når kun det, den skal bruge.",
        f"* Postfix' køer er ikke krypteret af Segl; om serverens disk er det: {OPEN}. Kun root og Postfix læser dem.",
        "* Forseglede beskeder kan hverken åbnes med serverens disk alene eller med linket alene.",
        *_people(house),
        "",
    ]
    return "\n".join(lines)


def _people(house: Owner) -> Iterator[str]:
    persons = "to personer" if house.persons == 2 else "en person"
    yield f"* Tilbageholdte beskeder frigives af {persons}; hvem, står i revisionssporet."


def _mode(mode: Mode) -> str:
    match mode:
        case Mode.ALWAYS:
            return "al mail ud af huset sendes sikkert, uanset indhold"
        case Mode.SHADOW:
            return "mail undersøges, men intet ændres endnu (prøvedrift)"
        case _:
            return "mail undersøges automatisk, og den, der indeholder beskyttede oplysninger, sendes sikkert"


def _host(url: str) -> str:
    return url.split("/")[2] if url.count("/") >= 2 else url


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
