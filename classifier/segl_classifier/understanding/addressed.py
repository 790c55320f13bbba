"""To whom a letter is written, where it is written to many: "Kære kunder", "Hej forældre", "Dear members".

Who "you" is stands in the greeting, and the greeting in the first window alone. "Betaler du ikke, sender vi en rykker"
in the second is somebody's debt to the model, though nobody's is meant. So in a letter to many

* what holds *if* is not read ("Er du syg, skal du …", "If you have not paid by …"): it is told of nobody;
* a passage further down that says "you" or names nobody is read with the greeting before it, as a reader has it in
  mind; and where it speaks to nobody in particular with "man" in the place of "du", as others would write the same. Of
  "Du skal fortælle, at du er gravid" the model is sure that it is somebody's matter, whoever is greeted.

What is told of somebody stays as it stands. The next greeting, of a mail quoted below, takes the place of the first.

So it is in a guide (:mod:`.guides`), whose "you" is whoever reads it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import attrgetter
from typing import Final, NamedTuple

from segl_classifier.understanding.guides import SAID, guide_from

_GREETS: Final = (
    r"til|kære|hej(?:sa)?|hei|hi|hello|dear|to|liebe|hallo|an|kära|bästa|kjære|goddag|godmorgen|velkommen"
)
# Of whom there are many, by what they are called together.
_MANY: Final = (
    r"all[ae]?|alles(?:ammen)?|allihopa?|kunder|forbrugere|forældre|kolleger|kollegaer|medlemmer|beboere|lejere|naboer|"
    r"abonnenter|læsere|deltagere|patienter|borgere|brugere|elever|studerende|medarbejdere|ansatte|frivillige|venner|"
    r"ledere|trænere|spillere|pårørende|donorer|kursister|interesserede|gæster|rejsende|besøgende|tillidsvalgte|"
    r"samarbejdspartnere|leverandører|foreninger|afdelinger|støtter|hold|team|netværk|folkens|"
    r"\w{3,20}(?:ejere|forældre|ledere|venner|havere|brugere|tagere|søgende|repræsentanter|medlemmer|medarbejdere)|"
    r"everyone|everybody|members|colleagues|parents|customers|residents|tenants|readers|subscribers|users|"
    r"students|volunteers|friends|employees|staff|guests|"
    r"kunden|mitglieder|kolleg(?:en|innen)|eltern|mieter|bewohner|leser|"
    r"medlemmar|kollegor|föräldrar|boende|hyresgäster|läsare|foreldre|ansatte"
)
# One of them, as each is called in a letter to all, and in a letter to one.
_EACH: Final = r"kunde|forbruger|læser|abonnent|medlem|andelshaver|customer|reader|subscriber|member"
_GREETING: Final = re.compile(
    rf"^[ \t>*]{{0,8}}(?P<greets>{_GREETS})[ \t]{{1,4}}(?P<whom>[^\n]{{1,60}})$", re.IGNORECASE | re.MULTILINE
)
_WHOM: Final = re.compile(rf"(?:\w{{2,20}} ){{0,2}}?(?:(?:{_MANY})|(?P<each>{_EACH}))\b", re.IGNORECASE)
_GREETED: Final = re.compile(rf"(?:{_GREETS}) (?:\w{{2,20}} ){{0,2}}?(?:{_MANY}|{_EACH}) ", re.IGNORECASE)

# "If you …", with a word for it or turned round: "Betaler du ikke, …", "Har jeres barn feber, …".
_YOU: Final = r"(?:du|I|man|nogen|(?:dit|jeres) barn|you|your child|sie|ihr|ni|ditt barn|dere)"
_IF: Final = re.compile(
    rf"\b(?:[Hh]vis|[Ss]åfremt|[Mm]edmindre|[Nn]år|[Ii]f|[Uu]nless|[Ww]enn|[Ff]alls|[Ss]ofern|[Oo]m|[Dd]ersom) {_YOU}\b"
    rf"|^[\W\d_]{{0,4}}(?:[A-ZÆØÅ]\w{{0,18}}r|Skal|Kan|Vil|Må|Should|Haben|Sind|Zahlen|Har|Är|Behöver) {_YOU}\b[^?]*,",
)
_NO_IF: Final = re.compile(r"\?|^\W{0,4}\w+ \w+ (?:hørt|set|læst|bemærket|fået at vide)\b")
_DAYS: Final = (
    r"(?:Janu|Febru)ary?|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
)
# Somebody named or pointed at; the greeting and the signature stand in sentences of their own.
_NAMES: Final = re.compile(
    rf"(?<=[\w,;:)%] )(?!{_DAYS})[A-ZÆØÅÄÖÜ][a-zæøåäöüé]+"
    r"|\b(?:[Hh](?:an|un|am|ende|ans|endes|on|onom|enne|ennes|e|im|is|er)|[Ss]he"
    r"|[Mm](?:in|it|ine|ig|y|ein|eine)|[Jj](?:eg|ag)|[Ii]ch|I'm|[Vv]ores|[Oo]ur)\b"
    r"|\b(?<!hos )(?<!til )\w*(?:chef|leder|mand|ist|tør|tor|lærer|pædagog|assistent|konsulent|vikar|nabo|kasserer"
    r"|bogholder|præst|sekretær|elev|lejer|beboer|medarbejder)ens?\b|\bkollega\w*|\ben af (?:os|jer|dem)\b"
)
_SAID_TO_YOU: Final = re.compile(r"\b(?:du|dig|din|dit|dine|I|jer|jeres|you|your|dere|ni|Sie|Ihre?)\b")
# "Bo, du …"; who says "I" to "you"; and what was heard or not heard of one.
_TO_ONE: Final = re.compile(
    r"(?:\A|[.!?|] )(?!Ja,|Nej,)[A-ZÆØÅÄÖÜ][a-zæøåäöüé]+(?: [A-ZÆØÅÄÖÜ][a-zæøåäöüé]+)?,"
    r"|\b(?:[Jj]eg|[Mm]ig|[Mm]in|[Mm]it|[Mm]ine)\b|\b(?:fra|hos|med) dig\b|\b[Dd]u har (?!ret\b)"
    r"|\b[Vv]i har (?:\w+ )?(?:ikke|stadig|endnu|aldrig|set|modtaget|fået)\b"
)
_HE_OR_SHE: Final = re.compile(
    r"\b(?:h(?:an|un|am|ende|ans|endes|on|onom|enne|ennes|e|is)|she)\b", re.IGNORECASE
)
_DU: Final = re.compile(r"\b(?:du|dig|din|dit|dine)\b", re.IGNORECASE)
_ANYBODY: Final = {"du": "man", "dig": "en", "din": "ens", "dit": "ens", "dine": "ens"}
_FEWEST: Final = 5  # words of a passage that is read with the greeting


class Greeting(NamedTuple):
    """Behind which place it holds, and how those it is said to are greeted; nothing where it is said to one person.
    ``each``: it may be said to one alone, too."""

    end: int
    said: str = ""
    each: bool = False
    guide: bool = False


class Greetings:
    """The greetings of one text."""

    __slots__ = ("_all", "_ends")

    def __init__(self, content: str = "", subject: str = "") -> None:
        self._all = [_greeting(line) for line in _GREETING.finditer(content)]
        if (start := guide_from(content, subject)) is not None and not self._all:
            self._all.append(Greeting(start, SAID, guide=True))
        self._all.sort(key=attrgetter("end"))
        self._ends = [greeting.end for greeting in self._all] if any(one.said for one in self._all) else []

    def __bool__(self) -> bool:
        return bool(self._ends)

    def at(self, place: int) -> Greeting:
        """The one that holds at *place*."""
        before = bisect_right(self._ends, place)
        return self._all[before - 1] if before else Greeting(0)

    def before(self, passage: str, place: int) -> str:
        """*passage* with the greeting before it, where it is said to many and means them, or nobody."""
        greeting = self.at(place) if self._ends else Greeting(0)
        if not greeting.said or passage.count(" ") + 1 < _FEWEST:
            return passage
        if greeting.guide:
            one = _HE_OR_SHE.search(passage)
            return passage if one else f"{greeting.said} {_DU.sub(_anybody, passage)}"
        if not _SAID_TO_YOU.search(passage) and _NAMES.search(passage):
            return passage
        to_one = greeting.each or _TO_ONE.search(passage)
        return f"{greeting.said} {passage if to_one else _DU.sub(_anybody, passage)}"

    def tells(self, sentence: str, place: int) -> bool:
        """Whether *sentence* tells of somebody, as far as is known: not in a letter to many what holds if."""
        greeting = self.at(place)
        if not greeting.said or not holds_if(sentence):
            return True
        return greeting.each and any(map(str.isdigit, sentence))


def ungreeted(passage: str) -> str:
    """*passage* without the greeting to many before it."""
    greeting = _GREETED.match(passage)
    return passage[greeting.end() :] if greeting else passage


def holds_if(sentence: str) -> bool:
    """Whether *sentence* says what holds if ("Betaler du ikke, …"), and names or points at nobody."""
    return bool(_IF.search(sentence)) and not _NO_IF.search(sentence) and not _NAMES.search(sentence)


def _anybody(du: re.Match[str]) -> str:
    one = _ANYBODY[du[0].lower()]
    return one.capitalize() if du[0][0].isupper() else one


def _greeting(line: re.Match[str]) -> Greeting:
    whom = _WHOM.match(line["whom"])
    if not whom:
        return Greeting(line.end())
    return Greeting(line.end(), f"{line['greets']} {whom[0]}", bool(whom["each"]))


NO_GREETINGS: Final = Greetings()
