"""The words that tell what a number is, as data: five languages, grouped by what they say.

A word is looked up by its :func:`key`: lower case, ``ø`` as ``oe`` and so on, without hyphens and dots, so
that ``Cpr.-nr.``, ``CPRNR`` and ``cpr nr`` meet. The nouns below are heads of compounds: since Danish,
Norwegian, Swedish and German put the head last, ``maaler`` also knows ``vandmåleren`` and ``bimålere``.
What ends in *nummer*, *nr*, *id* or *kode* is some other number unless its first part is a person's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# Says that the number is a personal number.
CPR = """
cpr cprnr cprnummer cprnummeret cprnumre cprnummere cprno cprnumber cprnum cprid cprn cprnrs cprs
cprnumrene cprregister cprregistret cprregisteret cpropslag personnr personnummer personnummeret
personnumre personnumrene personnumret persnr persnummer personid personalnumber personalno personalid
personalidnumber personidentifikation personregister personregistret folkeregister folkeregistret
folkeregisteret folkeregisternummer civilregistrationnumber civilregnr fødselsnummer fødselsnummeret
fødselsnr födelsenummer identitetsnummer identitetsnr idnummer personnummern personennummer
personenkennzahl personenkennziffer sygesikringsnummer sygesikringsnr sygesikringsbevis sygesikringskort
sygesikringsbeviset sygesikringskortet sundhedskort sundhedskortet sundhedskortnummer patientnr
patientnummer patientid borgernr borgerid borgernummer ssn socialsecuritynumber skattenummer skatteid
"""

# "danske nummer", "civil registration no.": two words that say it together.
CPR_PAIRS = {
    "dansk": ("nummer", "nr", "id", "idnummer", "personnummer"),
    "danske": ("nummer", "nr", "id", "idnummer", "nummeret"),
    "danskt": ("nummer", "nr", "id"),
    "danska": ("nummer", "nr", "numret"),
    "danish": ("number", "no", "id", "nr"),
    "dänische": ("nummer", "nr", "id"),
    "registration": ("number", "no", "nr"),
    "reg": ("number",),
    "personal": ("number", "no", "id", "nr"),
    "person": ("number", "no", "id", "nr", "nummer"),
    "civil": ("registration", "reg"),
    "security": ("number", "no"),
    "id": ("number", "nummer"),
    "identity": ("number", "no"),
    "identification": ("number", "no"),
    "cpr": ("nr", "no", "nummer", "number", "num"),
}

# Says that the number is a replacement number, given to somebody who has none.
REPLACEMENT = """
erstatningscpr erstatningscprnr erstatningscprnummer erstatningspersonnummer erstatningspersonnr
erstatningsnummer erstatningsnummeret erstatningsnr ecpr ecprnr ecprnummer
"""
REPLACEMENT_BEFORE_CPR = (
    "erstatnings fiktivt fiktive midlertidigt midlertidige administrativt temporary replacement"
)

# Says that a birthday is meant, or that the number is somebody's own.
BIRTH = """
født fødte fødselsdag fødselsdagen fødselsdato fødselsdatoen fødselsdata fødselsår f fød fodt foedt född
födelsedatum född födelsedag geboren geb geburtsdatum geburtstag birth birthday dob born fødd
"""
OWN = """
mit min hans hendes dit din sit deres my his her your mitt sitt ditt hennes meine sein seine ihre barnets
"""

# Somebody whom a number may belong to.
PERSON = """
patient patienten borger borgeren klient klienten barn barnet børn datter datteren søn sønnen mor
moderen far faderen forælder forældre ægtefælle ægtefællen kone konen mand manden kæreste samlever
samleveren bror søster lillebror storebror lillesøster storesøster søskende barnebarn bedstefar
bedstemor farfar farmor morfar mormor onkel tante fætter kusine svigermor svigerfar svigersøn nevø niece
tvilling enke enkemand pårørende værge medlem medlemmet medarbejder medarbejderen ansat ansatte kollega
vikar vikaren elev eleven lærling lærlingen studerende kursist ansøger ansøgeren køber køberen sælger
sælgeren ejer ejeren lejer lejeren beboer beboeren kunde kunden bruger brugeren debitor skyldner
skadelidte skadevolder tiltalte sigtede dømte vidne afdøde afdød arving testator forsikringstager
forsikringstageren sikrede låntager kontohaver fuldmagtshaver fuldmagtsgiver underskriver chauffør
chaufføren pige pigen dreng drengen kvinde kvinden person personen herre fru frk hr navn name namn
navnet han hun ham hende dig mig jeg du vi de dem hver hedder enkelte she he him they me you son
daughter mother father wife husband child children tenant owner employee member applicant customer
client pupil student citizen holder tochter sohn mutter vater frau herr mann kind mieter mitglied dotter
barnet mamma pappa maka make leietaker leietakeren ansatt vedr vedrørende ang angående
"""

# Whatever they touch, they say nothing: the walk goes on behind them.
NUMBER = "nr nummer nummeret numre numret no num nro number numbers num nos # id ident nummern"
COPULA = (
    "er is are was var är ist lautet lyder hedder har har får fik bærer bliver blev blir heter være being"
)
FILLER = """
skriv skrive skrev slet slette søg søge søger slå find finde finder fandt indtast taste tast brug bruge
bruger opgav opgiver opgive opgivet oplyser oplyste oplyse sagde siger skrevet noter noterer husk send
sende sender sendte fået få enter write wrote use type give gave given call called kalder kaldes kaldt
findes fundet set se ser siden efter while haster begge samt men hvor både ret rettet rettes korrekt
rigtige korrekte rigtig altså forkert correct og som nu her den det de the a en et ein eine das die der
dette denne also now so fx feks eks eksempelvis ex eg tex zb under as dvs cifre cifret digits siffror
siffer stellen ziffern cifrede kun blot bare just only and or eller und oder sidste ligger står noteret
oplyst registreret oprettet mærket angivet hos os jer dem jo dog igen også already namely nemlig jeres
vores vor our your dit din mit min sit sin ert vårt unser unsere ihr ihre mitt deres hans hendes fulde
full nye new ny nyt gamle at så da når hvis fordi that if dass wenn att
"""
PREPOSITION = """
til fra for om på af ved med mod tilhørende i to from of on by with regarding re für von an zu vom zum bei
till från av åt vedr vedrørende ang angående ad
"""

# Some other thing with a number of its own, by what it is. Nouns of five letters and more bend and are heads
# of compounds, unless they begin with "=": a word of another build, or the end of a name ("Christ-offer").
OTHER = {
    "an order": """
        ordre ordren =order bestilling bestillingen arbetsorder ordrebekræftelse bekræftelse bekräftelse
        confirmation =booking reservation reservationen rekvisition rekv rekvirent indkøbsordre
        =purchase po auftrag bestellung auftragsbestätigung bestätigung beställning bokning workorder
        arbejdskort jobkort følgeseddel følgesedlen fragtbrev lieferschein lieferavis packing tilbud
        tilbuddet =offer =quote quotation angebot offert udbud udbuddet anbud =tender kontrakt
        kontrakten =contract vertrag aftale aftalen abonnement abonnementet subscription licens licensen
        =licence =license
    """,
    "an invoice": """
        faktura fakturaen invoice inv fak rechnung regning regningen bilag bilaget kreditnota
        kreditnotaen kvittering kvitteringen =receipt kvitto giro fi ocr betalingsid indbetalingskort
        opkrævning moms creditnote
    """,
    "a meter": """
        måler måleren vandmåler elmåler varmemåler gasmåler =meter zähler mätare tæller tælleren
        installation installationen målepunkt målepunktet aftagenr =brønd målerbrønd stikledning ledning
        gateway gatewayen logger føler =sensor =device unit enhed enheden anlæg anlægget aggregat
        station stationen pumpe pumpen ventil ventilen boring
    """,
    "a bank account": """
        konto kontoen account acct iban bic swift bban reg regkonto =depot depotet kontering bankgiro
        plusgiro kontot
    """,
    "a production unit": "pnr pnummer pno produktionsenhed produktionsenheden pnummeret pnumre",
    "a company": "cvr senr vat ean gln gtin virksomhed orgnr leverandør",
    "a phone number": """
        tlf telefon telefonen mobil mobilen tel =phone =mobile cell fax telefax handy hotline lokalnr
        sms ring ringe opkald satellittelefon vagttlf mob nødtelefon
    """,
    "a case": """
        sag sagen =sager jnr case casefile =ticket ticketen aktenzeichen az ärende ärendet akt akten
        police policen =policy =claim dossier diarienr dnr incident fejlmelding feilmelding forespørgsel
        forespørgslen tilladelse tilladelsen dispensation dok dokument dokumentet document dokid
        matrikel matrnr matr bfe esr ejendom rfq rfc job jobid reference referencen referens referanse
        referenz projekt project prosjekt servitut easement rapport rapporten =report =sample =probe
        analyserapport prøvested kalibrierschein certifikat certificate tegning tegningen =drawing
        revision rev garanti rma retur returnering
    """,
    "a shipment": """
        pakke pakken =parcel =package =track tracking =trace forsendelse forsendelsen sending sendingen
        sändning sändningen shipment consignment waybill awb kolli kolliet =container containeren pallen
        =pallet palette paket fragt freight pakkelabel vejeseddel gods
    """,
    "a product": """
        vare varen artikel artiklen =article item sku =model type typen batch batchen lot charge parti
        partiet serie serien =serial sn pn stel chassis imei mac isbn issn udgave =version build
        firmware fw vers reservedel part =filter nøgle nøglen key code kode koden pin plombe plomben
        forsegling forseglingen inventar aktiv rfid =kortet billet billetten biljett kupon voucher
        gavekort lodseddel produkt =product
    """,
    "a computer's mark": """
        tidsstempel timestamp dato date datum tid tidspunkt log crc txid txn transaction transaktion
        corrid session sessionid uuid guid hash jobid msgid messageid checksum img image foto scan scn
        dsc dscn screenshot vid mvi møde mødet meeting =server
    """,
    "an amount": "kr dkk sek nok eur usd euro kroner kronor stk kwh mwh m3",
}
# A thing that concerns a person more often than it has a number: "henvisning 010190-1234". Weighs less.
MATTER = """
levering leverance delivery betaling payment indbetaling rykker køb salg henvisning anmeldelse ansøgning
anmodning analyse prøvesvar vejledning varsel alarm =change issue skade kort beløb pris kredit =credit
=support service reklamation klage mødeindkaldelse varsling angivelse lejemål medlemskab forsikring
udskrift journal journalen prøve prøven ref """
# Words of these lists that are names of people too: "Bo Ring", "Saga Brønd".
ALSO_NAMES = "ring brønd kort job case key code mac serie vid"
# "Customer no.", "kunde nr.": the number of a person, but one that a firm has given.
NUMBERED = """
customer client member employee student user supplier kunde medlem medarbejder bruger elev leverandør
debitor kreditor lejer lejemål mitglied kunden
"""

# The first part of a compound that makes its "nummer" a person's.
_PERSONAL_FIRST = (
    "cpr",
    "person",
    "persnr",
    "foedsels",
    "sygesikring",
    "sundhedskort",
    "borger",
    "patient",
    "ident",
)
_NUMBER_LAST = (
    "nummer",
    "nummeret",
    "numret",
    "numre",
    "nummern",
    "nr",
    "number",
    "numbers",
    "kode",
    "nyckel",
    "id",
)
_NOT_NUMBERS = frozenset(
    ("david", "sigrid", "astrid", "ingrid", "jonrid", "sunrid", "altid", "samtid", "fritid")
)
_ENDINGS = (
    "",
    "s",
    "n",
    "en",
    "et",
    "t",
    "r",
    "er",
    "e",
    "ne",
    "erne",
    "ene",
    "ens",
    "ets",
    "ernes",
    "a",
    "an",
    "ar",
)
_SHORTEST_HEAD = 5  # a shorter noun is known by itself only: "sag-a" and "tag-e" are names
_LETTERS: dict[int, str | None] = {ord(c): None for c in "-.'’_/ \u00ad\u2010\u2011"}
_LETTERS |= {
    ord(a): b
    for a, b in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("é", "e"))
}


class Kind(Enum):
    """What a word says about the number beside it."""

    CPR = "cpr"
    REPLACEMENT = "replacement"
    BIRTH = "birth"
    PERSON = "person"
    OTHER = "other"
    MATTER = "matter"
    NUMBER = "number"
    COPULA = "copula"
    FILLER = "filler"
    PREPOSITION = "preposition"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Word:
    """``other`` says what else the number is; ``numbers`` that the word names a number ("ordrenr"), not a
    thing that has one ("ordre")."""

    kind: Kind
    other: str = ""
    numbers: bool = False


UNKNOWN = Word(Kind.UNKNOWN)
SOME_ID = Word(Kind.OTHER, "an id of some kind", numbers=True)
CUSTOMER_NUMBER = Word(Kind.OTHER, "a number of a customer or member", numbers=True)


def key(word: str) -> str:
    """The form in which a word is looked up."""
    return word.casefold().translate(_LETTERS)


_HEADS: dict[str, Word] = {}


def _table() -> dict[str, Word]:
    table: dict[str, Word] = {}
    groups = [(Kind.OTHER, what, nouns) for what, nouns in OTHER.items()]
    groups.insert(0, (Kind.MATTER, "a matter with a number of its own", MATTER))
    for kind, what, group in groups:
        for noun in group.split():
            head = noun[0] != "=" and len(key(noun)) >= _SHORTEST_HEAD
            for ending in _ENDINGS if head else ("", "s"):
                bent = key(noun.lstrip("=")) + ending
                word = Word(kind, what, numbers=bent.endswith(_NUMBER_LAST[:7]))
                table.setdefault(bent, word)
                if head:
                    _HEADS.setdefault(bent, word)
    small = (
        (Kind.FILLER, FILLER),
        (Kind.PREPOSITION, PREPOSITION),
        (Kind.PERSON, PERSON),
        (Kind.COPULA, COPULA),
        (Kind.NUMBER, NUMBER),
        (Kind.BIRTH, BIRTH),
        (Kind.CPR, CPR),
        (Kind.REPLACEMENT, REPLACEMENT),
    )
    for kind, words in small:  # a later group outranks an earlier one
        table.update({key(word): Word(kind) for word in words.split()})
    return table


_TABLE = _table()
_ALSO_NAMES = frozenset(map(key, ALSO_NAMES.split()))
_NUMBERED = frozenset(map(key, NUMBERED.split()))
_OWN = frozenset(map(key, OWN.split()))
_PAIRS = {key(first): frozenset(map(key, seconds)) for first, seconds in CPR_PAIRS.items()}
_REPLACEMENT_BEFORE = frozenset(map(key, REPLACEMENT_BEFORE_CPR.split()))


def look_up(word: str) -> Word:
    """What *word* (as :func:`key` makes it) says."""
    found = _TABLE.get(word)
    if found is not None:
        return found
    if word.startswith("cpr"):
        return Word(Kind.CPR)
    for last in _NUMBER_LAST:
        if word.endswith(last) and len(word) > len(last) and word not in _NOT_NUMBERS:
            first = word[: -len(last)]
            if first.startswith(_PERSONAL_FIRST) or first.endswith("cpr"):
                return Word(Kind.CPR)
            if last != "id" or first in _HEADS or _TABLE.get(first, UNKNOWN).kind is Kind.OTHER:
                return Word(Kind.OTHER, _other(first), numbers=True)
    for cut in range(1, len(word) - _SHORTEST_HEAD + 1):
        found = _HEADS.get(word[cut:])
        if found is not None:
            return found
    return UNKNOWN


def _other(first: str) -> str:
    """What a number is whose name begins with *first*: "ordre", "kunde"."""
    for bare in (first, first.removesuffix("s")):
        found = _TABLE.get(bare)
        if found is not None and found.other:
            return found.other
    return "a number of another kind"


def pair(first: str, second: str) -> bool:
    """Whether two words, each a :func:`key`, together name the personal number: "dansk nummer"."""
    return second in _PAIRS.get(first, ())


def own(word: str) -> bool:
    """Whether the word makes a plain "nummer" somebody's: "mit nummer", "hendes nr."."""
    return word in _OWN


def also_name(word: str) -> bool:
    """Whether the word is somebody's name too."""
    return word in _ALSO_NAMES


def numbered(word: str) -> bool:
    """Whether the word makes a plain "nr." the number of a customer or a member."""
    return word in _NUMBERED


def replaces(word: str) -> bool:
    """Whether the word before "cpr" makes it a replacement number: "fiktivt cpr"."""
    return word in _REPLACEMENT_BEFORE
