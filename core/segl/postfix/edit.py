"""Edits main.cf and master.cf as a careful person would: order and comments stay, every change is marked.

Only text goes in and out. A file is a sequence of *logical lines* (postconf(5), master(5)): one that begins
with white space continues the last one, also across comments and blank lines between them. What is replaced
in main.cf is kept as a comment beside the new line.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

MARK = "# added by segl install"
ASIDE = "# segl install put aside:"
_OF_OUR_PORTS = frozenset(f"cleanup_service_name={name}" for name in ("segl-cleanup", "segl-own-cleanup"))


@dataclass(frozen=True, slots=True)
class _Logical:
    """One logical line: its first physical line, one past its last, and those between that belong to it."""

    first: int
    end: int
    own: tuple[int, ...]


def set_parameters(text: str, values: Mapping[str, str]) -> str:
    """main.cf *text* with these parameters set: in place where they stood, else at the end."""
    lines = _lines(text)
    found: dict[str, list[_Logical]] = {name: [] for name in values}
    for entry in _logical(lines):
        name = lines[entry.first].partition("=")[0].strip()
        if name in found:
            found[name].append(entry)
    edits = [
        (entry, _replacement(lines, entry, name, values[name], last=entry is entries[-1]))
        for name, entries in found.items()
        for entry in entries
    ]
    for entry, new in sorted(edits, key=lambda edit: -edit[0].first):
        lines[entry.first : entry.end] = new
    added = [
        line for name in values if not found[name] for line in (MARK, f"{name} = {values[name]}".rstrip())
    ]
    return _joined(lines, added)


def without_former(text: str, wanted: Container[str]) -> str:
    """main.cf *text* without what we set for transports of ours that are no more: marked, and named after one. Another
    version brought it; Postfix warns of a parameter that no service reads."""
    lines = _lines(text)
    before = len(lines)
    for entry in reversed(list(_logical(lines))):
        name = lines[entry.first].partition("=")[0].strip()
        if name.startswith("segl-") and name not in wanted and entry.first and lines[entry.first - 1] == MARK:
            del lines[entry.first - 1 : entry.end]
    return _joined(lines, []) if len(lines) != before else text


def set_services(text: str, services: str) -> str:
    """master.cf *text* with *services* (master.cf text with comments): ours of the same name and type are
    replaced, new ones added at the end, marked ones of ours that are no longer wanted taken out."""
    lines, wanted = _lines(text), dict(_services(services))
    before = list(lines)
    standing: set[str] = set()
    for entry in reversed(list(_logical(lines))):
        key, mark = _service_key(lines[entry.first]), _mark_of(lines, entry)
        if key in wanted:
            standing.add(key)
            if _meaning(lines, entry) != _meaning(wanted[key]):
                lines[mark + 1 if mark >= 0 else entry.first : entry.end] = wanted[key]
        elif mark >= 0 and _is_ours(lines, entry):
            del lines[mark : entry.end]
    added = [line for key, body in wanted.items() if key not in standing for line in (MARK, *body)]
    return _joined(lines, added) if added or lines != before else text


def set_options(text: str, keys: Container[str], options: Mapping[str, str]) -> str:
    """master.cf *text* in which the services of *keys* have *options*, each added below a service that has it not. One
    that has it with another value keeps that."""
    lines = _lines(text)
    for entry in reversed(list(_logical(lines))):
        if _service_key(lines[entry.first]) not in keys:
            continue
        standing = {word.partition("=")[0] for word in _meaning(lines, entry)}
        added = [f"  -o {name}={value}" for name, value in options.items() if name not in standing]
        lines[entry.end : entry.end] = [MARK, *added] if added else []
    return _joined(lines, [])


def foreign_services(text: str, services: str) -> tuple[str, ...]:
    """The services of *services* whose name and type somebody else has taken in *text*."""
    lines, wanted = _lines(text), dict(_services(services))
    return tuple(
        key
        for entry in _logical(lines)
        if (key := _service_key(lines[entry.first])) in wanted
        and not _is_ours(lines, entry)
        and _meaning(lines, entry) != _meaning(wanted[key])
    )


def service_keys(text: str) -> frozenset[str]:
    """The services of master.cf *text*, each as postconf writes it: ``127.0.0.1:10026/inet``."""
    lines = _lines(text)
    return frozenset(_service_key(lines[entry.first]) for entry in _logical(lines))


def without_parameters(text: str, names: Container[str]) -> str:
    """main.cf *text* (one of our fragments) without these parameters."""
    lines = _lines(text)
    for entry in reversed(list(_logical(lines))):
        if lines[entry.first].partition("=")[0].strip() in names:
            del lines[entry.first : entry.end]
    return _joined(lines, [])


def without_services(text: str, keys: Container[str]) -> str:
    """master.cf *text* without the services of *keys* (``relay/unix``)."""
    lines = _lines(text)
    for entry in reversed(list(_logical(lines))):
        if _service_key(lines[entry.first]) in keys:
            del lines[entry.first : entry.end]
    return _joined(lines, [])


def parameters_of(text: str) -> dict[str, str]:
    """The parameters of one of our fragments, in order."""
    lines = _lines(text)
    entries = (" ".join(lines[i].strip() for i in entry.own) for entry in _logical(lines))
    return {name.strip(): value.strip() for name, _, value in (entry.partition("=") for entry in entries)}


def _lines(text: str) -> list[str]:
    """Not splitlines(): Postfix ends a line at a newline only."""
    return text.removesuffix("\n").split("\n") if text else []


def _logical(lines: Sequence[str]) -> Iterator[_Logical]:
    own: list[int] = []
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and own:
            own.append(number)
            continue
        if own:
            yield _Logical(own[0], own[-1] + 1, tuple(own))
        own = [number]
    if own:
        yield _Logical(own[0], own[-1] + 1, tuple(own))


def _replacement(lines: Sequence[str], entry: _Logical, name: str, value: str, *, last: bool) -> list[str]:
    """The new text of one entry of *name*; of several only the last one counts (postconf(5))."""
    new = f"{name} = {value}".rstrip()
    if last and entry.first and lines[entry.first - 1] == MARK:
        return [new]
    aside = [line if line.lstrip().startswith("#") else f"#{line}" for line in lines[entry.first : entry.end]]
    return [ASIDE, *aside, *([MARK, new] if last else [])]


def _mark_of(lines: Sequence[str], entry: _Logical) -> int:
    """Where the mark of a service stands: above it, only comments between; -1 when it has none."""
    number = entry.first - 1
    while number >= 0 and lines[number].startswith("#"):
        if lines[number] == MARK:
            return number
        number -= 1
    return -1


def _is_ours(lines: Sequence[str], entry: _Logical) -> bool:
    """By name, or as a port of ours: a mark alone may be left from a service taken out by hand."""
    words = _meaning(lines, entry)
    return words[0].startswith("segl-") or not _OF_OUR_PORTS.isdisjoint(words)


def _services(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each service of a fragment with the comment lines above it."""
    lines, begin = _lines(text), 0
    for entry in _logical(lines):
        above = [line for line in lines[begin : entry.first] if line.strip()]
        yield _service_key(lines[entry.first]), above + list(lines[entry.first : entry.end])
        begin = entry.end


def _service_key(line: str) -> str:
    return "/".join(line.split()[:2])


def _meaning(lines: Sequence[str], entry: _Logical | None = None) -> list[str]:
    """The words of a service without comments and layout."""
    kept = [lines[i] for i in entry.own] if entry else [li for li in lines if not li.lstrip().startswith("#")]
    return [word for line in kept for word in line.split()]


def _joined(lines: Sequence[str], added: Sequence[str]) -> str:
    entries = list(_logical(lines))
    ours = bool(entries) and entries[-1].end == len(lines) and _mark_of(lines, entries[-1]) >= 0
    gap = [""] if added and lines and lines[-1].strip() and not ours else []
    return "".join(f"{line}\n" for line in (*lines, *gap, *added))
