"""Postfix lookup tables, as far as one must see into them to know what they can do to a message.

A parameter names tables as ``type:name`` (DATABASE_README). Indexed types are listed with ``postmap -s``;
pattern types (regexp, pcre, cidr) are read from their text; what asks a server (LDAP, SQL, socketmap) cannot
be listed, and says so: :class:`TableUnread`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

from segl.errors import PostfixError
from segl.postfix.remembered import Pairs, Question, remembered
from segl.postfix.running import PostfixBusy, run_postfix, split_list

_LISTED = {"btree", "cdb", "dbm", "hash", "inline", "internal", "lmdb", "sdbm", "texthash"}
PATTERNS = {"regexp", "pcre", "cidr"}
ASKED = {
    "environ",
    "ldap",
    "memcache",
    "mongodb",
    "mysql",
    "nis",
    "nisplus",
    "pgsql",
    "socketmap",
    "sqlite",
    "tcp",
}
_NESTED = {"unionmap", "pipemap"}
# Another table stands behind these: it is asked by another program, or what it answers is logged.
_WRAPPING = {"proxy", "debug"}
_PLAIN = {"static", "fail", "unix", "netinfo", "randmap"}
# What indexed types put behind a table's name to get its file (DATABASE_README). Postfix 3.11 can read one of Berkeley
# DB's by another library (NON_BERKELEYDB_README).
_INDEXED = {
    "btree": (".db", ".lmdb", ".cdb"),
    "cdb": (".cdb",),
    "hash": (".db", ".lmdb", ".cdb"),
    "lmdb": (".lmdb",),
    "texthash": ("",),
}
_TYPES = _LISTED | PATTERNS | ASKED | _NESTED | _PLAIN

_LIST_SECONDS = 10
_MOST_ENTRIES = 500_000


class TableUnread(PostfixError):
    """The table cannot be looked into; the text says why."""


class TableBusy(TableUnread, PostfixBusy):
    """The table could not be looked into in this moment, and may be in the next."""


@dataclass(frozen=True, slots=True)
class Table:
    """``type:name``; *name* is a path, or the contents in braces."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type}:{self.name}"

    @property
    def by_key(self) -> bool:
        """Whether it is asked for parts of an address, too: one of patterns is asked for the whole alone."""
        return self.type not in PATTERNS


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table: the key or pattern, and what is answered."""

    key: str
    value: str


def tables_in(value: str, *, answering: bool = False) -> Iterator[Table]:
    """Every table named in a parameter, also inside restriction lists, ``{…}``, proxy:, debug: and unionmap:.

    *answering*: of a pipemap only the last, whose answer is the answer of all."""
    for item in split_list(value):
        if item.startswith("{"):
            yield from tables_in(_inside(item), answering=answering)
            continue
        kind, colon, name = item.partition(":")
        if not colon:
            continue
        if kind in _WRAPPING:
            yield from tables_in(name, answering=answering)
        elif kind in _NESTED:
            inside = split_list(_inside(name))
            last = inside[-1:] if answering and kind == "pipemap" else inside
            yield from tables_in(" ".join(last), answering=answering)
        elif kind in _TYPES:
            yield Table(kind, name)


def policy_services_in(value: str) -> Iterator[str]:
    """Every server that a restriction list asks by ``check_policy_service``; options in braces are left out
    (SMTPD_POLICY_README)."""
    items = iter(split_list(value))
    for item in items:
        if item.startswith("{"):
            yield from policy_services_in(_inside(item))
        elif item.lower() == "check_policy_service" and (server := next(items, "")):
            yield next(iter(split_list(_inside(server) if server.startswith("{") else server)), "")


def entries(table: Table, config: Path, *, aliases: bool = False) -> tuple[Entry, ...]:
    """All entries of *table*. Raises :class:`TableUnread`. *aliases*: it is an aliases(5) table."""
    if table.type in PATTERNS:
        return tuple(_pattern_entries(table))
    if table.type == "static":
        return (Entry("*", _inside(table.name) if table.name.startswith("{") else table.name),)
    if table.type in _LISTED:
        program = "postalias" if aliases else "postmap"
        listed = remembered(
            Question(table.type, table.name, (program, "-s")), partial(_listed, table, config, program)
        )
        return tuple(Entry(key, value) for key, value in listed)
    if table.type == "randmap":
        return tuple(Entry("*", value) for value in split_list(_inside(table.name)))
    if table.type == "nis" and not _nis_domain():
        return ()
    if table.type in {"fail", "unix", "netinfo"}:
        return ()  # the passwd file and the like: names, no addresses
    raise TableUnread(f"{table} asks a server and cannot be listed")


def look_up(value: str, keys: Sequence[str], config: Path) -> dict[str, str]:
    """What Postfix gets for each of *keys* from the tables named in a parameter: the first answer counts.

    Keys without an answer are left out. Raises :class:`TableUnread`."""
    found: dict[str, str] = {}
    for table in tables_in(value):
        question = Question(table.type, table.name, ("-q", *keys))
        for key, answer in remembered(question, partial(_answers, table, keys, config)):
            found.setdefault(key, answer)
    return found


def _answers(table: Table, keys: Sequence[str], config: Path) -> Pairs:
    given = "".join(f"{key}\n" for key in keys)
    done = _run(table, ["postmap", "-c", str(config), "-q", "-", str(table)], given)
    if "fatal:" in done.stderr or "error:" in done.stderr:
        raise TableUnread(f"{table} cannot be opened: {_fatal(done.stderr)}")
    lines = (line.partition("\t") for line in done.stdout.splitlines())
    return tuple((key, answer) for key, _, answer in lines)


def _listed(table: Table, config: Path, program: str) -> Pairs:
    done = _run(table, [program, "-c", str(config), "-s", str(table)])
    if done.returncode:
        raise TableUnread(f"{table} cannot be opened: {_fatal(done.stderr)}")
    lines = done.stdout.splitlines()
    if len(lines) > _MOST_ENTRIES:
        raise TableUnread(f"{table} has {len(lines)} entries, too many to look through")
    pairs = (line.partition("\t") for line in lines)
    return tuple((key.removesuffix(":"), value) for key, _, value in pairs)


def _run(table: Table, command: Sequence[str], given: str = "") -> CompletedProcess[str]:
    _look_for_file(table)
    try:
        return run_postfix(command, _LIST_SECONDS, given)
    except PostfixBusy as error:
        raise TableBusy(f"{table}: {error.private}") from None
    except PostfixError as error:
        raise TableUnread(f"{table}: {error.private}") from None


def _look_for_file(table: Table) -> None:
    """Raises :class:`TableUnread` when *table*'s file is not there, as when postmap(1) was never run on it. Postfix's
    own programs say so too, but sleep for a second before they end."""
    if table.type not in _INDEXED or not table.name.startswith("/"):
        return
    for suffix in _INDEXED[table.type]:
        try:
            Path(f"{table.name}{suffix}").stat()
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            return  # Postfix's program says why
        return
    file = f"{table.name}{_INDEXED[table.type][0]}"
    raise TableUnread(f"{table} cannot be opened: there is no {file}")


def _fatal(complaint: str) -> str:
    found = [
        part
        for line in complaint.splitlines()
        for part in line.split("fatal: ")[1:] or line.split("error: ")[1:]
    ]
    return found[-1] if found else "no reason given"


def _pattern_entries(table: Table) -> Iterator[Entry]:
    for line in _pattern_lines(table):
        word = line.split(maxsplit=1)
        if word[0].lower() in {"if", "endif"}:
            continue
        if table.type == "cidr":
            yield Entry(word[0], word[1] if len(word) > 1 else "")
        else:
            yield _split_pattern(line)


def _pattern_lines(table: Table) -> Iterator[str]:
    if table.name.startswith("{"):
        yield from (_inside(item) for item in split_list(_inside(table.name)))
        return
    try:
        text = Path(table.name).read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise TableUnread(f"{table} cannot be opened: {error.strerror}") from None
    yield from logical_lines(text)


def logical_lines(text: str) -> Iterator[str]:
    """The lines of a Postfix file with comments dropped and continuation lines joined (postconf(5))."""
    joined = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and joined:
            joined += " " + line.strip()
            continue
        if joined:
            yield joined
        joined = line.strip()
    if joined:
        yield joined


def _split_pattern(line: str) -> Entry:
    """``/pattern/flags  action``; the delimiter is whatever character comes first (regexp_table(5))."""
    body = line.lstrip("!")
    mark, at = body[:1], 1
    while at < len(body) and body[at] != mark:
        at += 2 if body[at] == "\\" else 1
    rest = re.sub(r"^[A-Za-z]*", "", body[at + 1 :], count=1)
    return Entry(body[: at + 1], rest.strip())


def _inside(braces: str) -> str:
    return braces.strip().removeprefix("{").removesuffix("}").strip()


def _nis_domain() -> str:
    try:
        name = Path("/proc/sys/kernel/domainname").read_text("ascii").strip()
    except OSError:
        return ""
    return "" if name == "(none)" else name
