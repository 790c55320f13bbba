"""A list over HTTPS from a real server: thrifty with a good one, unharmed by a bad one."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import re
import ssl
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from segl.errors import TunnelListError
from segl.settings.tunnel import TunnelList
from segl.vocabulary import ListFault
from segl_delivery.smime.signed_list import open_signed
from segl_routing.tunnel_list.fetch import fetch
from segl_routing.tunnel_list.sources import source_of
from segl_routing.tunnel_list.update import Updated, UpdateResult, update
from world.ca import TestCA
from world.lists import NOW, Publisher, listed
from world.peers import Script
from world.policies import (
    PolicyServer,
    chunked,
    drip,
    endless_body,
    endless_header,
    endless_hints,
    mute,
    page,
)
from world.ports import free_port

PUBLISHER = Publisher()
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> TestCA:
    return TestCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def web(ca: TestCA) -> Iterator[PolicyServer]:
    with PolicyServer(HOST, free_port(), ca.issue([HOST]).server_context()) as running:
        yield running


@pytest.fixture
def terms(web: PolicyServer, ca: TestCA) -> TunnelList:
    web.pages.clear()
    web.visits.clear()
    source = f"https://{HOST}:{web.port}/lister/tunnel.p7m?til=nordby"
    return PUBLISHER.terms(source=source, ca_file=ca.file, seconds=5.0, max_bytes=200_000)


def offer(web: PolicyServer, answer: bytes | Script) -> None:
    web.pages[f"{HOST}:{web.port}"] = answer


def run(terms: TunnelList, base: Path, days: float = 0) -> Updated:
    return update(terms, base, source_of(terms, open_signed, fetch), (NOW + timedelta(days=days)).timestamp())


def refused(terms: TunnelList) -> TunnelListError:
    begun = time.monotonic()
    with pytest.raises(TunnelListError) as caught:
        fetch(terms, None)
    assert time.monotonic() - begun < terms.seconds + 30
    return caught.value


def test_it_comes_and_is_accepted(web: PolicyServer, terms: TunnelList, tmp_path: Path) -> None:
    offer(web, page(PUBLISHER.signed(listed("kommune.example")), kind="application/pkcs7-mime"))
    assert run(terms, tmp_path).result is UpdateResult.ACCEPTED
    [asked] = web.visits
    assert asked.startswith(b"GET /lister/tunnel.p7m?til=nordby HTTP/1.1\r\n")
    assert b"\r\nUser-Agent: segl/" in asked
    assert b"If-None-Match" not in asked


def test_in_pieces_and_without_a_length(web: PolicyServer, terms: TunnelList) -> None:
    signed = PUBLISHER.signed(listed("kommune.example"))
    for answer in (chunked(signed, 100), page(signed, length=False)):
        offer(web, answer)
        fetched = fetch(terms, None)
        assert fetched is not None
        assert fetched.content == signed


def thrifty(signed: bytes, etag: str) -> Script:
    """A server that sends the list only to who does not have it."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(page(signed, f"ETag: {etag}", "Last-Modified: Tue, 24 Nov 2026 10:00:00 GMT"))

    return answer


def test_what_has_not_changed_is_not_sent_again(web: PolicyServer, terms: TunnelList, tmp_path: Path) -> None:
    mark = 'ETag: "v1"', "Last-Modified: Tue, 24 Nov 2026 10:00:00 GMT"
    offer(web, page(PUBLISHER.signed(listed("kommune.example")), *mark))
    run(terms, tmp_path)
    offer(web, page(b"", status="304 Not Modified"))
    assert run(terms, tmp_path, days=1).result is UpdateResult.NOTHING_NEW
    assert b'\r\nIf-None-Match: "v1"\r\nIf-Modified-Since: Tue, 24 Nov 2026 10:00:00 GMT\r\n' in web.visits[1]


def test_a_mark_counts_only_where_it_came_from(web: PolicyServer, terms: TunnelList, tmp_path: Path) -> None:
    """Another address, or a signer that is trusted no longer: the list is asked for as if for the first time."""
    offer(web, page(PUBLISHER.signed(listed("kommune.example")), 'ETag: "v1"'))
    run(terms, tmp_path)
    run(dataclasses.replace(terms, source=terms.source + "2"), tmp_path)
    other = dataclasses.replace(terms, signers=(Publisher("Other", 2).pin,))
    with pytest.raises(TunnelListError, match="not pinned"):
        run(other, tmp_path)
    assert [b"If-None-Match" in visit for visit in web.visits] == [False, False, False]


