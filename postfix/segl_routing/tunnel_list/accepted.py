"""What was accepted of a tunnel list, as it lies on disk, and reading it.

Each list has a folder. In it one small file, ``accepted.json``, says everything that changes: which copy is in
force, which others are kept, the highest serial ever accepted. The copies beside it are never changed once
they are written. So one rename is the whole change from one state to the next, and a reader sees the old or
the new one (rename(2)); a copy that was damaged since is known by its digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from segl.addresses import parents
from segl.errors import TunnelListError
from segl.settings.tunnel import ListFormat
from segl.settings.tunnel import TunnelList as Terms
from segl.vocabulary import ListFault
from segl_routing.choice import Choice, choose
from segl_routing.tunnel_list.content import Entry, TunnelList, parse_list

STATE_FILE: Final = "accepted.json"
_LARGEST_STATE: Final = 4 * 1024 * 1024
_LARGEST_COPY: Final = 512 * 1024 * 1024
_UNREACHABLE: Final = (0, 0, 0)

Complaint = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Copy:
    """One accepted list, and what is worth knowing of it without reading it.

    ``accepted_at`` is Unix time; ``usable`` counts the domains that could be encrypted to then, ``first_end``
    is when the first of their certificates ends; ``signer`` is the pin it was signed under (hex).
    """

    file: Annotated[str, Field(pattern=r"^[0-9]+-[0-9a-f]{16}\.json$")]
    sha256: str
    serial: int
    issued: AwareDatetime
    expires: AwareDatetime | None
    publisher: str
    domains: int
    usable: int
    first_end: AwareDatetime | None
    accepted_at: float
    signer: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The state of one list: the copy in force, those kept (it among them, newest first), and the mark below
    which no serial is taken again, with the digests of what had it.

    ``checked_at`` (Unix time) is when its source last gave it or said that there is nothing newer; ``etag`` and
    ``last_modified`` are what *source* said of it (RFC 9110 §8.8).
    """

    current: Copy
    kept: tuple[Copy, ...]
    highest: int
    highest_sha256: str
    highest_entries: str
    checked_at: float
    source: str
    etag: str = ""
    last_modified: str = ""
    format: Literal["segl-accepted/1"] = "segl-accepted/1"

    @property
    def rolled_back(self) -> bool:
        """Whether the postmaster went back to a copy older than the newest accepted."""
        return self.current.sha256 != self.highest_sha256


_STATE = TypeAdapter(Accepted)


def folder_of(base: Path, name: str) -> Path:
    return base / name


def read_state(folder: Path) -> Accepted | None:
    """``None`` when nothing was ever accepted. Raises :class:`TunnelListError` when the state is there but
    cannot be read: to begin anew would forget the highest serial."""
    file = folder / STATE_FILE
    try:
        with file.open("rb") as stream:
            return _STATE.validate_json(stream.read(_LARGEST_STATE))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise TunnelListError(ListFault.BAD_COPY, f"{file}: {error.strerror}") from None
    except ValidationError:
        hint = f"put it back from a backup, or remove {folder} to begin anew (then any serial is taken)"
        raise TunnelListError(ListFault.BAD_COPY, f"{file} is damaged", hint) from None


def state_bytes(state: Accepted) -> bytes:
    """*state* as :func:`read_state` reads it."""
    return _STATE.dump_json(state, indent=1) + b"\n"


def read_copy(folder: Path, copy: Copy) -> TunnelList:
    """The list of *copy*, exactly as it was accepted. Raises :class:`TunnelListError`."""
    file = folder / copy.file
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST_COPY)
    except OSError as error:
        raise TunnelListError(ListFault.BAD_COPY, f"{file}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != copy.sha256:
        hint = "go to another copy with: segl tunnel rollback"
        raise TunnelListError(ListFault.BAD_COPY, f"{file} is not what was accepted", hint)
    return parse_list(content)


def ends(copy: Copy, terms: Terms) -> datetime | None:
    """When *copy* is used no longer: its end and the days of grace. ``None``: it has no end."""
    return copy.expires + timedelta(days=terms.grace_days) if copy.expires else None


def is_trusted(copy: Copy, terms: Terms) -> bool:
    """Whether its signer is still pinned: a pin that was taken away takes its lists along."""
    return terms.format is not ListFormat.SEGL or copy.signer in terms.signers


class AcceptedList:
    """One accepted list in memory, read again when it has changed. Not for use by several threads."""

    def __init__(self, base: Path, terms: Terms, complain: Complaint) -> None:
        """*complain* is told name and reason when the copy cannot be read; what was read before stays."""
        self.terms = terms
        self.copy: Copy | None = None
        self._folder = folder_of(base, terms.name)
        self._state_file = str(self._folder / STATE_FILE)
        self._complain = complain
        self._version: tuple[int, int, int] | None = None
        self._entries: dict[str, Entry] = {}
        self._choices: dict[str, Choice] = {}

    def choice(self, domain: str, now: float) -> Choice | None:
        """The certificate the list gives *domain* (normal form) at *now* (Unix seconds): that of its own entry,
        or of the nearest domain above it that speaks for its subdomains too. ``None``: it does not know it."""
        self._refresh()
        if self.copy is None or self.over(now) or not is_trusted(self.copy, self.terms):
            return None
        for name in parents(domain):
            found = self._entries.get(name)
            if found is not None and (found.subdomains or name == domain):
                return self._chosen(name, found, now)
        return None

    def over(self, now: float) -> bool:
        """Whether the copy in force has ended, with its days of grace."""
        end = ends(self.copy, self.terms) if self.copy else None
        return end is not None and now > end.timestamp()

    def domains(self) -> Iterator[tuple[str, Entry]]:
        """All entries, by domain."""
        self._refresh()
        yield from sorted(self._entries.items())

    def _chosen(self, name: str, entry: Entry, now: float) -> Choice:
        choice = self._choices.get(name)
        if choice is None or not choice.holds(now):
            certificates, fault = entry.parsed()
            choice = choose(certificates, now)
            if fault and not certificates:
                choice = replace(choice, reason=fault)
            self._choices[name] = choice
        return choice

    def _refresh(self) -> None:
        try:
            found = os.stat(self._state_file)  # noqa: PTH116 - asked for every recipient
        except (FileNotFoundError, NotADirectoryError):
            self._version = None
            self._hold(None, {})
            return
        except OSError as error:
            if self._version != _UNREACHABLE:
                self._version = _UNREACHABLE
                self._complain(self.terms.name, f"{self._state_file}: {error.strerror}")
            return
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        if version == self._version:
            return
        before, self._version = self._version, version
        try:
            self._load()
        except TunnelListError as error:
            if isinstance(error.__context__, OSError):  # in this moment; it may be read in the next
                self._version = _UNREACHABLE
            if self._version != _UNREACHABLE or before != _UNREACHABLE:
                self._complain(self.terms.name, error.private)

    def _load(self) -> None:
        state = read_state(self._folder)
        if state is None:
            self._hold(None, {})
        elif self.copy is not None and state.current.sha256 == self.copy.sha256:
            self.copy = state.current
        else:
            self._hold(state.current, read_copy(self._folder, state.current).by_domain()[0])

    def _hold(self, copy: Copy | None, entries: dict[str, Entry]) -> None:
        self.copy, self._entries, self._choices = copy, entries, {}


def moment(seconds: float) -> datetime:
    """Unix seconds as a time."""
    return datetime.fromtimestamp(seconds, UTC)
