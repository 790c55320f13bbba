"""The entities that an XML document declares for itself (XML 1.0 §4.2): texts with a name, put in where ``&name;``
stands.

They are read as they are written and put in nowhere: entities within entities grow without bound. So a number of which
one half stands in an entity is in no text; a document that is made of such is said not to have been read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from segl_classifier.markup.character_references import unescape_safely

_BEGIN = "<!ENTITY"
_DECLARED = re.compile(
    _BEGIN
    + r"\s++(?P<parameter>%\s++)?(?P<name>[^\s%\"'<>&;]{1,200}+)\s++(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)')"
)
_USED = re.compile(r"&([^\s&;<>#]{1,200}+);")
_VOCABULARY = re.compile(r"(?:https?|urn|ftp):[^\s<>&]*")  # drawing programs give names to namespaces
_SAYS = re.compile(r"[^\W_]")


class Entities(NamedTuple):
    """``texts`` of the declarations, and whether what they say is *used*, so that the document reads otherwise."""

    texts: tuple[str, ...] = ()
    used: bool = False


def entities(markup: str) -> Entities:
    """The entities that *markup* declares with a text. Those of another file are not in the message. Never raises."""
    if _BEGIN not in markup:
        return Entities()
    named = set(_USED.findall(markup))
    texts: list[str] = []
    used = False
    for declared in _DECLARED.finditer(markup):
        text = unescape_safely(declared["double"] or declared["single"] or "")
        texts.append(text)
        if not _SAYS.search(text) or _VOCABULARY.fullmatch(text):
            continue
        name = declared["name"]
        as_read = unescape_safely(f"&{name};") == text  # "aelig", if it is meant as ever
        # A parameter declares others, in whatever way.
        if declared["parameter"] or (name in named and not as_read):
            used = True
    return Entities(tuple(texts), used)
