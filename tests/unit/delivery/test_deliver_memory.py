"""What a large message takes of segl-deliver's memory, on its way in and out: the message itself is counted in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.processes import memory, peak_megabytes
from segl_delivery.cms.choice import COMMON
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.cms.signed import Signer
from segl_delivery.smime.message import enveloped, signed_entity, split_for_envelope
from world.desk import DOMAIN, SENDER, Desk
from world.partners import certificate, pem, rsa_key

SIZE = 20_000_000
SMALL = b"From: bo@kommune.example\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\nhej\r\n"
LARGE = SMALL + (b"x" * 70 + b"\r\n") * (SIZE // 72)
PARTNER = rsa_key(2048, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, "[inbound]\non = true\n")
    made.partner("kommune.example", rsa_key())
    (made.keys / "ours.key.pem").write_bytes(
        rsa_key(2048, 2).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (made.keys / "ours.key.pem").chmod(0o600)
    (made.keys / "ours.json").write_text(f'{{"domains": ["{DOMAIN}"]}}')
    (made.keys / "ours.crt.pem").write_bytes(pem(OURS))
    made.start()
    yield made
    made.stop()


OURS: x509.Certificate = certificate(SENDER, rsa_key(2048, 2))


def as_a_partner_sends_it(message: bytes) -> bytes:
    outside, entity = split_for_envelope(message, "x")
    entity = signed_entity(entity, Signer(PARTNER, certificate("bo@kommune.example", PARTNER)))
    return b"".join(enveloped(outside, entity, EnvelopedData(entity.size, [OURS], COMMON)).pieces)


@pytest.mark.parametrize("way", ["inbound", "tunnel", "portal"])
def test_a_large_message_takes_three_times_its_size_at_most(desk: Desk, way: str) -> None:
    inward = way == "inbound"
    recipient = SENDER if inward else "bo@kommune.example"
    small, large = map(as_a_partner_sends_it, (SMALL, LARGE)) if inward else (SMALL, LARGE)
    with desk.client(way) as client:
        assert client.deliver("bo@kommune.example", [recipient], small)[0].startswith("250")
        before = memory(desk.daemon.pid).rss
        assert client.deliver("bo@kommune.example", [recipient], large)[0].startswith("250")
    taken = (peak_megabytes(desk.daemon.pid) - before) * 2**20
    assert taken < 3 * len(large)
    arrived = desk.return_port.received[-1].content
    assert (b"Segl-Opened: yes" in arrived[:2000]) is inward
    assert max(len(arrived), *(file.stat().st_size for file in desk.sealed_files()), 0) > SIZE