def test_a_mark_that_would_break_the_next_question_is_not_kept(web: PolicyServer, terms: TunnelList) -> None:
    offer(web, page(b"x", "ETag: " + "x" * 500))
    fetched = fetch(terms, None)
    assert fetched is not None
    assert fetched.etag == ""


@pytest.mark.parametrize(
    ("answer", "cause", "problem"),
    [
        (page(b"", "Location: https://127.0.0.1/x", status="302 Found"), "no-source", "points elsewhere (HTTP 302)"),
        (page(b"", status="404 Not Found"), "no-source", "answers HTTP 404"),
        (page(b"", status="503 Busy"), "no-source", "answers HTTP 503"),
        (page(b"", status="304 Not Modified"), "no-source", "it never sent one"),
        (page(gzip.compress(b"x"), "Content-Encoding: gzip"), "no-source", "compressed"),
        (page(b"x" * 200_001), "too-large", "larger than 200000 bytes"),
        (endless_body, "too-large", "larger than 200000 bytes"),
        (endless_header, "no-source", "does not speak HTTP"),
        (endless_hints, "too-large", "larger than"),
        (page(b"x" * 10, "Content-Length: 100", length=False), "no-source", "broke off"),
        (page(b"x", "Transfer-Encoding: chunked"), "no-source", "does not speak HTTP"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no-source", "does not speak HTTP"),
        (b"", "no-source", "broke off"),
        (drip, "no-source", "did not send it in 0.2 seconds"),
        (mute, "no-source", "did not send it in 0.2 seconds"),
    ],
)  # fmt: skip
def test_what_a_server_may_do_instead(
    web: PolicyServer, terms: TunnelList, answer: bytes | Script, cause: str, problem: str
) -> None:
    offer(web, answer)
    limit = 0.2 if answer in (drip, mute) else terms.seconds
    error = refused(dataclasses.replace(terms, seconds=limit))
    assert error.cause.value == cause, error.private
    assert problem in error.private


def test_memory_is_bounded_by_what_a_list_may_be(web: PolicyServer, terms: TunnelList) -> None:
    offer(web, endless_body)
    tracemalloc.start()
    try:
        refused(terms)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("certificate", "problem"),
    [
        ({"names": ["other.example"]}, "does not verify: IP address mismatch"),
        ({"names": [HOST], "expired": True}, "does not verify: certificate has expired"),
        ({"names": [HOST], "self_signed": True}, "does not verify: self-signed certificate"),
    ],
)
def test_a_server_that_cannot_show_who_it_is(
    ca: TestCA, terms: TunnelList, certificate: dict[str, Any], problem: str
) -> None:
    context = ca.issue(**certificate).server_context()
    with PolicyServer(HOST, free_port(), context) as web:
        error = refused(dataclasses.replace(terms, source=f"https://{HOST}:{web.port}/"))
        assert not web.visits
    assert problem in error.private
    assert "ca_file" in error.hint


def test_without_ca_file_the_systems_authorities_count(web: PolicyServer, terms: TunnelList) -> None:
    assert "does not verify" in refused(dataclasses.replace(terms, ca_file=None)).private


def test_tls_older_than_1_2(ca: TestCA, terms: TunnelList) -> None:
    old = ca.issue([HOST]).server_context(only=ssl.TLSVersion.TLSv1_1)
    with PolicyServer(HOST, free_port(), old) as web:
        error = refused(dataclasses.replace(terms, source=f"https://{HOST}:{web.port}/"))
        assert not web.visits
    assert re.search("cannot agree on TLS 1.2|ConnectionReset", error.private), error.private


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"source": "https://127.0.0.1:1/x"}, "cannot be reached: Connect call failed"),
        ({"source": "https://findes-ikke.invalid/x"}, "cannot be reached: "),
        ({"ca_file": Path("/nowhere.pem")}, "ca_file /nowhere.pem No such file"),
        ({"ca_file": Path("/etc/hostname")}, "ca_file /etc/hostname holds no certificates"),
    ],
)
def test_what_cannot_be_reached_is_said(terms: TunnelList, change: dict[str, Any], problem: str) -> None:
    error = refused(dataclasses.replace(terms, **change))
    assert error.cause is ListFault.NO_SOURCE
    assert re.search(problem, error.private), error.private
