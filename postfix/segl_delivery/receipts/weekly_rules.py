"""The weekly report's section on rules: those that took part in most decisions which senders called wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from segl.decisions import feedback, kept
from segl.decisions.cost import costs
from segl.decisions.record import DecisionRecord
from segl.decisions.said import Says
from segl.language import Language
from segl.vocabulary import MODEL

_BEFORE: Final = timedelta(days=7)  # what is called wrong this week may have been sent in the one before
_MOST: Final = 10

_TEXTS: Final[dict[Language, tuple[str, str, str, str, str]]] = {
    "da": (
        "Regler, der oftest tog fejl",
        "{wrong} af {said} svar var »ikke følsomt«. `segl rules cost` viser mere.",
        "{rule}: forkert: {wrong}, sikre mails i alt: {secure}",
        "Ingen har svaret, at en mail ikke var følsom.",
        "modellen",
    ),
    "en": (
        "Rules that were wrong most often",
        "{wrong} of {said} answers were “not sensitive”. `segl rules cost` shows more.",
        "{rule}: wrong: {wrong}, secure mails in all: {secure}",
        "Nobody has answered that a mail was not sensitive.",
        "the model",
    ),
}


def rules_that_cost(
    connection: Connection,
    begin: datetime,
    end: datetime,
    language: Language,
    counts: Callable[[str], bool] = lambda _domain: True,
) -> tuple[str, tuple[str, ...]]:
    """Heading and lines: what was said from *begin* to *end* of decisions of this time and the week before, of senders
    whose domain *counts*."""
    heading, lead, line, nobody, model = _TEXTS[language]
    said = {
        name: one
        for name, one in feedback.said_since(connection, begin.timestamp()).items()
        if one.at < end.timestamp()
    }
    if not any(one.says is Says.WRONG for one in said.values()):  # a fortnight's decisions need not be read
        return heading, (nobody,)
    told = 0

    def records() -> Iterator[DecisionRecord]:
        nonlocal told
        for record in kept.beyond_plain(connection, (begin - _BEFORE).timestamp(), end.timestamp()):
            if counts(record.domain):
                told += record.id in said
                yield record

    found, wrong = costs(records(), said)
    if not wrong:
        return heading, (nobody,)
    lines = [
        line.format(rule=model if cost.rule == MODEL else cost.rule, wrong=cost.wrong, secure=cost.secure)
        for cost in found
        if cost.wrong
    ]
    return heading, (lead.format(wrong=len(wrong), said=told), *lines[:_MOST])
