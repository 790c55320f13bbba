"""Cells that tell nothing of whom their row is about, and that the model takes for something.

It has met rows of names with an office, an amount or a yes in registers of unions and lists of arrears. So it takes the
board of a sports club for members of a union, what a colleague drove for what he owes, and a plan of who teaches what
for marks. By their headings such cells are known: who does something ("Oplægsholder") is not whom it is about, an
office is held in any club, an amount beside kilometres is for driving, and below teachers and subjects stand classes.
They are left out of what the model is shown, in these columns alone; the rules and the search for numbers read all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from segl_classifier.layout.tables import Row

_DOERS: Final = re.compile(
    r"(?:oplægs|foredrags|kursus)holdere?|oplæg ved|undervisere?|instruktør(?:er)?|talere?|facilitator(?:er)?|"
    r"mødelede(?:r|re)|ordstyrere?|eksaminator(?:er)?|(?:[12]\. )?censor(?:er)?|speakers?|lecturers?|presenters?|"
    r"instructors?|föreläsare|talare|kursledare|foreleser(?:e)?|foredragsholdere?|kursholdere?|referent(?:in|en)?|"
    r"dozent(?:in|en)?|vortragende[rn]?",
    re.IGNORECASE,
)
_TASKS: Final = re.compile(
    r"risiko|risici|risks?|jobs?|pipeline|build|opgaver?|tiltag|aktivitet(?:er)?|handling|actions?|tasks?|issues?|"
    r"leverancer?|milepæle?|oppgaver?|uppgift(?:er)?|åtgärd(?:er)?|aufgaben?|maßnahmen?",
    re.IGNORECASE,
)
_OWNERS: Final = re.compile(
    r"(?:risiko|opgave)?ejere?|(?:risk |task )?owner|(?:triggered|started) by|author|ansvarlige?|tovholdere?|"
    r"assignees?|assigned to|responsible|ansvarig|zuständig|verantwortlich(?:er)?|(?:startet|startat) av|gestartet von",
    re.IGNORECASE,
)
# Beside these: a teacher by himself may be the one who is ill.
_PROGRAMME: Final = re.compile(
    r"tid|kl\.?|tidspunkt|emner?|temaer|tema|program|(?:dagsordens)?punkt|indhold|oplæg|foredrag|fag|klasse|session|topic|"
    r"subject|time|title|ämne|punkt|innehåll|innhold|uhrzeit|zeit|thema|programm?",
    re.IGNORECASE,
)
_NAMES: Final = re.compile(r"(?:[A-ZÆØÅÄÖÜ][\w.'’-]{0,30}+(?:,| og| &| /)?(?: |\Z)){1,8}")
# A plan of who teaches what has these columns and no others; below pupils and names marks would stand.
_TEACHERS: Final = re.compile(
    r"(?:klasse)?lærere?|undervisere?|vikar(?:er)?|teachers?|lärare|lehrer(?:in|innen)?", re.IGNORECASE
)
_SUBJECT: Final = re.compile(
    r"dansk|matematik|engelsk|tysk|fransk|spansk|latin|historie|kristendom(?:skundskab)?|biologi|fysik(?:/kemi)?|kemi|"
    r"geografi|samfundsfag|natur/(?:teknologi|teknik)|naturfag|religion|psykologi|idræt|musik|billedkunst|"
    r"håndværk og design|madkundskab|informatik|understøttende undervisning|dansk som andetsprog|"
    r"norsk|svenska|english|maths?|science|history|mathematik|deutsch|englisch|sport|kunst",
    re.IGNORECASE,
)
_OF_A_PLAN: Final = re.compile(
    r"initialer|init\.?|fag|klasser?|hold|lokaler?|lektion(?:er)?|lekt\.?|timer?|(?:uge)?dag|dato|tid|kl\.?|uge|i ?alt|"
    r"årgang|skema|(?:man|tirs|ons|tors|fre)dag|subject|class|room|ämne|klass|sal|stunde|raum",
    re.IGNORECASE,
)
_CLASSES: Final = (
    r"[0-9]{1,2}\.? ?[A-Za-zÆØÅæøå]?(?:(?:, ?| og | ?[+/&-] ?| )[0-9]{1,2}\.? ?[A-Za-zÆØÅæøå]?){0,8}"
)
_IN_A_PLAN: Final = re.compile(
    rf"{_CLASSES}|(?:[A-ZÆØÅÄÖÜ][\w.'’-]{{0,30}}+(?:,| og| &| /)?(?: |\Z)){{1,8}}|[A-ZÆØÅ]{{1,4}}[a-z]?|[-–x]"
)
_FEWEST_SUBJECTS: Final = 2
_OFFICES: Final = re.compile(
    r"(?:bestyrelses|tillids|styre)?(?:funktion|post|rolle|hverv|verv|titel|position|role|roll|uppdrag|amt)",
    re.IGNORECASE,
)
_OFFICE: Final = re.compile(
    r"(?:næst|vice)?for(?:mand|kvinde|person)|kasserere?|sekretær|(?:ordinært |menigt |bestyrelses)?medlem|"
    r"(?:[12]\. ?)?(?:revisor)?suppleant|revisor|(?:vice[- ])?chair(?:man|woman|person)?|treasurer|secretary|member|"
    r"(?:vice ?)?ordförande|kassör|sekreterare|ledamot|(?:nest)?leder|styre(?:leder|medlem)|varamedlem|vara|"
    r"(?:(?:[12]|stellv(?:ertretender?|\.))\.? )?vorsitzende[rn]?|kassen(?:wart|führer)(?:in)?|schriftführer(?:in)?|"
    r"beisitzer(?:in)?|kassenprüfer(?:in)?",
    re.IGNORECASE,
)
_DRIVEN: Final = re.compile(
    r"(?:antal |kørte |antall |kjørte |körda )?(?:km\.?|kilometer|mil)|(?:kørt )?strækning|mileage|miles|"
    r"(?:kjørt )?strekning|(?:körd )?sträcka|(?:gefahrene )?strecke|gefahrene km",
    re.IGNORECASE,
)
_AMOUNTS: Final = re.compile(
    r"beløb|i ?alt|sum|kr\.?|dkk|pris|sats|(?:kørsels)?godtgørelse|udlæg|total|amount|"
    r"beløp|(?:kjøre)?godtgjørelse|utlegg|belopp|(?:mil)?ersättning|utlägg|betrag|summe|kosten|erstattung",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(
    r"(?:kr\.?|[dns][ko]k|eur|€|£)? ?-?[0-9][0-9., ]{0,14}(?: ?(?:kr\.?|[dns][ko]k|eur|€|£|,-))?",
    re.IGNORECASE,
)
_PAID: Final = re.compile(
    r"(?:(?:har |er |är )?(?:(?:ind?|inn)?betal[td]|bezahlt|tilmeldt|påmeldt|anmäld|angemeldet)|paid|signed up|"
    r"kommer|deltager|deltar|kommt|attending)\??",
    re.IGNORECASE,
)
_YES_OR_NO: Final = re.compile(r"ja|nej|nei|nein|x|ok|yes|no|-", re.IGNORECASE)
# Beside these "Betalt: nej" tells of arrears, or of what somebody is a member of.
_OWED: Final = re.compile(
    r"leje|bolig|bebo|debitor|kunde|tenant|custom|kontingent|medl|member|beløb|amount|rest|mangl|rykk|gæld|skyld|faktura|"
    r"forfald|saldo|rate|termin|kr\b|pris|løn|parti|bemærk|note|anm(?!äl|eld)|barn|børn|foræld|elev|borger|patient|"
    r"måned|period|"
    r"hyra|hyres|lägenhet|boende|kund|skuld|faktura|förfall|avgift|lön|påminn|månad|medlem|leie|leilighet|beboer|"
    r"gjeld|restanse|forfall|purring|lønn|miete|wohnung|kund|schuld|rechnung|fällig|mahn|lohn|betrag|monat|mitglied|"
    r"beitrag|kind|schüler|spieler|"
    r"\bår\b|forbrug|20\d\d",
    re.IGNORECASE,
)


def without_plain(rows: Iterable[Row]) -> Iterator[Row]:
    """*rows* without such cells."""
    heading: Sequence[str] = ()
    plain: dict[int, re.Pattern[str]] = {}
    for row in rows:
        if row.heading is not heading:
            heading, plain = row.heading, _plain_columns(row.heading)
        yield row if row.heads or not plain else _without(row, plain)


def _without(row: Row, plain: Mapping[int, re.Pattern[str]]) -> Row:
    cells = [*row.cells]
    for number in takewhile(lambda number: number < len(cells), plain):
        if plain[number].fullmatch(cells[number]):
            cells[number] = ""
    return replace(row, cells=cells)


def _plain_columns(heading: Sequence[str]) -> dict[int, re.Pattern[str]]:
    """What such a cell is like, by the number of its column, in order."""
    if _is_plan(heading):
        return dict.fromkeys(range(len(heading)), _IN_A_PLAN)
    kinds = [(_OFFICES, _OFFICE)]
    if any(map(_PROGRAMME.fullmatch, heading)):
        kinds.append((_DOERS, _NAMES))
    if any(map(_DRIVEN.fullmatch, heading)):
        kinds.append((_AMOUNTS, _AMOUNT))
    if any(map(_TASKS.fullmatch, heading)):
        kinds.append((_OWNERS, _NAMES))
    if not any(map(_OWED.search, heading)):
        kinds.append((_PAID, _YES_OR_NO))
    found = (
        (n, next((cell for named, cell in kinds if named.fullmatch(name)), None))
        for n, name in enumerate(heading)
    )
    return {number: cell for number, cell in found if cell}


def _is_plan(heading: Sequence[str]) -> bool:
    """Whether below *heading* stands who teaches what."""
    teachers = sum(_TEACHERS.fullmatch(name) is not None for name in heading)
    subjects = sum(_SUBJECT.fullmatch(name) is not None for name in heading)
    others = sum(not name or _OF_A_PLAN.fullmatch(name) is not None for name in heading)
    if teachers + subjects + others < len(heading):
        return False
    return subjects >= _FEWEST_SUBJECTS or (teachers > 0 and others > 0)
