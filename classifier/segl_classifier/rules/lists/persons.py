"""Which columns of a list have persons, by the lists of words in the rule files (``02-columns.toml``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from enum import Enum
from functools import lru_cache

from segl.vocabulary import Label
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Parts
from segl_classifier.rules.words import NormalText, Word, fold
from segl_classifier.unread_script import is_foreign_name

# The lists of the rule files (02-columns.toml) that say what a column with persons is.
PERSONS, NUMBERS, HOMES, NAMES = "column_person", "column_number", "column_home", "column_name"
FIRMS, COMPANIES, OTHERS, COUNTS = "column_firm", "column_company", "column_other", "column_count"
DOERS, VALUES, PLACES, OFFICES = "column_doer", "column_value", "column_place", "column_office"
GOODS, DEPARTMENTS = "column_goods", "column_department"
WHO, ELSEWHERE = "column_who", "column_elsewhere"
FIRST_NAMES = "first_name"
ANIMALS, FICTION = "animals", "fiction"
LISTS = (
    PERSONS, NUMBERS, HOMES, NAMES, DOERS, VALUES, PLACES, OFFICES, GOODS, DEPARTMENTS, FIRMS,
    COMPANIES, OTHERS, COUNTS, WHO, ELSEWHERE, FIRST_NAMES, ANIMALS, FICTION,
)  # fmt: skip

_TOTAL = re.compile(r"(?:i alt|ialt|total|sum|samlet|subtotal|summe|totalt)\b.*", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\b|[-.])(?:nr|nummer|no|id|number|nummer)\b|nr\.?$|nummer$", re.IGNORECASE)
_ADDRESSED = re.compile(
    r"(?:hr|fru|frk|fam|familien|herr|frau|mr|mrs|ms|dr)\b\.? .+|[A-ZÆØÅ]\. ?[A-ZÆØÅ].+", re.IGNORECASE
)
_ARTICLE = re.compile(r"\b(?:den|de|the|der|die) ", re.IGNORECASE)
_OF = (" på ", " of ", " for ")
_LETTER = re.compile(r"[^\W\d_]")
_CAPITAL = re.compile(r"[A-ZÆØÅÄÖÜ][^\W\d_]*+(?:-[A-ZÆØÅÄÖÜ][^\W\d_]*+)*+")
_KEY = re.compile(r"\d{4,}")  # of a person in some system; fewer digits count something


class Sign(Enum):
    """By what a column is known to have persons."""

    SAID = "its heading"
    HOMES = "its heading, which names where one lives, or is reached, or a customer: buildings and firms, too"
    NAMES = "the names in it: those who own, or play, have them, too"


_OF_HOMES = frozenset((Label.BILLING, Label.PAYMENT_DEFAULT, Label.DISPUTE))


def bears(sign: Sign, label: Label | None) -> bool:
    """Whether what stands beside persons known by *sign* is a matter of *label*. Houses have bills and arrears, and
    neither faith nor illness: "Adresse;Podning" is of water."""
    return sign is not Sign.HOMES or label in _OF_HOMES


# Firms have these, too; what else stands beside one is of whoever works there.
OF_FIRMS = _OF_HOMES | {Label.INCOME_WEALTH, Label.EMPLOYMENT_EDUCATION}
# What no animal, match or thing has: a customer's arrears are his, whatever he subscribes to.
_OF_PERSONS_ALONE = frozenset((Label.PAYMENT_DEFAULT, Label.INCOME_WEALTH))
_SILENCED = {
    OTHERS: frozenset(Label) - _OF_PERSONS_ALONE,
    GOODS: frozenset(Label),  # which are in arrears themselves
    OFFICES: frozenset((Label.POLITICAL,)),
}


class Persons:
    """Tells persons in lists from firms, animals and counts."""

    __slots__ = ("_first_names", "_lists")

    def __init__(self, parts: Parts) -> None:
        of_first = parts.lists.get(FIRST_NAMES)
        listed = (word for part in (of_first.parts if of_first else ()) for word in parts.lists[part].words)
        self._first_names = frozenset(word.text for word in listed)
        asked = {name for rule in parts.rules for name in rule.persons}
        self._lists = {name: _lexicon(parts, name) for name in (*LISTS, *sorted(asked))}

    def sign(self, name: str, cells: Sequence[str], *, tells: bool) -> Sign | None:
        """By what the column called *name*, with *cells* filled, is known to have persons; ``None`` if it has none.
        *tells*: its heading says what the list is about, so that only names in it speak for persons."""
        if not cells or self.is_named(DOERS, name):
            return None
        if not tells and self.is_named(HOMES, name):
            return Sign.HOMES
        if not tells and self.is_named(PERSONS, name) and not self.has(COUNTS, name):
            numbered = self.is_named(NUMBERS, name) or _NUMBERED.search(name) or _are_keys(cells)
            # Below "elever" may stand how many.
            return Sign.SAID if numbered or any(map(_LETTER.search, cells)) else None
        persons = [cell for cell in cells if not self._is_company(cell)]
        of_names = self.is_named(NAMES, name)
        named = sum(
            self.has(FIRST_NAMES, cell)
            or bool(_ADDRESSED.fullmatch(cell))
            or (of_names and is_foreign_name(cell))  # the first names that are known are Latin
            for cell in persons
        )
        one_in = 4 if of_names else 2
        return Sign.NAMES if named and named * one_in >= len(persons) else None

    def elsewhere(self, heading: Sequence[str], known: Set[Sign]) -> frozenset[Label]:
        """The categories of which a list with this *heading*, whose persons are *known* so, says nothing, since it may
        be about animals, things, offices or places."""
        if Sign.SAID in known:
            return frozenset()
        if known <= {Sign.HOMES} and any(self.is_named(PLACES, cell) for cell in heading):
            return frozenset(Label)
        silent = (
            labels for name, labels in _SILENCED.items() if any(self.is_named(name, cell) for cell in heading)
        )
        return frozenset[Label]().union(*silent)

    def is_person(self, cell: str) -> bool:
        """Whether *cell*, in a column of persons, can be one."""
        return not _TOTAL.fullmatch(cell) and not self._is_company(cell)

    def is_value(self, cell: str, *, bare: bool = False) -> bool:
        """Whether the heading *cell* says nothing but that something is told below it: "Antal", "2025", "0-30 dage".
        Asked *bare*, "Type A2" is the name of something."""
        return self.is_named(VALUES, cell) or any(map(str.isdigit, cell[:1] if bare else cell))

    def has(self, name: str, line: str) -> bool:
        """Whether a word of the list *name* stands anywhere in *line*."""
        return next(self._hits(name, line), None) is not None

    def begins(self, name: str, line: str) -> bool:
        """Whether *line* begins with a word of the list *name*."""
        return any(start == 0 for start, _, _, _ in self._hits(name, line))

    def has_first_name(self, cell: str) -> bool:
        return self.has(FIRST_NAMES, cell)

    def first_names(self, sentence: str) -> list[tuple[int, int]]:
        """From where to where the first names in *sentence* go that are written with a capital, without an s behind."""
        found = []
        for word in _CAPITAL.finditer(sentence):
            name, start = fold(word[0]), word.start()
            if name in self._first_names:
                found.append((start, word.end()))
            elif name.endswith("s") and name[:-1] in self._first_names:
                found.append((start, word.end() - 1))
        return found

    def may_be_none(self, passage: str) -> bool:
        """Whether who has a name in *passage* may be an animal, or somebody's invention."""
        return self.has(ANIMALS, passage) or self.has(FICTION, passage)

    def are_named(self, cell: str) -> bool:
        """Whether the heading *cell* names persons."""
        named = self.is_named(PERSONS, cell) or self.is_named(NAMES, cell)
        return named and not self.is_named(DEPARTMENTS, cell)

    def is_named(self, name: str, cell: str) -> bool:
        """Whether *cell* begins with a word of the list *name*, or says of what or whom it is the name or number."""
        bare = _ARTICLE.sub("", cell)
        return any(start == 0 or bare[:start].endswith(_OF) for start, _, _, _ in self._hits(name, bare))

    def _is_company(self, cell: str) -> bool:
        # "AB" alone is somebody's initials.
        return " " in cell and self.has(COMPANIES, cell) and not self.has(FIRST_NAMES, cell)

    def _hits(self, name: str, cell: str) -> Iterator[tuple[int, int, object, object]]:
        return iter(self._lists[name].hits(NormalText.of(cell)))


def _lexicon(parts: Parts, name: str) -> Lexicon[str]:
    named = parts.lists.get(name)
    return _lexicon_of(name, tuple(parts.lists[part].words for part in named.parts) if named else ())


@lru_cache(maxsize=64)
def _lexicon_of(name: str, lists: tuple[tuple[Word, ...], ...]) -> Lexicon[str]:
    """Kept: rules of one's own on top leave these lists as they are."""
    return Lexicon([(form, name) for words in lists for word in words for form in word.as_exported])


def _are_keys(cells: Sequence[str]) -> bool:
    """Whether *cells* are the numbers of persons in some system: as long as each other, and none twice."""
    return len(set(cells)) == len(cells) and len({*map(len, cells)}) == 1 and all(map(_KEY.fullmatch, cells))
