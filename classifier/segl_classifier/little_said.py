"""Messages in which little is said: the model is hardly ever sure of them.

Of "Hun begynder på Riget på mandag og vil have det taget af selv, før det falder" it says .35, where from .63 on a
message goes securely: hints are told in few words, and nothing around them tells what is meant. Most harmless mail as
short leaves it no doubt at all. So less doubt counts there, the fewer words there are (:mod:`.weights`,
docs/decisions/0115).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from math import log

from segl_classifier import weights
from segl_classifier.few_words import CLOSES
from segl_classifier.message import Source, Text
from segl_classifier.understanding.interface import Model, Understanding
from segl_classifier.weigh import raised

_MOST_BELOW = 60  # words below the greeting that ends a message: a signature, no message that is answered
_MOST_CHARACTERS = 2_000
_SPEAKS_OF = re.compile(
    r"\b(?:han|hun|ham|hende|hans|hendes|he|she|him|his|hers|hon|honom|henne|hennes|ho|ihn|ihm)\b",
    re.IGNORECASE,
)


def believed_sooner(
    heard: Understanding | None, texts: Iterable[Text], model: Model | None
) -> Understanding | None:
    """What *model* *heard* in *texts*, all of one message without files: of the message as a whole more, in log-odds,
    where it has few words and the model some doubt, so that this doubt counts."""
    if heard is None or model is None or heard.any < weights.SOME_DOUBT:
        return heard
    counts = model.any_threshold.unsure
    enough = _enough_doubt(texts)
    if enough is None or not enough <= heard.any < counts:
        return heard
    return replace(heard, any=max(raised(heard.any, _odds(counts) - _odds(enough)), counts))


def _enough_doubt(texts: Iterable[Text]) -> float | None:
    """From which doubt on a message of *texts* counts; ``None`` where it has no few words."""
    said: list[str] = []
    for text in texts:
        if text.source is Source.ATTACHMENT or len(text.text) > _MOST_CHARACTERS:
            return None
        if text.source is Source.BODY:
            end = CLOSES.search(text.text)
            if end and len(text.text[end.start() :].split()) > _MOST_BELOW:
                return None
            said.append(text.text[: end.start()] if end else text.text)
        elif text.source is Source.SUBJECT and not text.remark:
            said.append(text.text)
    words = sum(len(one.split()) for one in said)
    if words <= weights.FEW:
        return weights.SOME_DOUBT
    if words > weights.RATHER_FEW:
        return None
    return weights.SOME_DOUBT if any(map(_SPEAKS_OF.search, said)) else weights.MORE_DOUBT


def _odds(score: float) -> float:
    return log(score / (1 - score))
