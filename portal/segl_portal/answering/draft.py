"""The key under which a browser keeps what is being written, until it is sent.

It comes from the secret that answers are sealed under, so from link and store together: a page has it only while the
message is open, the next visit has the same one, and with the message it is gone for good. What lies in a browser
without it is noise (``docs/decisions/0095-what-is-being-written.md``).
"""

from __future__ import annotations

from base64 import b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from segl.sealed.keys import Secret


def draft_key(answers: Secret) -> str:
    """32 bytes for AES-256-GCM (RFC 5869), as base64 for the page's script."""
    key = HKDF(SHA256(), 32, salt=None, info=b"segl sealed answer v1: draft").derive(answers.reveal())
    return b64encode(key).decode("ascii")
