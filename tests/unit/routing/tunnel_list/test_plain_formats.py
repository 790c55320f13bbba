"""Lists without signature: a directory of PEM, CSV, JSON; and that they end up as the signed ones do."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import TunnelListError
from segl.settings.tunnel import ListFormat, TunnelList
from segl.vocabulary import ListFault
from segl_delivery.smime.signed_list import open_signed
from segl_routing.tunnel_list.accepted import Accepted
from segl_routing.tunnel_list.content import Entry
from segl_routing.tunnel_list.plain_formats import entries_of_csv, entries_of_json, entries_of_pem
from segl_routing.tunnel_list.sources import Fetched, source_of
from segl_routing.tunnel_list.update import UpdateResult, update
from world.lists import NOW, entry, partner
from world.partners import pem

A, B = "a.example", "b.example"
PEM_A, PEM_B = pem(partner(A)).decode(), pem(partner(B)).decode()
[BARE_A] = entry(A).certificates
BOTH = (entry(A), entry(B))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (f"{A};{BARE_A}\n", (entry(A),)),
        (f'{A};"{PEM_A}"\r\n{B};"{PEM_B}"\r\n', BOTH),
        (f'domain,certificate\n{A},"{PEM_A}"\n# note\n\n{B},"{PEM_B}"', BOTH),
        (f"\ufeffdomæne\tcertifikat\n{A}\t{BARE_A}\n", (entry(A),)),
        (f"{A};{BARE_A};ja\n", (entry(A, subdomains=True),)),
        (f"{A};{BARE_A};no\n", (entry(A),)),
        (f"{A};{BARE_A}\n{A};{entry(B).certificates[0]}\n", (entry(A, partner(A), partner(B)),)),
        (f"{A};rubbish\n", (Entry(A, ("rubbish",)),)),
    ],
)
def test_csv(text: str, expected: tuple[Entry, ...]) -> None:
    assert entries_of_csv(text.encode()) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfea", "byte 0 is not UTF-8"),
        (b"a.example\n", "line 1: no certificate"),
        (b"a.example;AAAA;maybe\n", "line 1: the third field"),
        (b"a.example;AAAA;yes\na.example;AAAA;no\n", "line 2: a.example stands there with subdomains"),
        (b'a.example;"AAAA\n', "line 1: unexpected end of data"),
        (b'a.example;"' + b"A" * 2_000_000 + b'"\n', "field larger than"),
    ],
)
def test_csv_of_a_wrong_form(content: bytes, problem: str) -> None:
    with pytest.raises(TunnelListError) as caught:
        entries_of_csv(content)
    assert caught.value.cause is ListFault.BAD_FORM
    assert problem in caught.value.private


def test_json() -> None:
    text = json.dumps({A: PEM_A, B: [PEM_B, PEM_A], "c.example": []})
    assert entries_of_json(text.encode()) == (
        entry(A),
        entry(B, partner(B), partner(A)),
        Entry("c.example", ()),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Expecting value"),
        (b"[]", "is no object"),
        (b"[" * 100_000, "is no JSON object"),
        (b"1" * 10_000, "is no JSON object"),
        (b'{"a.example": 1}', "a.example: is no certificate"),
        (b'{"a.example": [["x"]]}', "a.example: is no certificate"),
        (b'{"a.example": "x", "a.example": "y"}', "names a domain twice"),
    ],
)
def test_json_of_a_wrong_form(content: bytes, problem: str) -> None:
    with pytest.raises(TunnelListError, match=problem):
        entries_of_json(content)


@given(st.binary(max_size=300))
def test_rubbish_is_refused_or_read_and_nothing_else(content: bytes) -> None:
    for read in (entries_of_csv, entries_of_json):
        with suppress(TunnelListError):
            assert isinstance(read(content), tuple)


def test_a_directory_of_pem(tmp_path: Path) -> None:
    (tmp_path / f"{A}.pem").write_text(f"Kommunens:\n{PEM_A}")
    (tmp_path / f"{B}.pem").write_text(PEM_B)
    (tmp_path / "README").write_text("x")
    (tmp_path / "c.example.pem").mkdir()
    os.mkfifo(tmp_path / "d.example.pem")
    assert entries_of_pem(tmp_path, 10_000) == BOTH
    with pytest.raises(TunnelListError) as caught:
        entries_of_pem(tmp_path, 2000)
    assert caught.value.cause is ListFault.TOO_LARGE
    for place in (tmp_path / "missing", tmp_path / "README"):
        with pytest.raises(TunnelListError) as caught:
            entries_of_pem(place, 10_000)
        assert caught.value.cause is ListFault.NO_SOURCE


def no_fetch(_: TunnelList, __: Accepted | None) -> Fetched | None:
    raise AssertionError


@pytest.mark.parametrize("form", [ListFormat.PEM, ListFormat.CSV, ListFormat.JSON])
def test_a_change_is_a_new_serial_and_no_change_is_nothing_new(tmp_path: Path, form: ListFormat) -> None:
    place = tmp_path / "source"

    def put(*domains: str) -> None:
        texts = {domain: pem(partner(domain)).decode() for domain in domains}
        if form is ListFormat.CSV:
            place.write_text("".join(f'{domain};"{text}"\n' for domain, text in texts.items()))
        elif form is ListFormat.JSON:
            place.write_text(json.dumps(texts))
        else:
            place.mkdir(exist_ok=True)
            for domain, text in texts.items():
                (place / f"{domain}.pem").write_text(text)

    terms = TunnelList(name="own", source=str(place), format=form)
    results = []
    for day, domains in enumerate([(A,), (A,), (A, B)]):
        put(*domains)
        now = (NOW + timedelta(days=day)).timestamp()
        done = update(terms, tmp_path / "state", source_of(terms, open_signed, no_fetch), now)
        results.append((done.result, done.copy and done.copy.serial))
    assert results == [(UpdateResult.ACCEPTED, 1), (UpdateResult.NOTHING_NEW, 1), (UpdateResult.ACCEPTED, 2)]
