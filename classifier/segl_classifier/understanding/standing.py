"""Standing text: the disclaimers and footers that hang below every mail of an organisation.

Such a block says "confidential" or "personal data" under mails about cake, so the model does not read its set
phrases. Nothing but those is left out: what else stands in the sentence is read, be it "because Karen is ill". And only
for the model: the detector for personal numbers and the word rules read everything. Where a paragraph ends is not
asked, for in HTML and in files a whole letter may be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ahocorasick_rs import AhoCorasick, MatchKind

# Two of these in one sentence, or in sentences one after the other, make a disclaimer; one is something anybody may
# write.
_SIGNS = re.compile(
    r"""denne\ (?:e-?mail|mail|besked|meddelelse)|this\ (?:e-?mail|message|communication)|diese\ e-?mail
      |detta\ (?:e-postmeddelande|mejl|meddelande)|denne\ e-posten
      |fortrolig\w*|confidential|vertraulich\w*|konfidenti\w+
      |(?:rette|tilsigtede)\ (?:modtager|adressat)|intended\ (?:recipient|only)|avsedd[ae]?\ mottagar\w*|rechte\ empf\w+
      |modtaget\ (?:den|mailen|denne|e-?mailen)?\ ?(?:mail\ )?ved\ en\ fejl
      |received\ (?:it\ |this\ )?.{0,20}in\ error
      |irrtümlich|av\ misstag|ved\ en\ feil
      |slet(?:te)?\ (?:venligst\ )?(?:mailen|e-?mailen|den|beskeden)|delete\ (?:it|this|the\ message)|löschen|radera
      |behandle[rn]?\ (?:vi\ )?(?:dine\ )?personoplysninger|privatlivspolitik\w*|privacy\ (?:policy|notice)
      |databeskyttelse\w*|persondatapolitik\w*|afmeld\w*|unsubscribe|abmelden
      |(?:vores\ )?behandling\ af\ (?:dine\ )?personoplysninger|ret\ til\ (?:at\ få\ )?indsigt
      |(?:rettet|berigtiget)\ (?:eller|og)\ slettet|klage\ til\ datatilsynet|de\ oplysninger,?\ vi\ har\ om\ dig
      |(?:for|mod|of|against|auf)\ vir(?:us|a|en|uses)\b|tænk\ på\ miljøet|før\ du\ printer""",
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
        *(
            "denne e",
            "denne mail",
            "denne besked",
            "denne meddelelse",
            "this e",
            "this message",
            "this communication",
        ),
        *("diese e", "detta e", "detta mejl", "detta meddelande", "fortrolig", "confidential", "vertraulich"),
        *(
            "konfidenti",
            " modtager",
            " adressat",
            "intended ",
            "avsedd",
            "rechte empf",
            "ved en fejl",
            " in error",
        ),
        *("irrtümlich", "av misstag", "ved en feil", "slet ", "slette ", "delete ", "löschen", "radera"),
        *(
            "personoplysninger",
            "privatlivspolitik",
            "privacy ",
            "databeskyttelse",
            "persondatapolitik",
            "afmeld",
        ),
        *("unsubscribe", "abmelden", "tænk på miljøet", "før du printer"),
        *("indsigt", " slettet", "datatilsynet", "vi har om dig"),
        *("for vir", "mod vir", "of vir", "against vir", "auf vir"),
        *(
            "kan du klage",
            "du kan klage",
            "kan i klage",
            "i kan klage",
            "klagen ",
            "klagefrist",
            "klagevejledning",
        ),
        *("ankestyrelsen", "nævnet", "nævnenes hus", "klageportal", " uger", "aktindsigt", "sagens akter"),
        *("retssikkerhedslov", "forvaltningslov"),
    ],
    matchkind=MatchKind.Standard,
)

# What stands between the signs in every such block, and tells nothing about anybody: a sentence of which only these
# are left is not read.
_BETWEEN = frozenset(
    """a absender addressee af afsender afsenderen alene alle and anden anhänge any are at att attachment
    attachments av avsedd avsenderen avsett avsändaren be bedes been beregnet bes bifogade bilag bilagor bitte
    brug bruge by contain contains copies copy da das de delete den denne der dere deres dersom des det dette
    die diese dieser dig din dine disclosure distribution du efter ein eine eller email en endast enhver enthält
    er erhalten error et eventuelle feil fejl fil filer for fra from får fått för give haben har has have her
    herunder hjemmeside hvis hvordan i if ihnen ikke immediately in indeholde indhold indholdet information
    informationen informationer informere informieren inneholde inneholder innehålla innehåller inte intended is
    ist it its kan kindly kontakt kontakta kopi kopier kopiere kun legally læs læse mail mailen man may med
    meddela mere message mit mod modtager modtageren mottagaren mottakeren mottatt må nicht nogen not notify nur
    nyhedsbrev nyhedsbrevet och oder of og om omfattet on only op oplysninger opmærksom opplysninger or os our
    please privileged prohibited på read received recipient samt se sein sender should sie sind skal slet so
    sofort solely sollten som straks strictly så that the them then there this til till tilladt tiltænkt to ud
    umgehend unauthorised unauthorized und uns us use ved vedhæftede venligst vennligst vi videregive
    videregivelse vil vore vores vänligen vær være we wenn with you your zu är""".split()
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

Line = tuple[str, int, int]  # a sentence or a row of a table, with its place


def may_stand(paragraph: str) -> bool:
    """Whether there may be standing text in *paragraph*: cheap, and sometimes wrongly true."""
    return len(_HINTS.find_matches_as_indexes(paragraph.lower())) >= 2


def without_standing(lines: Iterable[Line]) -> Iterator[Line]:
    """*lines* without the set phrases of a disclaimer, an unsubscribe line or the like."""
    held: list[Line] = []
    signs: set[str] = set()
    for line in lines:
        found = {hit.lower()[:6] for signs_of in (_SIGNS, _GUIDES) for hit in signs_of.findall(line[0])}
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
    left = (
        (text, start, end)
        for text, start, end in lines
        if not _between(_GUIDES.sub(" ", _SIGNS.sub(" ", text)))
    )
    return ((_SIGNS.sub(" ", text), start, end) for text, start, end in left)


def _between(text: str) -> bool:
    """Whether nothing is left in *text* but what stands between the signs."""
    found = (word for word in _WORD.findall(text.lower()) if not word.isdigit())
    return all(word in _BETWEEN or word in _BETWEEN_COMPLAINT for word in found)
