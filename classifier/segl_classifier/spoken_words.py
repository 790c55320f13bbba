"""What the words of the rules say of a sentence by itself, without the model: whether it must be sent securely.

The model asks it of sentences in which it finds little (:mod:`.understanding.passing`). CPR numbers have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet
from segl_classifier.weigh import Outcome, Thresholds, weigh


def says_secure(rules: RuleSet) -> Callable[[str], bool]:
    """Whether *rules* say of a sentence, which stands alone, that it must be sent securely."""
    thresholds = Thresholds(rules)

    def say(sentence: str) -> bool:
        weighed = weigh(rules.find([Text(sentence, "sentence", Source.BODY)], shown=False), thresholds)
        return any(one.outcome is Outcome.HOLDS for label, one in weighed.items() if label is not Label.CPR)

    return say
