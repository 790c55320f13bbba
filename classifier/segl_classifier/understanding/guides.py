"""What is a guide: "Sådan søger du boligstøtte", "Trin for trin: barsel", "FAQ", "How to book a video consultation".

It greets nobody and says "you" to whoever reads it. "Du får dagpenge fra os i 14 dage" is somebody's benefit to the
model, which reads some lines of it without the title. So a guide is read as a letter to many is (:mod:`.addressed`),
with :data:`SAID` before each passage.

A mistake is a breach: a letter to one, on what was decided about "you", must not be taken for a guide. So much is
asked: a title that says so, as the first line or as the subject of a text that greets nobody; four times what you
are to do, or what holds if; in all of it nothing that is said by one or to one (:data:`_TO_ONE`); and nothing behind
who signs it (docs/decisions/0104).
"""

from __future__ import annotations

import re
from typing import Final

SAID: Final = "Vejledning"

_ANSWERED: Final = r"(?:(?:re|sv|vs|fw|fwd|aw|wg)[ \t]?:[ \t]?){0,2}"
_COUNTED: Final = r"(?:\d{1,2}|to|tre|fire|fem|seks|syv|otte|ni|ti|five|seven|ten)"
_TITLE: Final = re.compile(
    rf"[\W\d_]{{0,8}}{_ANSWERED}(?:"
    r"(?:[^\n:?,]{2,60}[:?,][ \t]?)?(?:sådan|slik|so) \w{2,20} (?:du|man|i|dere|sie|din|dit|jeres)\b"
    r"|så (?:gör|ansöker|söker|anmäler|loggar|betalar|fungerar) (?:du|man|ni)\b"
    r"|(?:[^\n:?,]{2,60}[:?,][ \t]?)?(?:sådan foregår|how to|what to do|gør sådan)\b"
    r"|(?:ny |kort |lille |quick )?(?:guide|vejledning|veiledning|vägledning|anleitung|leitfaden|instructions)\b"
    r"|(?:trin for trin|steg for steg|steg för steg|schritt für schritt|step[ -]by[ -]step)\b"
    r"|(?:faq\b|ofte stillede|ofte stilte|vanliga frågor|häufige fragen|spørgsmål og svar|frequently asked)"
    rf"|{_COUNTED} (?:\w{{2,20}} )?(?:råd|tips?|trin|skridt|steps)\b"
    r"|(?:gode råd|huskeliste|tjekliste|checklist)\b"
    r"|(?:\w{4,20}betingelser|betingelser|terms and conditions)\b"
    r")",
    re.IGNORECASE,
)
_YOU: Final = r"(?:du|man|you|sie|ni|dere)"
_TO_DO: Final = (
    r"(?:skal|kan|må|bør|får|behøver|need|can|must|should|may|will|ska|måste|müssen|können|dürfen)"
)
# What you are to do, and what holds if.
_TOLD: Final = re.compile(
    rf"\b{_YOU}[ \t]+(?:også |altid |selv |kun |først |ikke |always |also )?{_TO_DO}\b"
    rf"|\b{_TO_DO} {_YOU}\b"
    rf"|\b(?:hvis|når|if|wenn|om|dersom) {_YOU}\b"
    r"|(?:^|[.!?:][ \t])[ \t]*(?:\d{1,2}[.)][ \t]*)?(?:husk|vælg|log|klik|læs|skriv|ring|udfyld|vedhæft|tryk|læg|hold|"
    r"remember|choose|click|write|press)\b",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST: Final = 4
_QUESTION: Final = re.compile(r"[^.!?\n]{1,200}\?")
_WEEKDAY: Final = r"(?:man|tirs|ons|tors|fre|lør|søn)dag"
# Who says "I"; a day that is agreed on; what you did, got or were; what was received of you, decided, or not.
_TO_ONE: Final = re.compile(
    r"\b(?:[Jj]eg|[Mm]ig|[Mm]i(?:n|t|ne)(?! [A-ZÆØÅ])|[Jj]ag|[Ii]ch|I am|I'm|I have|my)\b|\b(?:fra|hos|med) dig\b"
    r"|\bDu (?:har (?!ret\b|brug\b|mulighed\b|pligt\b|krav\b|\d)|(?:er|bliver) (?:blevet )?\w{3,20}t\b)"
    r"|\b[Dd]u (?:var|fik|blev|kom|skrev|ringede|bad|spurgte|fortalte|sagde|søgte|skylder|mangler)\b"
    r"|\b(?:din|dit) (?:ansøgning|klage|sag|henvendelse|mail|brev|anmodning|ydelse|bevilling) (?:af|om|er|fra|har)\b"
    rf"|\b(?:den|d\.|pr\.|fra|senest|inden) \d{{1,2}}\.|\b(?:på|hver|næste) {_WEEKDAY}\b|\b{_WEEKDAY} (?:den|d\.) "
    r"|\b(?:fortsætter|ophører|stopper|ændres|forlænges|bevilges|tilkendes|sættes (?:op|ned)|viser)\b"
    r"|\b[Tt]ak for (?:din|dit|i|sidst|snakken|mødet|jeres)\b"
    r"|\b[Vv]i har (?:\w+ )?(?:ikke|stadig|endnu|aldrig|set|modtaget|fået|besluttet|behandlet|vurderet|bevilget|"
    r"truffet|afgjort|givet|sendt|lukket|opsagt|registreret|indkaldt)\b"
    r"|\b[Ww]e have (?:received|not|decided)\b|\b[Yy]ou (?:have been|have not|were|owe|are (?:being|due))\b"
)
_ENDS: Final = re.compile(
    r"^[ \t]*(?:>|-{2,}|_{5,}|(?:fra|from|von|från)[ \t]*:|(?:mvh|vh|kh|ps|p\.s\.)\b"
    r"|(?:\w{1,20} ){0,3}(?:hilsen|hilsner|hälsningar|regards|wishes|grüßen|grüße)\b)",
    re.IGNORECASE | re.MULTILINE,
)
# Behind who signed it: what is said besides, or quoted. An address says nothing.
_BEHIND: Final = re.compile(
    r"\b(?:er|har|blev|skal|fik|var|vil|kan|bliver|går|kommer|skylder|mangler|is|has|was|will|ist|hat|wird|är|blir|ps)\b"
    r"|^[ \t]*(?:>|(?:fra|from|von|från)[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)
_BELOW_A_SUBJECT: Final = re.compile(r"[^\n]{0,20}\b\w+ \w+ \w+ \w+[^\n]*")  # no name, as "Anna!"
_CALLED: Final = re.compile(r"[A-ZÆØÅÄÖÜ]\w+(?: [A-ZÆØÅÄÖÜ]\w+)?[,!]")
_LOOKED_AT: Final = 20_000


def guide_from(content: str, subject: str = "") -> int | None:
    """From where on *content* is a guide, below *subject*; ``None`` where it is none."""
    start = len(content) - len(content.lstrip())
    if not _TITLE.match(content, start):
        below = _BELOW_A_SUBJECT.match(content, start) and not _CALLED.match(content, start)
        if not below or not _TITLE.match(subject.strip()):
            return None
    end = _ENDS.search(content, start, start + _LOOKED_AT)
    stop = end.start() if end else len(content)
    if len(content) - start > _LOOKED_AT or (end and _BEHIND.search(content, end.start())):
        return None
    told = content[start:stop]
    if len(_TOLD.findall(told)) < _LEAST or _TO_ONE.search(_QUESTION.sub(" ", told)):
        return None
    return start
