"""Lists without signature: a directory of ``<domain>.pem``, a CSV or a JSON file of domains and certificates.

For what a postmaster already has and trusts: an export, the work of a script of one's own. Certificates
stand there as PEM, or as bare base64 of DER. A value that is of no use leaves out its domain only; a file
whose form is wrong is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from segl.errors import TunnelListError
from segl.vocabulary import ListFault
from segl_routing.tunnel_list.content import MOST_CERTIFICATES, Entry

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
_SPACE = re.compile(r"\s+")
_HEADS: Final = frozenset({"domain", "domæne"})
_YES: Final = frozenset({"1", "yes", "true", "ja", "j", "y", "x"})
_NO: Final = frozenset({"", "0", "no", "false", "nej", "n"})
_LONGEST_FIELD: Final = 1024 * 1024


def entries_of_pem(directory: Path, most: int, only: str = "") -> tuple[Entry, ...]:
    """One entry a file ``<domain>.pem``; other files are passed over. *most* bounds all files together;
    *only* names the one file that is meant."""
    entries: list[Entry] = []
    left = most
    try:
        for file in [directory / only] if only else sorted(directory.iterdir()):
            if file.suffix != ".pem" or not stat.S_ISREG(file.stat().st_mode):
                continue
            content = file.read_bytes() if file.stat().st_size <= left else b"x" * (left + 1)
            left -= len(content)
            if left < 0:
                hint = "raise max_bytes if that is right"
                raise TunnelListError(ListFault.TOO_LARGE, f"{directory} holds more than {most} bytes", hint)
            entries.append(Entry(file.stem, _certificates(content.decode("ascii", "replace"))))
    except NotADirectoryError:
        raise TunnelListError(ListFault.NO_SOURCE, f"{directory} is no directory") from None
    except OSError as error:
        raise TunnelListError(
            ListFault.NO_SOURCE, f"{error.filename or directory}: {error.strerror}"
        ) from None
    return tuple(entries)


def entries_of_csv(content: bytes) -> tuple[Entry, ...]:
    """Rows of ``domain;certificate`` or ``domain;certificate;subdomains``, with semicolons, commas or tabs. A
    row for a domain that was there before adds a certificate to it."""
    text = _text(content)
    rows: dict[str, tuple[list[str], bool]] = {}
    for line, row in _rows(text):
        domain = row[0].strip()
        if line == 1 and domain.lower() in _HEADS:
            continue
        if len(row) < 2:
            raise _bad(f"line {line}: no certificate; a row is domain;certificate")
        wide = row[2].strip().lower() if len(row) > 2 else ""
        if wide not in _YES | _NO:
            raise _bad(f"line {line}: the third field says whether subdomains belong to it: yes or no")
        found, before = rows.get(domain.lower(), ([], False))
        if found and before != (wide in _YES):
            raise _bad(f"line {line}: {domain} stands there with subdomains and without")
        rows[domain.lower()] = ([*found, *_certificates(row[1])][:MOST_CERTIFICATES], wide in _YES)
    return tuple(Entry(domain, tuple(found), wide) for domain, (found, wide) in rows.items())


def entries_of_json(content: bytes) -> tuple[Entry, ...]:
    """``{"kommune.example": "PEM"}``; the value may be a list of them."""
    try:
        found = json.loads(_text(content), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _bad(str(error) if isinstance(error, json.JSONDecodeError) else "is no JSON object") from None
    if not isinstance(found, dict):
        raise _bad('is no object of the form {"domain": "certificate"}')
    return tuple(_json_entry(domain, value) for domain, value in found.items())


def _json_entry(domain: str, value: object) -> Entry:
    values = value if isinstance(value, list) else [value]
    certificates: list[str] = []
    for one in values:
        if not isinstance(one, str):
            raise _bad(f"{domain[:100]}: is no certificate in PEM form, nor a list of them")
        certificates += _certificates(one)
    return Entry(domain, tuple(certificates[:MOST_CERTIFICATES]))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("names a domain twice")
    return found


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    head = text[:4096].partition("-----BEGIN")[0].partition("\n")[0]
    delimiter = max(";,\t", key=head.count)
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row and any(field.strip() for field in row) and not row[0].startswith("#"):
                yield reader.line_num, row
    except csv.Error as error:
        raise _bad(f"line {reader.line_num}: {error}") from None


def _certificates(text: str) -> tuple[str, ...]:
    """The base64 of each certificate in *text*. What is no PEM is taken as one certificate; reading it will
    show."""
    blocks = _PEM.findall(text) or [text]
    found = (_SPACE.sub("", block) for block in blocks)
    return tuple(block for block in found if block)[:MOST_CERTIFICATES]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(f"byte {error.start} is not UTF-8") from None


def _bad(problem: str) -> TunnelListError:
    return TunnelListError(ListFault.BAD_FORM, problem)
