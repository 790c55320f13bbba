"""The object identifiers of CMS that we write or read (RFC 5652, 5083, 3274, 3565, 5084, 5753, 8017)."""

from __future__ import annotations

from enum import Enum


class ContentType(Enum):
    """What a CMS object holds, by its object identifier."""

    DATA = "1.2.840.113549.1.7.1"
    SIGNED = "1.2.840.113549.1.7.2"
    ENVELOPED = "1.2.840.113549.1.7.3"
    COMPRESSED = "1.2.840.113549.1.9.16.1.9"
    AUTH_ENVELOPED = "1.2.840.113549.1.9.16.1.23"


# Attributes (RFC 5652 §11)
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
CAPABILITIES = "1.2.840.113549.1.9.15"

# Ways to hand over the content key
RSA_PKCS1 = "1.2.840.113549.1.1.1"
RSA_OAEP = "1.2.840.113549.1.1.7"
MGF1 = "1.2.840.113549.1.1.8"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
