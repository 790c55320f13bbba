"""What a rule looks for, told apart by a few digits: its words, patterns and lists, and what must or may stand by them.

Two rules of equal fingerprint find the same places in every text, with the same conditions holding. What they then make
of it, category, effect, weight, and how much each condition counts, is not in it: that can be reckoned anew without
the text.
"""

from __future__ import annotations

from hashlib import blake2b

from segl_classifier.rules.lists.persons import COMPANIES, FIRST_NAMES, LISTS
from segl_classifier.rules.model import Condition, Parts, Reads, Rule


def fingerprints(parts: Parts) -> dict[str, str]:
    """Of each rule by its id."""
    lists = {
        name: _digest(
            repr([parts.lists[part].words for part in each.parts]),
            repr([[p.written for p in parts.lists[part].patterns] for part in each.parts]),
        )
        for name, each in parts.lists.items()
    }
    ignored = repr([lists[name] for name in parts.policy.ignore])
    return {rule.id: _of(rule, lists, ignored) for rule in parts.rules}


def _of(rule: Rule, lists: dict[str, str], ignored: str) -> str:
    def said(conditions: tuple[Condition, ...]) -> str:
        return repr([[(name, lists[name]) for name in c.lists] + [str(c.within)] for c in conditions])

    words = repr(sorted(rule.words))
    patterns = repr(sorted(p.written for p in rule.patterns))
    if rule.reads is Reads.HEADINGS:
        words = repr(("columns", words, [lists.get(name) for name in (*LISTS, *rule.persons)]))
    if rule.reads is Reads.ENTRIES:
        words = repr(("entries", words, [lists.get(name) for name in (COMPANIES, FIRST_NAMES)]))
    if rule.distinct > 1 or rule.notes:
        words = repr((words, rule.distinct, rule.notes))
    where = repr(sorted(source.value for source in rule.where))
    beside = (said(rule.near), said(rule.boost), said(rule.unless))
    return _digest(words, patterns, where, *beside, ignored)


def _digest(*texts: str) -> str:
    digest = blake2b(digest_size=8)
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(raw), raw))
    return digest.hexdigest()
