"""Who is told of by a name that is in no list: a foreign or a rare one, a last name alone, initials.

"KHN has broken down", "Skovgaard is on sick leave", "Ayan is in hospital". Such a one stands with a capital where
somebody does or is something, before a verb that is said of people, and is no everyday word (:mod:`.everyday`). Pumps
and offices do and are something, too: nothing may follow from it alone.
"""

from __future__ import annotations

import re
from typing import Final

from segl_classifier.understanding.everyday import EVERYDAY

_UPPER: Final = "A-ZÆØÅÄÖÜÉÞÐŁŚŠŻŽÇ"
_LOWER: Final = "a-zæøåäöüßéèêëíóúýðþłńśšżžçčćâîûôòìàãñõ"
# Said of people; in Danish, Norwegian and Swedish, German, English.
_VERBS: Final = (
    "er|var|har|havde|bliver|blev|skal|skulle|vil|ville|kan|kunne|må|måtte|får|fik|går|gik|kommer|kom|sidder|sad|"
    "ligger|lå|siger|sagde|tager|tog|skylder|drikker|drak|mangler|betaler|bor|lider|venter|ønsker|føler|møder|mødte|"
    "døde|dumpede|bestod|står|stod|ringer|ringede|sælger|stjal|slår|slog|ryger|tjener|stemmer|mistede|tåler|søger|"
    "hører|är|hade|blir|ble|fick|fikk|får|ska|sitter|ist|hat|war|hatte|wurde|wird|liegt|zahlt|schuldet|is|was|has|"
    "had|got|owes|lost|failed|cannot|can't|won't"
)
_INITIALS: Final = rf"[{_UPPER}]{{2,4}}|(?:[{_UPPER}]\. ?){{2,3}}"
# Few names are longer; of what joins two words most are.
_NAME: Final = rf"[{_UPPER}][{_LOWER}]{{2,11}}(?:-[{_UPPER}][{_LOWER}]+)?"
_BEFORE: Final = "at|og|men|fordi|om|når|hvis|da|att|och|when|that|and|because|dass|und|weil"
_MENTION: Final = re.compile(
    rf"(?:\A|[:–(>,|-] |\b(?:{_BEFORE}) )(?P<who>{_INITIALS}|{_NAME})(?: ?(?:ikke|aldrig|også))? ?(?<= )"
    # "Gaver kan trækkes fra" is of things.
    rf"(?:{_VERBS})\b(?!(?<=\bkan) \w+es\b)"
)
# What is in capitals and is an office, a trade's word or a unit.
_OFFICES: Final = frozenset(
    """IT HR TV PC EU FN USA UK DR DSB SKAT KL HK FOA DJØF BUPL VVS GPS PDF NB OK OBS CV MUS EAN CVR CPR SMS MR CT PCR
    ATP TDC KMD BDO PWC ADHD PTSD KOL HIV SFO AKT PPR RKI DNA OCD MRSA RAM TR AMR APV LED LAN VPN FAQ GDPR API USB AI SU
    DTU KU AU SDU RUC CBS AAB LO FH NATO BMW VW IBM SAP NAV SAS PS CD DVD FM AM UV EL NEM FMK DPO CEO CFO VAT ISO
    KPI ERP CRM PL MS ALS BMI EKG EEG UU BUP BUPA PAU SOSU STU EGU AMU VUC UCN VIA KEA ITU NGO UNHCR BBC CNN FCK AGF OB
    ICE CO TAX FYI ASAP TBC TBA RE SV VS DE ER DU""".split()
)
# By its end a thing: "Pumpen", "Målerne", "Levering"; but no "Lauridsen".
_THING: Final = re.compile(
    r"(?:en(?<!nsen)(?<!arsen)(?<!ersen)(?<!orsen)(?<!idsen)(?<!udsen)(?<!ldsen)(?<!msen)(?<!bsen)(?<!riksen)(?<!ulsen)"
    r"(?<!ielsen)(?<!kkelsen)(?<!chelsen)(?<!uelsen)|et|ne|ing|else|hed|tion|te|ede|er(?<=.{7}))\Z"
)


def unlisted(sentence: str) -> tuple[int, int] | None:
    """From where to where the first name in *sentence* goes of one who is told of: one of a list, too."""
    for one in _MENTION.finditer(sentence):
        who = one["who"].rstrip()
        abbreviated = who.isupper()
        known = who in _OFFICES if abbreviated else who.lower() in EVERYDAY or _THING.search(who)
        if not known:
            return one.start("who"), one.start("who") + len(who)
    return None
