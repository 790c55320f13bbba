"""Under which names anybody gets a domain: ``dk``, but ``co.uk`` too (the public suffix list, publicsuffix.org).

Of ``.kommune.example`` all below it is one owner's; of ``.co.uk`` every name below has another. The list of these is
Mozilla's, and Debian keeps it up to date in its package `publicsuffix`. Where that is not installed, or cannot be read,
top-level domains alone are known: what is told with the list is a warning, and no mail goes another way by it.

A rule is a name; ``*.ck`` is every name right below, ``!www.ck`` an exception from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from segl.addresses import normal_domain

DEBIANS: Final = Path("/usr/share/publicsuffix/public_suffix_list.dat")
_MOST_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Suffixes:
    """The rules of one list, in normal form."""

    rules: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Suffixes:
        """The list in *text*; lines that are no rule are passed over."""
        words = (line.split(maxsplit=1)[0] for line in text.splitlines() if line.strip())
        return cls(frozenset(filter(None, (_normal(word) for word in words if not word.startswith("//")))))

    def has(self, domain: str) -> bool:
        """Whether *domain* (normal form) is one that names below belong to anybody under. A top-level domain is."""
        above = domain.partition(".")[2]
        if not above or domain in self.rules:
            return True
        return f"*.{above}" in self.rules and f"!{domain}" not in self.rules


@lru_cache(maxsize=4)
def public_suffixes(file: Path = DEBIANS) -> Suffixes:
    """The list in *file*; without one, top-level domains alone."""
    try:
        with file.open("rb") as opened:
            return Suffixes.parse(opened.read(_MOST_BYTES).decode("utf-8", "replace"))
    except OSError:
        return Suffixes()


def _normal(rule: str) -> str:
    sign = next((sign for sign in ("*.", "!") if rule.startswith(sign)), "")
    try:
        return sign + normal_domain(rule.removeprefix(sign))
    except ValueError:
        return ""
