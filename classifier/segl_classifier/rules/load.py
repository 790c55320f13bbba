"""Loads rule files into one immutable :class:`RuleSet`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path

from segl.errors import RulesError
from segl.vocabulary import Finding, Label
from segl_classifier.message import Text
from segl_classifier.rules.build import build
from segl_classifier.rules.engine import Engine
from segl_classifier.rules.fingerprint import fingerprints
from segl_classifier.rules.layers import Draft, add_layer
from segl_classifier.rules.lists.columns import Columns, Missing
from segl_classifier.rules.lists.statements import Statements
from segl_classifier.rules.model import LabelPolicy, Parts, Reads, Rule
from segl_classifier.rules.verify import faults_of_examples

_HERE = Path(__file__).parent


class RuleSet:
    """Rules ready for use. ``digest`` is that of the files: equal digests, equal findings."""

    __slots__ = ("_by_id", "_columns", "_engine", "_fingerprints", "_parts", "_statements")

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._engine = Engine(parts)
        self._columns = Columns(parts)
        self._statements = Statements(parts, self._columns.persons)
        self._by_id = {rule.id: rule for rule in parts.rules}
        self._fingerprints: dict[str, str] | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self._parts.rules

    def rule(self, name: str) -> Rule | None:
        """The rule of the id *name*; ``None`` for what is no rule (``cpr``, ``model`` …)."""
        return self._by_id.get(name)

    @property
    def labels(self) -> Mapping[Label, LabelPolicy]:
        """Threshold and decision of every category."""
        return self._parts.labels

    def with_threshold(self, label: Label, threshold: float) -> RuleSet:
        """The same rules, but *label* holds from *threshold* on."""
        policy = replace(self.labels[label], threshold=threshold)
        other = copy(self)
        other._parts = replace(self._parts, labels={**self.labels, label: policy})
        return other

    @property
    def digest(self) -> str:
        return self._parts.digest

    @property
    def file_digests(self) -> Mapping[str, str]:
        """SHA-256 in hex of each file as it was read, by the names of :func:`named_files`. A file read a second time
        may be another by then."""
        shipped = shipped_folder()
        return {
            f"shipped/{file.name}" if file.parent == shipped else str(file): digest
            for file, digest in self._parts.files.items()
        }

    @property
    def parts(self) -> Parts:
        """What the files say, for those who compare them."""
        return self._parts

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of each rule's id what it looks for, as 16 hex digits (:mod:`.fingerprint`). Made when first asked for; a
        server asks before it forks."""
        if self._fingerprints is None:
            self._fingerprints = fingerprints(self._parts)
        return self._fingerprints

    def find(self, texts: Sequence[Text], *, shown: bool = True) -> list[Finding]:
        """What the rules find in *texts*, the readable parts of one message. Pure; any thread may call it. Where nobody
        is *shown* what was found there need be no excerpts: what may be a number is hidden in each, which takes as long
        as the finding."""
        scans = [self._engine.scan(text) if text.text else None for text in texts]
        findings = self._engine.find([scan for scan in scans if scan], shown=shown)
        return [*findings, *self._columns.find(texts, scans), *self._statements.find(texts, scans)]

    def find_words(self, texts: Sequence[Text], *, shown: bool = True) -> list[Finding]:
        """The same of the rules on words in prose alone."""
        return self._engine.find([self._engine.scan(text) for text in texts if text.text], shown=shown)

    def first_names(self, sentence: str) -> list[tuple[int, int]]:
        """From where to where the first names in *sentence* go that are in the lists."""
        return self._columns.persons.first_names(sentence)

    def may_be_none(self, passage: str) -> bool:
        """Whether who has a name in *passage* may be an animal, or somebody's invention."""
        return self._columns.persons.may_be_none(passage)

    def missing(self, rule: Rule, texts: Sequence[Text]) -> Missing | None:
        """Why *rule* finds nothing in *texts*, if it is on columns; ``None`` for others."""
        return self._columns.missing(rule, texts) if rule.reads is Reads.HEADINGS else None

    def meet(self, text: str) -> None:
        """Let the patterns meet *text*: what RE2 learns from it about where texts lead is known from then on."""
        self._engine.meet(text)

    def __repr__(self) -> str:
        return f"RuleSet({len(self.rules)} rules, {self.digest[:12]})"


def load_rules(
    extra: Sequence[Path] = (), *, shipped: bool = True, check_shipped: bool = False, examples: bool = True
) -> RuleSet:
    """The shipped rules with the files *extra* on top, in their order (a folder stands for its ``*.toml``).

    The examples of the rules in *extra* are run, and of all rules when *extra* changes what those rest on or
    *check_shipped* asks for it; the shipped files by themselves are proved by the tests, not at each
    start. ``examples=False`` runs none, for who wants to see them fail. Raises :class:`RulesError` with every
    fault found. The shipped files alone are the same set each time: at a reload nothing is made anew.
    """
    if shipped and not extra and not check_shipped:
        return shipped_rules()
    return _loaded(extra, shipped=shipped, check_shipped=check_shipped, examples=examples)


@cache
def shipped_rules() -> RuleSet:
    """The rules that come with Segl, alone."""
    return _loaded((), shipped=True, check_shipped=False, examples=True)


def _loaded(extra: Sequence[Path], *, shipped: bool, check_shipped: bool, examples: bool) -> RuleSet:
    draft = _shipped_layer().copy() if shipped else Draft()
    own = {file for layer in extra for file in _files(layer)}
    before = _shared(draft)
    for layer in extra:
        if not (files := _files(layer)):
            draft.fault(layer, "", "is a folder without rule files", "their names end in .toml")
        add_layer(draft, files)
    parts = build(draft)
    if draft.faults:
        raise RulesError(draft.faults)
    rules = RuleSet(parts)
    if not examples:
        return rules
    now = _shared(draft)
    run_all = check_shipped or any(now[name] != value for name, value in before.items())
    faults = list(faults_of_examples(rules, [r for r in rules.rules if run_all or r.file in own]))
    if faults:
        raise RulesError(faults)
    return rules


@cache
def _shipped_layer() -> Draft:
    """The shipped files, read once: they do not change under a running process."""
    files = shipped_files()
    draft = Draft(shipped=frozenset(files))
    add_layer(draft, files)
    return draft


def shipped_folder() -> Path:
    """Where the shipped rule files are: beside the package when installed, in the source tree otherwise."""
    installed = _HERE.parent / "shipped_rules"
    return installed if installed.is_dir() else _HERE.parents[1] / "rules"


def shipped_files() -> list[Path]:
    files = sorted(shipped_folder().glob("*.toml"))
    if not files:
        raise FileNotFoundError(f"the shipped rules are missing from {shipped_folder()}")
    return files


def named_files(extra: Sequence[Path] = ()) -> dict[str, Path]:
    """Every file that :func:`load_rules` reads, by a name that stays when Segl is installed elsewhere."""
    shipped = {f"shipped/{file.name}": file for file in shipped_files()}
    return shipped | {str(file): file for layer in extra for file in _files(layer)}


def _files(layer: Path) -> list[Path]:
    """The files that *layer* stands for. What is no folder, or one that may not be looked into, stands for itself:
    whoever reads it says why that cannot be done."""
    try:
        return sorted(file for file in layer.iterdir() if file.name.endswith(".toml"))
    except (OSError, ValueError):
        return [layer]


def _shared(draft: Draft) -> dict[str, object]:
    """What rules of other files may rest on, as it is now: the lists and the policy."""
    return {"": draft.ignore, **{name: tuple(tables) for name, tables in draft.lists.items()}}
