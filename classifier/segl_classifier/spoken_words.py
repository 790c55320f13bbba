"""What the words of the rules say of a sentence by itself, without the model: whether it must be sent securely, and
whom it names.

The model asks it of sentences in which it finds little (:mod:`.understanding.passing`). CPR numbers have no part in it.
"""

from __future__ import annotations

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet
from segl_classifier.understanding.interface import Words
from segl_classifier.weigh import Outcome, Thresholds, weigh


def words_of(rules: RuleSet) -> Words:
    """What *rules* say of a sentence, which stands alone."""
    thresholds = Thresholds(rules)

    def secure(sentence: str) -> bool:
        weighed = weigh(rules.find([Text(sentence, "sentence", Source.BODY)], shown=False), thresholds)
        return any(one.outcome is Outcome.HOLDS for label, one in weighed.items() if label is not Label.CPR)

    return Words(secure, rules.first_names, rules.may_be_none)
