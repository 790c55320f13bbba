"""Messages of a few words: "Jeg har kræft.", a greeting above and a name below.

The model has too little to go by in them, and is sure that there is nothing. So what the rules find there counts as it
does without a model. What stands below the greeting at the end tells what the writer is by trade: it does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from segl.vocabulary import Adjustment, Effect, Finding
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet

_MOST_WORDS = 20
_MOST_CHARACTERS = 400  # so many words that are longer are no sentence
_CLOSES = re.compile(
    r"^[ \t>*-]*(?:--[ \t]*$|(?:mvh|vh|kh|dbh|(?:[\w.]+ ){0,3}?(?:hilsen|hilsner|hälsningar|hälsning|regards|wishes|"
    r"gr(?:ü|ue)(?:ß|ss)en?))\b[^\n]{0,40}$)",
    re.IGNORECASE | re.MULTILINE,
)
_WHY = Adjustment("a message of few words", 0.0)


def heard_alone(findings: Sequence[Finding], texts: Sequence[Text], rules: RuleSet) -> list[Finding]:
    """*findings* in *texts*, all of one message without files; what *rules* find in it counts without the model if it
    has few words. What the subject alone says is a topic."""
    short = _without_endings(texts)
    if short is None:
        return list(findings)
    bodies = {text.where for text in short if text.source is Source.BODY}
    alone = {
        (each.rule, each.where)
        for each in rules.find(short)
        if each.where in bodies and each.effect is Effect.RAISE
    }
    return [
        replace(each, beyond_model=True, adjustments=(*each.adjustments, _WHY))
        if not each.beyond_model and (each.rule, each.where) in alone
        else each
        for each in findings
    ]


def _without_endings(texts: Sequence[Text]) -> list[Text] | None:
    """Subject and body up to the greeting that ends it; ``None`` if they are more than a few words."""
    short = []
    for text in texts:
        if text.source is Source.BODY:
            end = _CLOSES.search(text.text, 0, 2 * _MOST_CHARACTERS)
            said = text.text[: end.start()] if end else text.text
            if len(said) > _MOST_CHARACTERS or len(said.split()) > _MOST_WORDS:
                return None
            short.append(replace(text, text=said))
        elif text.source is Source.SUBJECT and not text.remark:
            short.append(text)
        elif text.source is Source.ATTACHMENT:
            return None
    return short
