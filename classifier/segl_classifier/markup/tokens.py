"""The tokens of HTML (WHATWG HTML §13.2.5), as columns: of each the text before it, and what it is made of."""

from __future__ import annotations

import re

_ATTRIBUTES = r"(?:[^>=]++|=\s{0,40}+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?)*+"


def _token(attributes: str) -> re.Pattern[str]:
    """One token: a script or style with its content, a tag, a comment, or what the standard calls a bogus
    comment. Split at, it gives the text before each token and the nine groups of the token."""
    return re.compile(
        rf"<(?:(?P<raw>(?i:script|style))(?=[\s/>])(?P<settings>{attributes})>"
        r"(?P<content>.*?)(?:(?=(?P<closed></(?i:(?P=raw))[\s/>]))|\Z)"
        rf"|(?P<name>/?[a-zA-Z][^\s/><]*+)(?P<attributes>{attributes})(?P<end>>|\Z)"
        r"|!--(?P<comment>(?:-?>|.*?(?:--!?>|\Z)))"
        r"|[!?/](?P<bogus>[^>]*+)(?:>|\Z))",
        re.DOTALL,
    )


_TOKEN = _token(_ATTRIBUTES)
_SIMPLE_TOKEN = _token("[^>]*+")  # several times faster, and right when no ">" stands in quotation marks


def columns_of(markup: str) -> list[list[str]]:
    """The texts between the tokens of *markup*, and the nine groups of each token, as ten columns."""
    pieces = _SIMPLE_TOKEN.split(markup)
    if not all(map(_is_simple, {*pieces[2::10], *pieces[6::10]})):
        pieces = _TOKEN.split(markup)
    return [pieces[column::10] for column in range(10)]


def _is_simple(attributes: str | None) -> bool:
    """Whether *attributes*, which end at the first ``>``, end outside quotation marks."""
    if not attributes:
        return True
    double, single = attributes.count('"'), attributes.count("'")
    return not single if double and double % 2 == 0 else not double and single % 2 == 0
