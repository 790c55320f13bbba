"""The STARTTLS probe against real servers: good, ill-equipped and hostile."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segl.vocabulary import Known
from segl_routing.proofs.probe import MAX_ADDRESSES, Greeting, ProbeResult, probe, trust
from world.ca import TestCA
from world.outside import Outside
from world.peers import (
    Script,
    dripping,
    endless_greeting,
    endless_line,
    hanging_up,
    says,
    silent,
)

HOST = "mx.kommune.example"
OFFER = "250-mx.kommune.example\r\n250 STARTTLS"


def probed(outside: Outside, *addresses: str, seconds: float = 30, host: str = HOST) -> ProbeResult:
    return asyncio.run(
        probe(
            host,
            addresses,
            port=outside.port,
            greeting=Greeting("nordby-vand.example", "mail.nordby-vand.example"),
            context=trust(outside.ca.file),
            seconds=seconds,
        )
    ).result


def tls(**how: bool) -> Callable[[TestCA], ssl.SSLContext]:
    return lambda ca: ca.issue([HOST], **how).server_context()  # type: ignore[arg-type]


def only(version: ssl.TLSVersion) -> Callable[[TestCA], ssl.SSLContext]:
    return lambda ca: ca.issue([HOST], key="rsa").server_context(only=version)


def named(*names: str) -> Callable[[TestCA], ssl.SSLContext]:
    return lambda ca: ca.issue(names).server_context()


def of_another_authority(ca: TestCA) -> ssl.SSLContext:
    return TestCA(ca.directory / "other", "Unheard-of root").issue([HOST]).server_context()


@pytest.mark.parametrize(
    ("context", "result"),
    [
        (tls(), ProbeResult.VERIFIED),
        (only(ssl.TLSVersion.TLSv1_2), ProbeResult.VERIFIED),
        (only(ssl.TLSVersion.TLSv1_3), ProbeResult.VERIFIED),
        (named("*.kommune.example"), ProbeResult.VERIFIED),
        (named("other.example", HOST), ProbeResult.VERIFIED),
        (tls(self_signed=True), ProbeResult.SELF_SIGNED),
        (tls(expired=True), ProbeResult.EXPIRED),
        (tls(early=True), ProbeResult.NOT_YET),
        (named("mx.other.example"), ProbeResult.WRONG_NAME),
        (named("kommune.example"), ProbeResult.WRONG_NAME),  # the domain's name is not the host's
        (named("*.example"), ProbeResult.WRONG_NAME),  # a star stands for one label
        (of_another_authority, ProbeResult.UNTRUSTED),
        (lambda ca: None, ProbeResult.NO_STARTTLS),
    ],
)
def test_servers(
    outside: Outside, context: Callable[[TestCA], ssl.SSLContext | None], result: ProbeResult
) -> None:
    with outside.alone(context(outside.ca)) as peer:
        assert probed(outside, peer.address) is result
        assert not peer.received, "no mail transaction is begun"
        assert b"MAIL" not in peer.clear.upper()


def test_old_tls_is_no_proof(outside: Outside) -> None:
    with outside.alone(only(ssl.TLSVersion.TLSv1_1)(outside.ca)) as peer:
        assert probed(outside, peer.address).known is not Known.YES


@pytest.mark.parametrize(
    ("script", "result"),
    [
        (silent, ProbeResult.TIMED_OUT),
        (dripping, ProbeResult.TIMED_OUT),
        (says("220 hello", OFFER, "220 go ahead"), ProbeResult.TIMED_OUT),  # no handshake comes
        (endless_greeting, ProbeResult.GARBLED),
        (endless_line, ProbeResult.GARBLED),
        (says("HTTP/1.1 400 Bad Request"), ProbeResult.GARBLED),
        (says("220 hello", "250-x\r\n251-y\r\n9 STARTTLS"), ProbeResult.GARBLED),
        (says("220 hello", OFFER, "220 go ahead\r\n250 slipped in"), ProbeResult.GARBLED),  # CVE-2011-0411
        (hanging_up, ProbeResult.CLOSED),
        (says("220 hello", wait=False), ProbeResult.CLOSED),
        (says("220 hello", OFFER, "220 go ahead", wait=False), ProbeResult.CLOSED),
        (says("421 4.3.2 too busy"), ProbeResult.BUSY),
        (says("220 hello", "451 later"), ProbeResult.BUSY),
        (says("220 hello", OFFER, "454 TLS not available now"), ProbeResult.BUSY),
        (says("554 go away"), ProbeResult.REFUSED),
        (says("220 hello", "502 no EHLO here"), ProbeResult.REFUSED),
        (says("220 hello", OFFER, "501 no"), ProbeResult.REFUSED),
        (says("220-hello\r\n220-and\r\n220 welcome", "250 x", "221 bye"), ProbeResult.NO_STARTTLS),
        (says("220 hello", "250-x\r\n250 XSTARTTLS", "221 bye"), ProbeResult.NO_STARTTLS),
        (says("220 hello", "250 STARTTLS", "221 bye"), ProbeResult.NO_STARTTLS),  # its name, not an offer
        (says("220 \udcff", "250-\udcff\r\n250 \udcff"), ProbeResult.NO_STARTTLS),  # takes no leave
        (says("220 hello", OFFER, "220 go ahead", "this is no TLS record at all"), ProbeResult.TLS_FAILED),
    ],
)
@pytest.mark.slow
def test_hostile_and_broken_servers(outside: Outside, script: Script, result: ProbeResult) -> None:
    with outside.alone_scripted(script) as peer:
        begun = time.monotonic()
        late = result is ProbeResult.TIMED_OUT
        assert probed(outside, peer.address, seconds=0.2 if late else 30) is result
        assert time.monotonic() - begun < 15


def test_nobody_there(outside: Outside) -> None:
    assert probed(outside, "127.0.0.99") is ProbeResult.UNREACHABLE
    assert probed(outside) is ProbeResult.UNREACHABLE


@pytest.mark.slow
def test_the_next_address_is_tried_until_one_answers_plainly(outside: Outside) -> None:
    with outside.alone_scripted(silent) as mute, outside.alone(tls()(outside.ca)) as good:
        assert probed(outside, "127.0.0.99", mute.address, good.address, seconds=1.2) is ProbeResult.VERIFIED
        assert mute.connections == 1


def test_a_plain_no_ends_the_search(outside: Outside) -> None:
    with outside.alone() as bare, outside.alone(tls()(outside.ca)) as good:
        assert probed(outside, bare.address, good.address) is ProbeResult.NO_STARTTLS
        assert good.connections == 0


def test_many_addresses_take_no_more_time(outside: Outside) -> None:
    with outside.alone_scripted(silent) as mute:
        begun = time.monotonic()
        assert probed(outside, *[mute.address] * 50, seconds=0.3) is ProbeResult.TIMED_OUT
        assert time.monotonic() - begun < 7  # of fifteen seconds one after the other
        assert mute.connections <= MAX_ADDRESSES


def test_no_open_connection_is_left_behind(outside: Outside) -> None:
    """Also when it is broken off in the middle of the handshake."""
    script = says("220 hello", OFFER, "220 go ahead")

    async def run() -> int:
        with outside.alone_scripted(script) as peer:
            for _ in range(3):
                await probe(
                    HOST,
                    [peer.address],
                    port=outside.port,
                    greeting=Greeting("x.example"),
                    context=trust(outside.ca.file),
                    seconds=0.1,
                )
            async with asyncio.timeout(10):
                while peer._writers:  # noqa: ASYNC110  # the peer hears of it in its own time, and tells nobody
                    await asyncio.sleep(0.01)
            return peer.connections

    assert asyncio.run(run()) > 0


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("250-mail.nordby-vand.example", ProbeResult.OURSELVES),
        ("250-Mail.Nordby-Vand.EXAMPLE at your service", ProbeResult.OURSELVES),
        ("250-mail.nordby-vand.example.dk", ProbeResult.TLS_FAILED),
        ("250-nordby-vand.example", ProbeResult.TLS_FAILED),
        ("250-mx.kommune.example greets mail.nordby-vand.example", ProbeResult.TLS_FAILED),
        ("250-", ProbeResult.TLS_FAILED),
    ],
)
def test_who_answers_by_our_own_name_is_this_host(outside: Outside, answer: str, result: ProbeResult) -> None:
    """A mail host that repeats the name we say is another: many do."""
    with outside.alone_scripted(
        says("220 hello", f"{answer}\r\n250 STARTTLS", "220 go ahead", "no TLS")
    ) as peer:
        assert probed(outside, peer.address) is result


def test_trust_needs_certificates(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(ssl.SSLError):
        trust(empty)
    with pytest.raises(FileNotFoundError):
        trust(tmp_path / "missing.pem")


def test_every_result_has_its_own_word() -> None:
    assert len({result.word for result in ProbeResult}) == len(ProbeResult)
    assert [r for r in ProbeResult if r.known is Known.YES] == [ProbeResult.VERIFIED]
