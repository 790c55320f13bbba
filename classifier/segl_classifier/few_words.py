"""Messages of a few words: "Jeg har kræft.", a greeting above and a name below.

The model has too little to go by in them, and is sure that there is nothing. So what the rules find there counts as it
does without a model. What stands below the greeting at the end tells what the writer is by trade: it does not count.
What is said again is no more words than said once.
An answer of a few words is such a message, however long what it answers is; and of what it answers each message is, so
long as those above it are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from segl.vocabulary import FEW_WORDS, Adjustment, Effect, Finding
from segl_classifier.message import Source, Text
from segl_classifier.records.calendar_prose import is_coded, prose
from segl_classifier.rules import RuleSet

_MOST_WORDS = 20
_MOST_CHARACTERS = 400  # so many words that are longer are no sentence
CLOSES = re.compile(
    r"^[ \t>*-]*(?:--[ \t]*$|(?:mvh|vh|kh|dbh|(?:[\w.]+ ){0,3}?(?:hilsen|hilsner|hälsningar|hälsning|regards|wishes|"
    r"gr(?:ü|ue)(?:ß|ss)en?))\b[^\n]{0,40}$)",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE = re.compile(r"[^\n.!?]*+(?:[.!?]++(?!\s)[^\n.!?]*+)*+[.!?]*+\n?+")
_WHY = Adjustment(FEW_WORDS, 0.0)

_LOOKED_AT = 20_000  # characters from the beginning, in which the messages that are answered are looked for
_MOST_ANSWERED = 10
# What stands above a message that is answered: who wrote it, and when.
_ABOVE = re.compile(
    r"^[ \t*_]*(?:fra|from|von|från)[ \t*_]*:[^\n]*\n(?:[^\n]*\n){0,3}?"
    r"(?=[ \t*_]*(?:sendt|sent|gesendet|skickat|dato|date|datum|emne|subject|betreff|ämne)[ \t*_]*:)"
    r"(?:[ \t*_]*[^\W\d_]{2,12}[ \t*_]*:[^\n]*(?:\n|\Z)){1,6}"
    r"|^[^\n]{0,200}\b(?:skrev|wrote|schrieb)\b[^\n]{0,140}?(?:\n[^\n]{0,140}?)?:[ \t]*$"
    r"|^[ \t]*-{2,}[^\n]{0,40}\b(?:meddelelse|message|nachricht|meddelande)\b[^\n]{0,20}-{2,}[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_MARK = re.compile(r"[ \t]*(?:>[ \t]*)++")


def heard_alone(findings: Sequence[Finding], texts: Sequence[Text], rules: RuleSet) -> list[Finding]:
    """*findings* in *texts*, all of one message without files; what *rules* find in it counts without the model if it
    has few words. What the subject alone says is a topic."""
    short = _short(texts)
    if short is None:
        return list(findings)
    bodies = {text.where for text in short if text.source is Source.BODY}
    alone = {
        (each.rule, each.where): each
        for each in reversed(rules.find(short))  # of each the best
        if each.where in bodies and each.effect is Effect.RAISE
    }
    heard = [_heard(each, alone.pop((each.rule, each.where), None)) for each in findings]
    return [*heard, *(_heard(each, each) for each in alone.values())]


def _heard(finding: Finding, alone: Finding | None) -> Finding:
    """*finding*, or what was found in the same place *alone*, without what stands around it, if that is more."""
    if alone is None or finding.beyond_model:
        return finding
    more = max(finding, alone, key=lambda each: each.score)
    return replace(more, beyond_model=True, adjustments=(*more.adjustments, _WHY))


def _short(texts: Sequence[Text]) -> list[Text] | None:
    """Subject and body, as the messages in it, each up to the greeting that ends it; ``None`` if the first has more
    than a few words."""
    short: list[Text] = []
    for text in texts:
        if text.source is Source.BODY:
            said = text.text
            if is_coded(said):  # an invitation: what its sender wrote, without what the program did
                said = "\n".join(line for line, _, _ in prose(said))
            messages = list(_messages(said)) if said else [""]
            if not messages:
                return None
            short += (replace(text, text=said) for said in messages)
        elif text.source is Source.SUBJECT and not text.remark:
            short.append(text)
        elif text.source is Source.ATTACHMENT:
            return None
    return short


def _messages(text: str) -> Iterator[str]:
    """What those messages in *text* say that have few words, from the first on: its own, and those that it answers."""
    for number, message in enumerate(islice(_answered(text), _MOST_ANSWERED)):
        end = CLOSES.search(message, 0, 2 * _MOST_CHARACTERS)
        said = message[: end.start()] if end else message
        if number == 0 and not _is_short(said):
            said = _said_once(said)
        if not _is_short(said):
            return
        yield said


def _is_short(said: str) -> bool:
    return len(said) <= _MOST_CHARACTERS and len(said.split()) <= _MOST_WORDS


def _said_once(said: str) -> str:
    """The sentences of *said*, each once: by being repeated they are no more words. No more than a few characters too
    many."""
    once: dict[str, None] = {}
    count = 0
    for sentence in _SENTENCE.finditer(said):
        text = sentence[0].strip()
        if text not in once:
            once[text] = None
            count += len(text) + 1
            if count > _MOST_CHARACTERS + 1:
                break
    return "\n".join(once)


def _answered(text: str) -> Iterator[str]:
    """The message that *text* is, without those it answers; then each of those, by the marks before their lines and by
    what stands above them."""
    lines: dict[int, list[str]] = {}
    looked_at = (
        text if len(text) <= _LOOKED_AT else text[:_LOOKED_AT].rpartition("\n")[0] or text[:_LOOKED_AT]
    )
    for line in looked_at.split("\n"):
        mark = _MARK.match(line)
        lines.setdefault(mark[0].count(">") if mark else 0, []).append(line[mark.end() :] if mark else line)
    for depth in sorted(lines):
        yield from (said for said in _ABOVE.split("\n".join(lines[depth])) if said.strip())
