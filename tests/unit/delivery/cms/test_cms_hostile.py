"""What opening withstands: endless, nested, huge and crowded messages, in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from io import BytesIO

import pytest

from segl import ber
from segl.errors import CannotOpen
from segl_delivery.cms.algorithm import integer, oid
from segl_delivery.cms.choice import COMMON, MODERN
from segl_delivery.cms.enveloped import EnvelopedData, encrypt
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.lines import Base64Reader, base64_lines
from segl_delivery.cms.names import ContentType
from segl_delivery.cms.opening import Decrypted, decrypt, open_layers
from segl_delivery.cms.signed import Signed, Signer, sign
from world.cms_objects import (
    CONTENT,
    EC,
    EC_CERTIFICATE,
    GCM,
    RING,
    RSA_CERTIFICATE,
    compressed,
    inner_of,
    object_of,
    refused,
)
from world.partners import certificate, rsa_key


def test_layers_are_taken_off_one_by_one() -> None:
    """Compressed inside signed inside encrypted: the content, and who signed."""
    small = compressed(zlib.compress(CONTENT))
    outer = encrypt(small, [EC_CERTIFICATE], GCM)
    opened = open_layers(outer, RING)
    assert opened.content == small  # an S/MIME layer is a MIME entity: it is not our business here
    assert [type(layer) for layer in opened.layers] == [Decrypted]
    signed = inner_of(sign(CONTENT, Signer(EC, EC_CERTIFICATE), detached=False))
    nested = compressed(zlib.compress(signed), ContentType.SIGNED)
    opened = open_layers(nested, RING)
    assert opened.content == CONTENT
    assert opened.layers[0] is None
    assert isinstance(opened.layers[1], Signed)
    assert opened.layers[1].signatures[0].holds


def test_encrypted_inside_encrypted() -> None:
    message = encrypt(CONTENT, [EC_CERTIFICATE], GCM)
    outer = _reencrypted(inner_of(message), ContentType.AUTH_ENVELOPED)
    opened = open_layers(outer, RING)
    assert opened.content == CONTENT
    assert len(opened.layers) == 2


def _reencrypted(content: bytes, kind: ContentType) -> bytes:
    """*content* encrypted as being of *kind*; the frame's lengths differ when the names' lengths do."""
    message = encrypt(content, [RSA_CERTIFICATE], COMMON)
    version, recipients, info = ber.children(ber.content_of(inner_of(message), ber.SEQUENCE))
    _, cipher, data = ber.children(ber.content_of(info, ber.SEQUENCE))
    info = ber.element(ber.SEQUENCE, oid(kind.value), cipher, data)
    return object_of(ContentType.ENVELOPED, ber.element(ber.SEQUENCE, version, recipients, info))


def test_endless_nesting_ends() -> None:
    message = compressed(zlib.compress(CONTENT))
    for _ in range(20):
        message = compressed(zlib.compress(inner_of(message)), ContentType.COMPRESSED)
    with pytest.raises(CannotOpen, match="more layers"):
        open_layers(message, RING)


@pytest.mark.slow
def test_a_compression_bomb_is_bounded() -> None:
    """60 MB of zeros in 60 KB, of which ten megabytes are allowed."""
    bomb = zlib.compress(bytes(60_000_000))
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(CannotOpen):
        open_layers(compressed(bomb), RING, largest=10_000_000)
    assert time.process_time() - begun < 2
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    whole = compressed(zlib.compress(bytes(10_000_000)))
    assert open_layers(whole, RING, largest=10_000_000).content == bytes(10_000_000)
    for damaged in (zlib.compress(CONTENT)[:-1], b"", b"rubbish"):
        with pytest.raises(CannotOpen):
            open_layers(compressed(damaged), RING)


DATA = oid(ContentType.DATA.value)


ENVELOPED = oid(ContentType.ENVELOPED.value)


GIGABYTE = b"\x84\x40\x00\x00\x00"


HOSTILE = {
    "empty": b"",
    "a gigabyte that is not there": b"\x30" + GIGABYTE + ENVELOPED + b"\xa0" + GIGABYTE + b"\x30" + GIGABYTE,
    "exabytes": b"\x30\x88" + b"\x7f" * 8,
    "a length of 127 bytes": b"\x30\xff" + b"\x01" * 127,
    "open lengths": b"\x30\x80" * 200_000,
    "open lengths in the recipients": b"\x30\x80"
    + ENVELOPED
    + b"\xa0\x80\x30\x80\x02\x01\x00\x31\x80"
    + b"\x30\x80" * 200_000,
    "octet strings in each other": b"\x30\x80"
    + ENVELOPED
    + b"\xa0\x80\x30\x80\x02\x01\x00\x31\x00\x30\x80"
    + DATA
    + b"\x30\x00\xa0\x80"
    + b"\x24\x80" * 200_000,
    "only ends": b"\0" * 100_000,
    "ends inside": b"\x30\x80" + b"\0" * 100_000,
    "long tags": b"\x3f\xff\xff\xff" * 10_000,
    "an object identifier without end": b"\x30\x80\x06\x84\x00\x01\x00\x00" + b"\x80" * 65536,
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_structures_are_refused_at_once(message: bytes) -> None:
    tracemalloc.start()
    begun = time.process_time()
    for opener in (decrypt, open_layers):
        with pytest.raises(CannotOpen):
            opener(message, RING)
    assert time.process_time() - begun < 2
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_ten_thousand_recipients_are_passed_over() -> None:
    """We are the last of them, and it takes no longer than reading them."""
    stranger = certificate("stranger", rsa_key(2048, 1))
    message = encrypt(CONTENT, [EC_CERTIFICATE, stranger], GCM)
    version, recipients, *rest = ber.children(ber.content_of(inner_of(message), ber.SEQUENCE))
    first, second = ber.children(ber.content_of(recipients, ber.SET))
    ours, other = (first, second) if first[0] == ber.context(1) else (second, first)
    crowd = ber.element(ber.SET, *[other] * 10_000, ours)
    crowded = object_of(ContentType.AUTH_ENVELOPED, ber.element(ber.SEQUENCE, version, crowd, *rest))
    begun = time.process_time()
    assert decrypt(crowded, RING).content == CONTENT
    assert time.process_time() - begun < 2
    claims = ber.element(ber.SET, *[ours] * 10_000)
    crowded = object_of(ContentType.AUTH_ENVELOPED, ber.element(ber.SEQUENCE, version, claims, *rest))
    begun = time.process_time()
    assert decrypt(crowded, RING).content == CONTENT
    assert time.process_time() - begun < 2


def test_a_short_serial_number_is_found_among_many() -> None:
    """Its byte stands in every RecipientInfo: what looks like us by chance must not use up what we look at."""
    first = certificate("first", EC, serial=1)
    strangers = [certificate(f"stranger {number}", rsa_key(2048, 1), serial=1) for number in range(60)]
    message = encrypt(CONTENT, [*strangers, first], GCM)
    assert decrypt(message, DecryptionKeys([DecryptionKey(EC, first)])).content == CONTENT


def test_recipients_that_only_look_like_us_cost_little() -> None:
    """One RecipientInfo of 60 KB with a thousand recipients: our serial number, another issuer."""
    message = encrypt(CONTENT, [EC_CERTIFICATE, RSA_CERTIFICATE], GCM)
    version, recipients, *rest = ber.children(ber.content_of(inner_of(message), ber.SEQUENCE))
    ours = next(
        part for part in ber.children(ber.content_of(recipients, ber.SET)) if part[0] == ber.context(1)
    )
    *head, keys = ber.children(ber.content_of(ours, ber.context(1)))
    [key] = ber.children(ber.content_of(keys, ber.SEQUENCE))
    _, locked = ber.children(ber.content_of(key, ber.SEQUENCE))
    issuer = certificate("another", EC).issuer.public_bytes()
    named = ber.element(ber.SEQUENCE, issuer, integer(EC_CERTIFICATE.serial_number))
    claim = ber.element(ber.SEQUENCE, named, locked)
    crowd = ber.element(ber.context(1), *head, ber.element(ber.SEQUENCE, *[claim] * 600))
    crowded = ber.element(ber.SEQUENCE, version, ber.element(ber.SET, *[crowd] * 20), *rest)
    begun = time.process_time()
    refused(object_of(ContentType.AUTH_ENVELOPED, crowded))
    assert time.process_time() - begun < 3


@pytest.mark.slow
def test_a_large_message_is_in_memory_once_encrypted_and_once_plain() -> None:
    """20 MB: encrypting piece by piece takes next to nothing; opening takes the content, and what of the message
    is still encrypted."""
    size = 20_000_000
    tracemalloc.start()
    zeros = bytes(1_000_000)
    pieces = EnvelopedData(size, [EC_CERTIFICATE], MODERN).pieces(zeros for _ in range(20))
    assert sum(map(len, pieces)) > size
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    message = encrypt(bytes(size), [EC_CERTIFICATE], MODERN)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    assert len(decrypt(message, RING).content) == size
    assert tracemalloc.get_traced_memory()[1] - before < 1.3 * size
    lines = BytesIO(b"".join(base64_lines([message])))
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    assert len(decrypt(Base64Reader(lines), RING).content) == size
    assert tracemalloc.get_traced_memory()[1] - before < 1.3 * size
    tracemalloc.stop()
