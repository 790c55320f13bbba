"""Each reader takes the kind of CMS object that is its own, and says of any other what it is not."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from itertools import permutations

import pytest

from segl.ber import Damaged
from segl_delivery.cms.compressed import decompress
from segl_delivery.cms.enveloped import encrypt
from segl_delivery.cms.frame import read_frame
from segl_delivery.cms.signed import Signer, sign, verify
from world.cms_objects import CONTENT, EC_CERTIFICATE, compressed
from world.partners import certificate, rsa_key

OURS = Signer(rsa_key(), certificate("anna@nordby.example", rsa_key()))
MADE = {
    "signed": sign(CONTENT, OURS, detached=False),
    "encrypted": encrypt(CONTENT, [EC_CERTIFICATE]),
    "compressed": compressed(zlib.compress(CONTENT)),
}
READERS: dict[str, tuple[Callable[[bytes], object], str]] = {
    "signed": (verify, "no SignedData"),
    "encrypted": (lambda message: read_frame(message, None), "no encrypted message"),
    "compressed": (lambda message: decompress(message, len(CONTENT)), "no CompressedData"),
}


@pytest.mark.parametrize("kind", MADE)
def test_its_own_is_read(kind: str) -> None:
    READERS[kind][0](MADE[kind])


@pytest.mark.parametrize(("kind", "reader"), [*permutations(MADE, 2)])
def test_another_is_refused_by_name(kind: str, reader: str) -> None:
    read, words = READERS[reader]
    with pytest.raises(Damaged, match=words):
        read(MADE[kind])
