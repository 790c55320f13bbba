"""Standing text: the disclaimers and footers that hang below every mail of an organisation.

Such a block says "confidential" or "personal data" under mails about cake, so the model does not read it.
Only whole paragraphs that speak of the mail itself are left out, and only for the model: the detector for
personal numbers and the word rules read everything.
"""

from __future__ import annotations

import re

from ahocorasick_rs import AhoCorasick, MatchKind

# Two of these in one paragraph make a disclaimer; one is something anybody may write.
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
      |virus|tænk\ på\ miljøet|før\ du\ printer""",
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
        *("unsubscribe", "abmelden", "virus", "tænk på miljøet", "før du printer"),
    ],
    matchkind=MatchKind.Standard,
)
_LONGEST = 1200  # characters: a letter of two pages is no footer, whatever it says


def is_standing(paragraph: str) -> bool:
    """Whether *paragraph* is a disclaimer, an unsubscribe line or the like."""
    if len(paragraph) > _LONGEST or len(_HINTS.find_matches_as_indexes(paragraph.lower())) < 2:
        return False
    return len({hit.lower()[:6] for hit in _SIGNS.findall(paragraph)}) >= 2
