"""What is found in a list, and what the model is told of it."""

from __future__ import annotations

from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, shipped_rules
from segl_classifier.understanding.windows import windows_of


def letter(text: str) -> Text:
    return Text(text, "part 1", Source.BODY)


def sheet(text: str) -> Text:
    return Text(text, "part 2", Source.ATTACHMENT)


def found(*texts: Text | str, rules: RuleSet | None = None) -> set[str]:
    """The rules on columns, shipped ones and a house's own, that find something in a message of these *texts*, of
    which plain ones are letters."""
    message = [letter(text) if isinstance(text, str) else text for text in texts]
    findings = (rules or shipped_rules()).find(message)
    return {finding.rule for finding in findings if finding.rule.startswith(("column.", "own."))}


def told(text: Text) -> str:
    """The words of all its windows."""
    return " ".join(window.text for window in windows_of([text]))
