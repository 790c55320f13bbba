"""Tables that ask a server which names are of the house, as the return port can ask them itself.

What :mod:`segl.postfix.house_names` lists stands in a file of ours. A database or a directory cannot be listed:
whoever serves mailboxes for many has domains there, and programs that answer for somebody on leave. So the port asks
them of each recipient of mail that nobody has read. pipemap makes "has it" of whatever they say (DATABASE_README);
while one does not answer, the port does not either (451), and the mail waits.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from segl.postfix.house_names import is_program
from segl.postfix.running import Instance, split_list

_DOMAINS: Final = ("mydestination", "virtual_mailbox_domains")
# Asked for the parts of an address, too; socketmap and tcp are for the whole of it alone.
_ASKED_BY_KEY: Final = frozenset({"ldap", "mongodb", "mysql", "pgsql", "sqlite"})
_PATH: Final = re.compile(r"(?<=:)/[^\s,{}]+")
_OF_USERS: Final = ("local_transport", "mailbox_transport", "virtual_transport")


def house_tables(front: Instance) -> str:
    """Restrictions that let a recipient pass whom such a table of *front* has, each with a comma behind it; ``""``
    where none is asked. A list that says of some names "not" (``!``) is left out: what it has, no single table tells.
    """
    return "".join(f"check_recipient_access pipemap:{{{table}, {means}}}, " for table, means in _asked(front))


def asks_no_others(front: Instance, restrictions: Sequence[str]) -> bool:
    """Whether *restrictions* (the items of a list) let nobody pass but whom :func:`house_tables` does. They may know of
    less: a table, or a program, came after they were written, and such mail takes the longer way."""
    wanted = {(_real(table), kind): means for table, kind, means in _parts(_asked(front))}
    names, tables = restrictions[::2], restrictions[1::2]
    given = [split_list(_real(one).removeprefix("pipemap:{").removesuffix("}")) for one in tables]
    return (
        len(names) == len(tables)
        and set(names) <= {"check_recipient_access"}
        and all(len(one) == 2 for one in given)
        and all(means <= wanted.get((table, kind), set()) for table, kind, means in _parts(given))
    )


def _parts(asked: Iterable[Sequence[str]]) -> Iterator[tuple[str, str, set[str]]]:
    """Of each: the table, and the type and the entries of the one that says what an answer means."""
    for table, last in asked:
        kind, _, means = last.partition(":")
        yield table, kind, set(split_list(means.removeprefix("{").removesuffix("}")))


def _real(value: str) -> str:
    """Where an installation is tried out, what is beside main.cf is links to the site's own."""
    return _PATH.sub(lambda found: os.path.realpath(found[0]), value)


def _asked(front: Instance) -> Iterator[tuple[str, str]]:
    """Each table, and the one that says which of its answers means that a name is of the house."""
    for name in _DOMAINS:
        items = split_list(front.value(name))
        if not any(item.startswith("!") for item in items):
            yield from ((item, "static:OK") for item in items if _is_asked(item))
    here = ", ".join(f"{way}=OK" for way in _ways_of_programs(front))
    yield from (
        (item, f"inline:{{{here}}}") for item in split_list(front.value("transport_maps")) if _is_asked(item)
    )


def _is_asked(item: str) -> bool:
    return item.removeprefix("proxy:").partition(":")[0] in _ASKED_BY_KEY


def _ways_of_programs(front: Instance) -> list[str]:
    """What such a table says where a program or a mailbox here is meant (transport(5)), as far as it can be foreseen: a
    name with nothing behind it, and what the front names itself."""
    found: list[str] = []
    for service in front.services:
        if service.type == "unix" and is_program(service, ""):
            found += (service.name, f"{service.name}:")
    for way in map(front.value, _OF_USERS):
        transport, _, hop = way.partition(":")
        if hop and is_program(front.service(transport, "unix"), hop):
            found.append(way)
    return list(dict.fromkeys(found))
