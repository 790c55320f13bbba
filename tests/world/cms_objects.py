"""CMS objects for tests, and the keys they are for."""

from __future__ import annotations

import pytest

from segl import ber
from segl.errors import CannotOpen
from segl_delivery.cms.algorithm import algorithm, integer, octets, oid
from segl_delivery.cms.choice import Choice, Transport
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.names import ContentType
from segl_delivery.cms.opening import decrypt
from world.partners import certificate, ec_key, rsa_key

RSA, EC = rsa_key(), ec_key()
RSA_CERTIFICATE, EC_CERTIFICATE = certificate("rsa", RSA, key_id=True), certificate("ec", EC, key_id=True)
RING = DecryptionKeys([DecryptionKey(RSA, RSA_CERTIFICATE), DecryptionKey(EC, EC_CERTIFICATE)])
CONTENT = "Kære Bo, 010190-1234\r\n".encode()
GCM = Choice(Cipher.AES_256_GCM, Transport.PKCS1)


def refused(message: bytes) -> str:
    """The public text of the refusal."""
    with pytest.raises(CannotOpen) as caught:
        decrypt(message, RING)
    return caught.value.public


def object_of(kind: ContentType, inner: bytes) -> bytes:
    return ber.element(ber.SEQUENCE, oid(kind.value), ber.element(ber.context(0), inner))


def inner_of(message: bytes) -> bytes:
    """What stands inside another message of the CMS object *message*."""
    _, wrapped = ber.children(ber.content_of(message, ber.SEQUENCE))
    return ber.content_of(wrapped, ber.context(0))


def compressed(content: bytes, kind: ContentType = ContentType.DATA) -> bytes:
    zlib_name = "1.2.840.113549.1.9.16.3.8"
    info = ber.element(ber.SEQUENCE, oid(kind.value), ber.element(ber.context(0), octets(content)))
    return object_of(
        ContentType.COMPRESSED, ber.element(ber.SEQUENCE, integer(0), algorithm(zlib_name), info)
    )
