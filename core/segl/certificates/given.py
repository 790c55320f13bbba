"""Certificates in files as people get them: PEM or DER, alone or in PKCS #7 (``.p7b``: SignedData of nothing, RFC 5652
§5.1), as Windows exports them, base64 without its dashes, and texts that Notepad saved as "Unicode" (UTF-16).

What is none is told by what it is instead: people send their private key along, or in place of the certificate.
"""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from segl.certificates.judgement import UNREADABLE, holds_private_key, load_certificate, load_certificates
from segl.certificates.recipient import load_der

_BEGIN = b"-----BEGIN"
_PKCS7 = re.compile(rb"-----BEGIN (PKCS7|CMS)-----.*?-----END \1-----", re.DOTALL)
_BASE64 = re.compile(rb"\s*MI[A-Za-z0-9+/=\s]+")
# What the SEQUENCE of a file begins with: PFX (RFC 7292 §4), PKCS #8 (RFC 5208 §5), PKCS #1 (RFC 8017 §A.1.2), RFC
# 5915.
_PKCS12 = b"\x02\x01\x03\x30"
_KEYS = (b"\x02\x01\x00\x30", b"\x02\x01\x00\x02", b"\x02\x01\x01\x04")


def in_ascii(data: bytes) -> bytes:
    """A text in UTF-16 with its mark as every other program writes it; anything else as it is."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        with suppress(UnicodeDecodeError):
            return data.decode("utf-16").encode()
    return data


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """Those in a file. Raises :class:`ValueError`, which says what the file is instead."""
    data = in_ascii(data)
    if _BEGIN in data:
        return _in_pem(data)
    if _BASE64.fullmatch(data):
        with suppress(ValueError):
            data = b64decode(data)
    with suppress(ValueError):
        return [load_der(data)]
    with suppress(*UNREADABLE):
        if found := _again(_in_pkcs7(pkcs7.load_der_pkcs7_certificates, data)):
            return found
    body = _body(data)
    if body.startswith(_PKCS12):
        raise ValueError(
            "is a PKCS #12 file, made for a private key: the certificate alone is needed (.cer, .pem)"
        )
    if body.startswith(_KEYS):
        raise ValueError("holds a private key: the certificate alone is needed")
    raise ValueError("holds no certificate in PEM or DER form")


def _in_pem(data: bytes) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    with suppress(*UNREADABLE):
        for block in _PKCS7.finditer(data):
            found += _again(_in_pkcs7(pkcs7.load_pem_pkcs7_certificates, block[0] + b"\n"))
    try:
        if not found or b"-----BEGIN CERTIFICATE-----" in data:
            found += load_certificates(data)
    except UNREADABLE:
        if holds_private_key(data):
            raise ValueError("holds a private key: the certificate alone is needed") from None
        if b"CERTIFICATE REQUEST-----" in data:
            raise ValueError("holds a request, not the certificate that an authority made of it") from None
        raise ValueError("holds no certificate in PEM form") from None
    return found


def _in_pkcs7(load: Callable[[bytes], list[x509.Certificate]], data: bytes) -> list[x509.Certificate]:
    """Without the library's warning of a SET out of order, as OpenSSL writes it: what is read is judged anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return load(data)


def _again(found: list[x509.Certificate]) -> list[x509.Certificate]:
    """Each as :func:`load_certificate` takes it."""
    return [load_certificate(one.public_bytes(Encoding.DER)) for one in found]


def _body(der: bytes) -> bytes:
    """The first bytes within the SEQUENCE that *der* is."""
    if len(der) < 2 or der[0] != 0x30:
        return b""
    at = 2 + (der[1] & 0x7F if der[1] > 0x80 else 0)
    return der[at : at + 8]
