"""Standing text: the disclaimers and footers that hang below every mail of an organisation.

Such a block says "confidential" or "personal data" under mails about cake, so the model does not read its set
phrases. Nothing but those is left out: what else stands in the sentence is read, be it "because Karen is ill". And only
for the model: the detector for personal numbers and the word rules read everything. Where a paragraph ends is not
asked, for in HTML and in files a whole letter may be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

# Two of these in one sentence, or in sentences one after the other, make a disclaimer; one is something anybody may
# write. In this order: what is sent, that it is secret, whom it is for, that it went astray, what to do then; personal
# data; viruses and paper; mail from outside. Set phrases all of them: what tells of a person's matter in one word is
# none.
_SIGNS = re.compile(
    r"""denne\ (?:e-?mail|mail|besked|meddelelse|melding(?:en|a))|denne\ e-posten
      |detta\ (?:e-postmeddelande|mejl|meddelande)|diese[rs]?\ (?:e-?mail|nachricht)
      |this\ (?:e-?mail|message|communication)

      |fortrolig\w*|confidential|vertraulich\w*|konfiden[ts]i\w+|taushetsbela\w+|sekretessbela\w+
      |(?:omfattet\ af|underlagt|omfattas\ av)\ (?:(?:advokat|læge)\w*\ |lovbestemt\ )?
       (?:tavshedspligt|taushetsplikt|tystnadsplikt|sekretess)\b
      |(?:anwalt|ärzt)lich\w*\ schweigepflicht|attorney-client\ privilege|legally\ privileged

      |(?:rette|tilsigtede)\ (?:modtager|adressat)|(?:rett|tiltenkt)e?\ mottak\w+|(?:avsedd[ae]?|rätt)\ mottagar\w*
      |(?:recht|richtig|vorgesehen|beabsichtigt)e[nr]?\ (?:empf|adress)\w+|intended\ (?:recipient|only)

      |modtaget\ (?:den|mailen|denne|e-?mailen)?\ ?(?:mail\ )?ved\ en\ fejl|ved\ ei?n\ feil(?:tak\w+)?|av\ misstag
      |irrtümlich|received\ (?:it\ |this\ )?.{0,20}in\ error

      |slet(?:te)?\ (?:venligst\ )?(?:mailen|e-?mailen|den|beskeden)|slett(?:er?|ar)?\ (?:e-posten|melding(?:en|a))
      |radera|löschen|delete\ (?:it|this|the\ message)

      |behandle[rn]?\ (?:vi\ )?(?:dine\ )?personoplysninger|privatlivspolitik\w*|databeskyttelse\w*
      |persondatapolitik\w*|(?:vores\ )?behandling\ af\ (?:dine\ )?personoplysninger|ret\ til\ (?:at\ få\ )?indsigt
      |(?:rettet|berigtiget)\ (?:eller|og)\ slettet|klage\ til\ datatilsynet|de\ oplysninger,?\ vi\ har\ om\ dig
      |behandl[ae]r\ (?:vi\ )?(?:dine\ )?personopplysning\w+|personvernerklæring\w*
      |behandlar\ (?:vi\ )?(?:dina\ )?personuppgifter|integritetspolicy\w*|dataskyddsförordning\w*
      |personenbezogenen?\ daten|datenschutzerklärung\w*|privacy\ (?:policy|notice)|your\ personal\ data
      |afmeld\w*|abmelden|unsubscribe

      |(?:for|mod|mot|of|against|auf)\ vir(?:us|uses|en|a)\b|any\ virus\b|virus-free|antivirus\w*
      |(?:and\ )?dangerous\ content|believed\ to\ be\ clean
      |t(?:ænk|enk|änk)\ på\ (?:miljøet|miljön)|før\ du\ (?:printer|skriver\ ut)|innan\ du\ skriver\ ut
      |consider\ the\ environment|before\ printing

      |(?:ekstern|external|extern(?:es?|t)?)\ (?:e-?mail|mail|e-post|message|meddelande|sender|a[fvb]sender)\b
      |\b(?:uden\ for|outside(?:\ of)?|utenfor|utanför|außerhalb)\ (?:the\ |your\ |vores\ |der\ )?
       organi[sz]a[st][ij]on\w*
      |klikk?\ ikke\ på\ (?:links?|lenker)|klicka\ inte\ på\ länkar|do\ not\ click\ (?:on\ )?(?:any\ )?links
      |klicken\ sie\ nicht\ auf\ links|(?:gen)?kender\ afsenderen|(?:recogni[sz]e|know)\ the\ sender
      |kjenner\ avsenderen|känner\ (?:igen\ )?avsändaren|kennen\ den\ absender|content\ is\ safe
      |indholdet\ er\ sikkert""",
    re.IGNORECASE | re.VERBOSE,
)
# The same of the guidance on complaints below each decision of an authority. A sentence that says more keeps them.
_GUIDES = re.compile(
    r"""(?:så\ )?kan\ (?:du|i)\ klage|(?:du|i)\ kan\ klage|ønsker\ (?:du|i)\ at\ klage|klagen\ (?:skal|sendes|stiles)
      |klage(?:frist|vejledning|adgang)\w*|ankestyrelsen\w*|(?:\w+klage)?nævnet\b|nævnenes\ hus|klageportal\w*
      |(?:senest|inden\ for|inden|frist\w*\ er)\ (?:4|fire|otte|8)\ uger|ret\ til\ aktindsigt|sagens\ akter
      |være\ modtaget|har\ (?:modtaget|fået)\ (?:dette\ |denne\ )?(?:brev|afgørelse)\w*
      |(?:retssikkerheds|forvaltnings)lov\w*\ §+\ ?\d+""",
    re.IGNORECASE | re.VERBOSE,
)
# A sign has at least one of these in it. Looked for all at once, they spare most paragraphs the signs themselves.
_HINTS = AhoCorasick(
    [
        *("denne e", "denne mail", "denne besked", "denne meld", "denne meddelelse"),
        *(
            "detta e",
            "detta mejl",
            "detta meddelande",
            "diese",
            "this e",
            "this message",
            "this communication",
        ),
        *(
            "fortrolig",
            "confidential",
            "vertraulich",
            "konfiden",
            "taushet",
            "sekretess",
            "tystnad",
            "tavshed",
        ),
        *("schweigepflicht", "attorney", "legally "),
        *(
            " modtager",
            " mottak",
            " mottagar",
            " adressat",
            "e empf",
            "en empf",
            "er empf",
            "intended ",
            "avsedd",
        ),
        *("ved en f", "ved ein f", "av misstag", "irrtümlich", " in error"),
        *("slet ", "slett", "radera", "löschen", "delete "),
        *("personop", "privatlivspolitik", "databeskyttelse", "persondatapolitik", "indsigt", " slettet"),
        *("datatilsynet", "vi har om dig", "personvern", "personuppgifter", "integritetspolicy", "dataskydd"),
        *("personenbezogen", "datenschutz", "privacy ", "personal data", "afmeld", "abmelden", "unsubscribe"),
        *(
            "for vir",
            "mod vir",
            "mot vir",
            "of vir",
            "auf vir",
            "against vir",
            "any vir",
            "virus-free",
            "antivir",
        ),
        *("dangerous cont", "to be clean"),
        *("på miljø", "på miljö", "før du ", "innan du ", "the environment", "before printing"),
        *(
            "kan du klage",
            "du kan klage",
            "kan i klage",
            "i kan klage",
            "klagen ",
            "klagefrist",
            "klagevejledning",
        ),
        *("ekstern ", "external ", "extern", "uden for ", "outside ", "utenfor ", "utanför ", "außerhalb "),
        *("klik ikke", "klikk ikke", "klicka inte", "not click", "klicken sie", "kender afs", "e the sender"),
        *(
            "w the sender",
            "kjenner avs",
            "känner avs",
            "känner igen",
            "kennen den ab",
            "is safe",
            "er sikkert",
        ),
        *("ankestyrelsen", "nævnet", "nævnenes hus", "klageportal", " uger", "aktindsigt", "sagens akter"),
        *("retssikkerhedslov", "forvaltningslov"),
    ],
    matchkind=MatchKind.Standard,
)

# What stands between the signs in every such block, and tells nothing about anybody: a sentence of which only these
# are left is not read.
_BETWEEN = frozenset(
    """a absender accepts addressed addressee adressaten af afsender afsenderen alene alle and anden angivna anhänge
    anvende any are art at att attachment attachments attorney ausschließlich av avast avg avsedd avsedda
    avsendaren avsender avsenderen avsett avsändare avsändaren be bedes been ber beregnet bes besked beskjed
    bestimmt bezeichneten bifogade bilag bilagor bitte blevet brug bruge bruk by caused check company contain
    contained contains contents copies copy copying da damage das de deg delete den denne der dere deres dersom
    des det dette die diese dieser dig din dine disclosure distribution du e efter ein eine eller email en
    endast enhver enthält entity er erhalten error et eventuella eventuelle falls feil fejl fil filer files
    finden for forbudt fra from från får fått för förstöra geprüft geschützte gi giv give haben har has have her
    herunder hjemmeside how hvis hvordan i if ihnen ihrer ikke ikkje immediately in include indeholde indeholder
    indhold indholdet individual informasjon information informationen informationer informere informieren
    inhalt innehalde inneholde inneholder innehålla innehåller innholdet inte integritet intended is ist it its
    kan kindly kontakt kontakta kontrolleret kopi kopier kopiere korleis kun legally les liability läs læs læse
    mail mailen mailscanner man may med meddela meddelandet ment mer mere message mit mod modtager modtageren
    mottagaren mottakeren mottatt må nachricht nicht no nogen not notify nur nyhedsbrev nyhedsbrevet och oder of
    og om omfattet omgående on only op oplysninger opmærksom opplysninger or os oss our permanently please
    posten presence privileged process prohibited protected på read received rechtlich recipient reliance samt
    scanned se sein sender should sie sind skal slet so sofort software solely sollten som straks strictly så
    that the them then there this til till tilladt tiltenkt tiltænkt to transmitted ud umgehend unauthorised
    unauthorized und underrette uns unsere unserer unterliegen unterliegt us use varsle varsler ved vedhæftede
    vedlegg venligst vennligst verarbeitung vernichten vi videregive videregivelse vil vore vores vänligen
    värnar vår vårt vær være we wenn whom with wurde you your zu är""".split()
)
# And in the warning that a gateway puts above mail from outside.
_BETWEEN_WARNING = frozenset(
    """advarsel afsender außerhalb caution comes ekstern external extern forsigtig from kender kommer klicken klikke
    know link links länkar medmindre mindre obs open opened originated originates outside sicher sofern stammt uden
    unless utanför varning vedhæftninger vorsicht warning åbn åbne åpne öffna öffnen""".split()
)
# And in the guidance on complaints.
_BETWEEN_COMPLAINT = frozenset(
    """afgørelse afgørelsen afgørelser akter aktindsigt begrund begrunde behandler borgerservice brev brevet dage dagen
    dato deres digital digitalt efter efterfølgende ellers enig enige forvaltningen fra fremgår fristen før
    genvurdere genvurderer går igen ikke inden indgive indsende indsendes jf kapitel klag klage klagen
    klagepunkter klager kommunen kommunens ler lov loven lovens mundtligt myndigheden nye nævn nævnet oplys
    oplyse over post postkasse revurderer ring ringe sag sagen sammen se send sende sender sendes sidste
    skrifteligt skriftlig skriftligt skrive stiles stk så sådan tilfreds uenig uenige uge uger utilfreds ved via
    videre vurdere vurderer ønsker""".split()
)
_WORD = re.compile(r"\w+")


class Line(NamedTuple):
    """A sentence or a part of a row, with its place; of whom or what the row is, and whether it goes on with the cell
    of the line before."""

    text: str
    start: int
    end: int
    about: str = ""
    on: bool = False


def may_stand(paragraph: str) -> bool:
    """Whether there may be standing text in *paragraph*: cheap, and sometimes wrongly true."""
    return len(_HINTS.find_matches_as_indexes(paragraph.lower())) >= 2


def without_standing(lines: Iterable[Line]) -> Iterator[Line]:
    """*lines* without the set phrases of a disclaimer, an unsubscribe line or the like."""
    held: list[Line] = []
    signs: set[str] = set()
    for line in lines:
        found = {hit.lower()[:6] for signs_of in (_SIGNS, _GUIDES) for hit in signs_of.findall(line.text)}
        if found:
            held.append(line)
            signs |= found
        else:
            yield from _told(held, signs)
            held, signs = [], set()
            yield line
    yield from _told(held, signs)


def _told(lines: Sequence[Line], signs: set[str]) -> Iterator[Line]:
    """What is read of *lines*, which stand one after the other and have *signs* in them."""
    if len(signs) < 2:
        return iter(lines)
    left = (line for line in lines if not _between(_GUIDES.sub(" ", _SIGNS.sub(" ", line.text))))
    return (line._replace(text=_SIGNS.sub(" ", line.text)) for line in left)


def _between(text: str) -> bool:
    """Whether nothing is left in *text* but what stands between the signs."""
    found = (word for word in _WORD.findall(text.lower()) if not word.isdigit())
    return all(word in _BETWEEN or word in _BETWEEN_WARNING or word in _BETWEEN_COMPLAINT for word in found)
