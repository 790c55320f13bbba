"""Which domains Postfix's lists of domains have (``mydestination``, ``relay_domains`` …), as match_list(3) reads them.

A list holds names, ``type:table``, ``/file`` with more of the same, and ``!`` before any of these for "not". The first
that matches counts. Of ``relay_domains`` a name is all below it, too, as long as ``parent_domain_matches_subdomains``
has it in, which it has unless the site says otherwise; else ``.name`` is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from segl.addresses import parents
from segl.postfix.check import Setup
from segl.postfix.running import Instance, split_list
from segl.postfix.tables import TableUnread, entries, logical_lines, look_up, tables_in

_DEEPEST = 4  # files within files


def takes_domain(setup: Setup, domain: str, parameters: Iterable[str]) -> bool:
    """Whether one of these lists of the front has *domain*. Raises :class:`TableUnread`."""
    return any(listed(setup.front, name, {domain}) for name in parameters)


def listed(front: Instance, parameter: str, domains: Collection[str]) -> set[str]:
    """Those of *domains* (normal form) that the list *parameter* has. Raises :class:`TableUnread`."""
    above = parameter == "relay_domains"
    found, left = set(), set(domains)
    for pattern, wanted in _patterns(front.value(parameter)):
        if not left:
            break
        keys = {domain: [domain, *(keys_above(front, parameter, domain) if above else ())] for domain in left}
        hits = _in_tables(pattern, keys, front) if ":" in pattern else _by_name(pattern.lower(), keys)
        found |= hits if wanted else set()
        left -= hits
    return found


def names_in(front: Instance, parameter: str) -> set[str]:
    """The domains that the list *parameter* names, in lower case: by name, and as keys of tables that can be listed
    (where addresses may stand as well). What is left out: patterns, and tables that ask a server."""
    found: set[str] = set()
    with suppress(TableUnread):
        for pattern, wanted in _patterns(front.value(parameter)):
            names = _keys(pattern, front) if ":" in pattern else {pattern.lower()}
            found = found | names if wanted else found - names
    return {name for name in found if "." in name.strip(".") and "@" not in name}


def _keys(pattern: str, front: Instance) -> set[str]:
    keys: set[str] = set()
    for table in tables_in(pattern):
        with suppress(TableUnread):
            if table.by_key and table.type != "static":
                keys |= {entry.key.lower() for entry in entries(table, front.directory)}
    return keys


def keys_above(front: Instance, parameter: str, domain: str) -> list[str]:
    """What Postfix looks up in *parameter* after *domain* itself: its parents, with a dot before them unless
    ``parent_domain_matches_subdomains`` names the parameter."""
    bare = parameter in split_list(front.value("parent_domain_matches_subdomains"))
    return [name if bare else f".{name}" for name in list(parents(domain))[1:]]


def _by_name(pattern: str, keys: dict[str, list[str]]) -> set[str]:
    return {domain for domain, names in keys.items() if pattern in names}


def _in_tables(pattern: str, keys: dict[str, list[str]], front: Instance) -> set[str]:
    hits: set[str] = set()
    for table in tables_in(pattern):
        asked = keys if table.by_key else {domain: names[:1] for domain, names in keys.items()}
        every = list(dict.fromkeys(name for names in asked.values() for name in names))
        answers = look_up(str(table), every, front.directory)
        hits |= {domain for domain, names in asked.items() if any(name in answers for name in names)}
    return hits


def _patterns(value: str, depth: int = 0) -> Iterator[tuple[str, bool]]:
    """Each pattern, and whether it means yes."""
    for item in split_list(value):
        pattern = item.lstrip("!")
        wanted = (len(item) - len(pattern)) % 2 == 0
        if not pattern.startswith("/"):
            yield pattern, wanted
            continue
        if depth == _DEEPEST:
            raise TableUnread(f"{pattern} is named by files within files")
        try:
            lines = list(logical_lines(Path(pattern).read_text("utf-8", "surrogateescape")))
        except OSError as error:
            raise TableUnread(f"{pattern} cannot be read: {error.strerror}") from None
        for inside, means_yes in _patterns(" ".join(lines), depth + 1):
            yield inside, means_yes is wanted
