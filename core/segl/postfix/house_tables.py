"""Tables that ask a server which names are of the house, as the return port can ask them itself.

What :mod:`segl.postfix.house_names` lists stands in a file of ours. A database or a directory cannot be listed:
whoever serves mailboxes for many has domains there, and programs that answer for somebody on leave. So the port asks
them of each recipient of mail that nobody has read. pipemap makes "has it" of whatever they say (DATABASE_README);
while one does not answer, the port does not either (451), and the mail waits.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

from segl.postfix.house_names import is_program
from segl.postfix.running import Instance, split_list

_DOMAINS: Final = ("mydestination", "virtual_mailbox_domains")
# Asked for the parts of an address, too; socketmap and tcp are for the whole of it alone.
_ASKED_BY_KEY: Final = frozenset({"ldap", "mongodb", "mysql", "pgsql", "sqlite"})
_DOMAIN_ALONE: Final = "regexp:{{/^.*@([^@]+)$$/ $$1}}"
_PATH: Final = re.compile(r"(?<=:)/[^\s,{}]+")
_OF_USERS: Final = ("local_transport", "mailbox_transport", "virtual_transport")


def house_tables(front: Instance) -> str:
    """Restrictions that let a recipient pass whom such a table of *front* has, each with a comma behind it; ``""``
    where none is asked. A list that says of some names "not" (``!``) is left out: what it has, no single table tells.
    As they stand in master.cf, with two ``$`` for each."""
    return "".join(f"check_recipient_access pipemap:{{{', '.join(each)}}}, " for each in _asked(front))


def asks_no_others(front: Instance, restrictions: Sequence[str]) -> bool:
    """Whether *restrictions* (the items of a list) let nobody pass but whom :func:`house_tables` does. They may know of
    less: a table, or a program, came after they were written, and such mail takes the longer way."""
    wanted = dict(map(_parts, _asked(front)))
    names, tables = restrictions[::2], restrictions[1::2]
    given = [split_list(one.removeprefix("pipemap:{").removesuffix("}")) for one in tables]
    return (
        len(names) == len(tables)
        and set(names) <= {"check_recipient_access"}
        and all(means <= wanted.get(asked, set()) for asked, means in map(_parts, filter(None, given)))
    )


def _parts(pipe: Sequence[str]) -> tuple[tuple[str, ...], set[str]]:
    """What is asked, with the type of the last table, which says what an answer means; and the entries of that."""
    kind, _, means = pipe[-1].partition(":")
    asked = (*map(_as_it_is, pipe[:-1]), kind)
    return asked, set(split_list(means.removeprefix("{").removesuffix("}")))


def _as_it_is(table: str) -> str:
    """Where an installation is tried out, what is beside main.cf is links to the site's own."""
    return _PATH.sub(lambda found: os.path.realpath(found[0]), table.replace("$$", "$"))


def _asked(front: Instance) -> Iterator[tuple[str, ...]]:
    """Pipes of tables: what is asked, and at last which answer means that a name is of the house. Of lists of domains
    the domain alone is asked for, as Postfix does: a directory that knows people may have addresses of others."""
    for name in _DOMAINS:
        items = split_list(front.value(name))
        if not any(item.startswith("!") for item in items):
            yield from ((_DOMAIN_ALONE, item, "static:OK") for item in items if _is_asked(item))
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
