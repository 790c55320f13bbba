"""Any bytes at all, and real messages altered anywhere: they open or are refused, and nothing else happens."""

from __future__ import annotations

import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.errors import CannotOpen
from segl_delivery.cms.choice import COMMON, MODERN, Choice, NamedBy, Transport
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.enveloped import encrypt
from segl_delivery.cms.opening import open_layers
from segl_delivery.cms.signed import Signer, sign
from world.cms_objects import (
    CONTENT,
    EC,
    EC_CERTIFICATE,
    RING,
    RSA,
    RSA_CERTIFICATE,
    compressed,
)

SEEDS = [
    encrypt(CONTENT, [RSA_CERTIFICATE, EC_CERTIFICATE], COMMON),
    encrypt(CONTENT, [RSA_CERTIFICATE, EC_CERTIFICATE], MODERN),
    encrypt(
        CONTENT,
        [RSA_CERTIFICATE],
        Choice(Cipher.AES_128_GCM, Transport.OAEP_SHA1, named_by=NamedBy.KEY_IDENTIFIER),
    ),
    sign(CONTENT, Signer(EC, EC_CERTIFICATE), detached=False),
    sign(CONTENT, Signer(RSA, RSA_CERTIFICATE, pss=True), detached=False),
    compressed(zlib.compress(CONTENT)),
]


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A real message with some bytes altered, cut out, doubled, or taken from another."""
    message = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(message) - 1)))
        length = draw(st.integers(1, 40))
        match draw(st.integers(0, 4)):
            case 0:
                message[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                del message[at : at + length]
            case 2:
                message[at:at] = message[at : at + length]
            case 3:
                other = draw(st.sampled_from(SEEDS))
                message[at : at + length] = other[at : at + length]
            case _:
                message[at:at] = draw(
                    st.sampled_from([b"\x30\x80", b"\0\0", b"\x84\xff\xff\xff\xff", b"\x24\x80"])
                )
    return bytes(message)


@given(mutations())
@settings(max_examples=800, deadline=None)
def test_any_mutation_opens_or_is_refused(message: bytes) -> None:
    """Nothing but CannotOpen comes out, and soon."""
    begun = time.process_time()
    with suppress(CannotOpen):
        open_layers(message, RING)
    assert time.process_time() - begun < 1


@given(st.binary(max_size=400))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_refused(message: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_layers(message, RING)
