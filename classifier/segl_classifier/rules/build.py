"""Turns the merged tables into resolved rules: words parsed, patterns compiled, lists joined."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from segl.vocabulary import Decision, Effect, Label
from segl_classifier.message import Source
from segl_classifier.rules import schema
from segl_classifier.rules.layers import Draft
from segl_classifier.rules.lists.persons import LISTS
from segl_classifier.rules.model import Condition, LabelPolicy, Parts, Policy, Reads, Rule, WordList
from segl_classifier.rules.pattern import Pattern, parse_pattern
from segl_classifier.rules.read import near_name
from segl_classifier.rules.words import Word, parse_word

THRESHOLD = 0.5
BOOST = 0.2
UNLESS = 0.5
_MAX_WORDS = 50_000
_READ = frozenset((Source.BODY, Source.ATTACHMENT))
_NAMED = 5  # faults shown of one list: a file in the wrong notation has one for each word


def build(draft: Draft) -> Parts:
    """The parts of *draft*. Faults go to ``draft.faults``; the parts are whole only when there are none."""
    lists = {name: _list(draft, name) for name in draft.lists}
    rules = tuple(_rule(draft, file, table, lists) for file, table in draft.rules.values())
    words = sum(len(w.words) for w in lists.values()) + sum(len(r.words) for r in rules)
    if words > _MAX_WORDS:
        draft.fault(Path("all rule files"), "", f"hold {words} words together; {_MAX_WORDS} are allowed")
    file, ignore = draft.ignore
    _known(draft, file, "policy.ignore", ignore, lists)
    return Parts(rules, lists, _labels(draft), Policy(ignore), draft.digest.hexdigest(), draft.files)


def _labels(draft: Draft) -> dict[Label, LabelPolicy]:
    tables = {label: draft.labels.get(label, schema.LabelTable()) for label in Label}
    return {
        label: LabelPolicy(table.threshold or THRESHOLD, Decision(table.decision or Decision.SECURE))
        for label, table in tables.items()
    }


def _list(draft: Draft, name: str) -> WordList:
    """The list *name*, and which lists it includes, directly or through others."""
    words: dict[Word, None] = {}
    patterns: dict[str, Pattern] = {}
    for file, table in draft.lists[name]:
        key = f"list.{name}"
        if not (table.words or table.patterns or table.lists):
            draft.fault(file, key, "is empty", "give it words, patterns or lists")
        _known(draft, file, f"{key}.lists", table.lists, draft.lists)
        words.update(dict.fromkeys(_words(draft, file, f"{key}.words", table.words, capital=table.capital)))
        patterns.update((p.written, p) for p in _patterns(draft, file, f"{key}.patterns", table.patterns))
    return WordList(name, tuple(words), tuple(patterns.values()), _included(draft, name))


def _included(draft: Draft, name: str) -> tuple[str, ...]:
    """*name* and the names of all lists that it includes."""
    parts, waiting = {name: None}, [name]
    while waiting:
        for file, table in draft.lists[waiting.pop()]:
            if name in table.lists:
                draft.fault(file, f"list.{name}.lists", "includes itself", "take one of the lists out")
            new = [part for part in table.lists if part in draft.lists and part not in parts]
            parts.update(dict.fromkeys(new))
            waiting += new
    return tuple(parts)


def _rule(draft: Draft, file: Path, table: schema.RuleTable, lists: dict[str, WordList]) -> Rule:
    key = f"rule {table.id}"
    _has_all(draft, file, key, table)
    _known(draft, file, f"{key}: lists", table.lists, lists)
    words = dict.fromkeys(_words(draft, file, f"{key}: words", table.words))
    patterns = {p.written: p for p in _patterns(draft, file, f"{key}: patterns", table.patterns)}
    for name in (part for own in table.lists if own in lists for part in lists[own].parts):
        words.update(dict.fromkeys(lists[name].words))
        patterns.update((p.written, p) for p in lists[name].patterns)
    _known(draft, file, f"{key}: persons", table.persons, lists)
    _fits_what_it_reads(draft, file, key, table, patterned=bool(patterns))
    if any(condition.by is not None for condition in table.near):
        draft.fault(file, f"{key}: near", "has a `by`", "near only asks; boost and unless count")
    return Rule(
        id=table.id,
        label=table.label,
        effect=table.effect,
        weight=table.weight,
        why=table.why,
        words=tuple(words),
        patterns=tuple(patterns.values()),
        near=_conditions(draft, file, f"{key}: near", table.near, lists, 0.0),
        boost=_conditions(draft, file, f"{key}: boost", table.boost, lists, BOOST),
        unless=_conditions(draft, file, f"{key}: unless", table.unless, lists, UNLESS),
        where=frozenset(table.where),
        matches=table.matches,
        not_matches=table.not_matches,
        file=file,
        own=file not in draft.shipped,
        reads=_reads(table),
        persons=table.persons,
        alone=table.alone,
        distinct=table.distinct,
        notes=table.notes,
    )


def _has_all(draft: Draft, file: Path, key: str, table: schema.RuleTable) -> None:
    """What every rule must have."""
    if not (table.words or table.patterns or table.lists):
        draft.fault(file, key, "looks for nothing", "give it words, patterns or lists")
    if not table.matches:
        draft.fault(file, f"{key}: matches", "has no example", "add a text that the rule must find")
    if not table.not_matches:
        draft.fault(
            file, f"{key}: not_matches", "has no example", "add a text that the rule must leave alone"
        )


def _fits_what_it_reads(
    draft: Draft, file: Path, key: str, table: schema.RuleTable, *, patterned: bool
) -> None:
    """Of a rule that reads columns or statements: what it cannot have. *patterned*: it has patterns, of its own or of
    lists."""
    if table.persons and not table.column:
        draft.fault(file, f"{key}: persons", "is for rules on columns", "add column = true")
    if table.entries:
        beside = patterned or table.column or table.notes
        _of_words_alone(
            draft,
            file,
            f"{key}: entries",
            table,
            beside=beside,
            without="patterns, near, boost, unless, column, notes or effect",
            reads="amounts",
        )
    if table.column:
        _of_words_alone(
            draft,
            file,
            f"{key}: column",
            table,
            beside=patterned,
            without="patterns, near, boost, unless or effect",
            reads="tables",
        )


def _reads(table: schema.RuleTable) -> Reads:
    if table.entries:
        return Reads.ENTRIES
    return Reads.HEADINGS if table.column else Reads.TEXT


def _of_words_alone(
    draft: Draft, file: Path, key: str, table: schema.RuleTable, *, beside: bool, without: str, reads: str
) -> None:
    """What a rule cannot have, and what it cannot do without, that reads statements (:mod:`.lists.statements`) or
    columns (:mod:`.lists.columns`). *beside*: it has what it may not have; *without* names all that; *reads* is what it
    is for."""
    if beside or table.near or table.boost or table.unless or table.effect is not Effect.RAISE:
        hint = f"no {without}: write another rule for those"
        draft.fault(file, key, "goes with words and lists of words alone", hint)
    if not _READ & set(table.where):
        where = f"{key.partition(':')[0]}: where"
        draft.fault(file, where, f"names nothing with {reads}", 'they are read in "body" and "attachment"')
    _lists_of_persons(draft, file, key)


def _lists_of_persons(draft: Draft, file: Path, key: str) -> None:
    """What tells persons from firms must be there."""
    for name in LISTS:
        if name not in draft.lists:
            draft.fault(file, key, f"needs the list {name!r}", "it is in the shipped 02-columns.toml")


def _conditions(
    draft: Draft,
    file: Path,
    key: str,
    tables: Iterable[schema.ConditionTable],
    lists: dict[str, WordList],
    by: float,
) -> tuple[Condition, ...]:
    out = []
    for table in tables:
        _known(draft, file, key, table.list, lists)
        out.append(Condition(table.list, table.within, by if table.by is None else table.by))
    return tuple(out)


def _known(draft: Draft, file: Path, key: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            draft.fault(file, key, f"names the list {name!r}, which does not exist", near_name(name, known))


def _words(
    draft: Draft, file: Path, key: str, written: Iterable[str], *, capital: bool = False
) -> Iterable[Word]:
    bad = 0
    for text in written:
        try:
            yield parse_word(text, capital=capital)
        except ValueError as fault:
            bad += 1
            if bad <= _NAMED:
                draft.fault(file, key, f"{text[:40]!r} {fault}")
    if bad > _NAMED:
        draft.fault(file, key, f"and {bad - _NAMED} more words of this kind")


def _patterns(draft: Draft, file: Path, key: str, written: Iterable[str]) -> Iterable[Pattern]:
    for text in written:
        try:
            yield parse_pattern(text)
        except ValueError as fault:
            draft.fault(file, key, f"{text[:40]!r} {fault}", "see docs/rules.md, Patterns")
