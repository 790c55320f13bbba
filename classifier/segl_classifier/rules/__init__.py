"""Rules: words and patterns that speak for a category, written in TOML (docs/rules.md).

:func:`load_rules` reads the shipped files and those of the postmaster on top and gives a :class:`RuleSet`,
which is never changed: a reload makes another. :meth:`RuleSet.find` is the detector.
"""

from segl_classifier.rules.load import RuleSet, load_rules, named_files, shipped_folder, shipped_rules
from segl_classifier.rules.model import LabelPolicy, Rule

__all__ = ["LabelPolicy", "Rule", "RuleSet", "load_rules", "named_files", "shipped_folder", "shipped_rules"]
