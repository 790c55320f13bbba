"""Names by which a message's delivery reports are known again, and facts that travel with the message, sealed.

A delivery report (RFC 3464) brings back the message's envelope id (ENVID, RFC 3461) and its header. Both went through
other hands, and anybody who hands in mail may choose an ENVID. So ours are made with a key that segl-milter and
segl-deliver share and nobody else has:

* an **envelope id** is 16 random bytes and, of these, 16 bytes of HMAC-SHA256 (RFC 2104), all in hex. One that was not
  made by us is told at sight, without asking anybody whether it is known;
* what goes **on** from here (ciphertext, notices) has another id each, of the same random bytes and an HMAC over
them and
  the recipients' domain. A partner is told that one alone, and it speaks of nobody but him;
* the **facts** (why it went securely, for whom) are AES-256-GCM under a second key made from the first, bound to the
  envelope id, in base64. They say nothing to whoever sees them, and cannot be changed or moved to another message.

The key opens no message. Losing it costs receipts of what is under way, and no mail.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from segl.durable import naming, sync_directory
from segl.errors import SeglError

KEY_BYTES: Final = 32
_HALF: Final = 16  # bytes, of the id and of its HMAC
_NONCE: Final = 12
_MOST_FACTS: Final = 256 * 1024  # bytes, unpacked
_FOLD: Final = 72
_WRITTEN: Final = re.compile(r"[0-9a-f]{64}")


def is_written_as_ours(envelope_id: str) -> bool:
    """Whether *envelope_id* has the form of those that are made with such a key, this one or another."""
    return _WRITTEN.fullmatch(envelope_id) is not None


class KeyUnusable(SeglError):
    """The file with the receipts' key is not there, or is not what it must be."""


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """The key. :meth:`load` reads it; nothing of it is ever printed."""

    _secret: bytes = field(repr=False)

    @classmethod
    def load(cls, file: Path) -> ReceiptKey:
        """Raises :class:`KeyUnusable`."""
        hint = "segl install makes it"
        try:
            with file.open("rb") as stream:
                mode = os.fstat(stream.fileno()).st_mode
                found = stream.read(KEY_BYTES + 1)
        except OSError as error:
            raise KeyUnusable("no receipts", f"{file}: {error.strerror}", hint) from None
        if mode & stat.S_IRWXO:
            raise KeyUnusable("no receipts", f"{file}: others may read it", f"chmod o= {file}")
        if len(found) != KEY_BYTES:
            raise KeyUnusable("no receipts", f"{file}: is no key of {KEY_BYTES} bytes", f"rm {file}; {hint}")
        return cls(found)

    @classmethod
    def make(cls, file: Path, group: int) -> bool:
        """Make the file with a new key, for its owner and *group* (an id; -1: nobody) to read. ``False`` when there
        is one already, which is left as it is. It has its name when it is whole, whenever the run is killed or the disk
        full: half a key would be left as it is, too. Raises :class:`OSError`."""
        if os.path.lexists(file):
            return False
        aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}.new")
        try:
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with naming(file), os.fdopen(handle, "wb") as stream:
                os.fchown(handle, -1, group)
                os.fchmod(handle, 0o640 if group >= 0 else 0o600)
                stream.write(secrets.token_bytes(KEY_BYTES))
                stream.flush()
                os.fsync(handle)
            os.link(aside, file)  # takes nobody's place
        except FileExistsError:
            return False
        finally:
            aside.unlink(missing_ok=True)
        sync_directory(file.parent)
        return True

    def new_id(self) -> str:
        """An envelope id that was never used before: 64 characters."""
        name = secrets.token_bytes(_HALF)
        return (name + self._mac(name)).hex()

    def is_genuine(self, envelope_id: str) -> bool:
        """Whether *envelope_id* was made by :meth:`new_id` with this key."""
        if len(envelope_id) != 4 * _HALF or not envelope_id.isascii():
            return False
        try:
            raw = bytes.fromhex(envelope_id)
        except ValueError:
            return False
        name = raw[:_HALF]
        return (
            raw.hex() == envelope_id
            and len(raw) == 2 * _HALF
            and hmac.compare_digest(self._mac(name), raw[_HALF:])
        )

    def onward_id(self, envelope_id: str, domain: str) -> str:
        """The name under which what was made of the message goes on to *domain* (normal form): a server there is
        told it, and it speaks of recipients there alone. ``""`` when *envelope_id* is not genuine."""
        if not self.is_genuine(envelope_id):
            return ""
        name = bytes.fromhex(envelope_id)[:_HALF]
        return (name + self._onward_mac(name, domain)).hex()

    def named_onward(self, given: str, domain: str) -> str:
        """The envelope id of the message that went on to *domain* as *given*; ``""`` when none did."""
        if not is_written_as_ours(given):
            return ""
        raw = bytes.fromhex(given)
        name = raw[:_HALF]
        if not hmac.compare_digest(self._onward_mac(name, domain), raw[_HALF:]):
            return ""
        return (name + self._mac(name)).hex()

    def seal(self, envelope_id: str, facts: bytes) -> str:
        """*facts* as the value of a header field, folded (RFC 5322 §2.2.3) with LF."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher().encrypt(nonce, zlib.compress(facts), envelope_id.encode("ascii"))
        text = b64encode(sealed).decode("ascii")
        return "\n\t".join(text[at : at + _FOLD] for at in range(0, len(text), _FOLD))

    def unseal(self, envelope_id: str, value: str) -> bytes | None:
        """The facts; ``None`` when *value* was not sealed for *envelope_id* with this key."""
        try:
            raw = b64decode("".join(value.split()), validate=True)
            packed = self._cipher().decrypt(raw[:_NONCE], raw[_NONCE:], envelope_id.encode("ascii"))
            return zlib.decompressobj().decompress(packed, _MOST_FACTS)
        except (ValueError, InvalidTag, zlib.error):
            return None

    def proof(self, purpose: bytes, data: bytes) -> bytes:
        """HMAC-SHA256 of *data*, good for *purpose* alone; 32 bytes."""
        return hmac.digest(hmac.digest(self._secret, b"segl proof\0" + purpose, sha256), data, sha256)

    def _mac(self, name: bytes) -> bytes:
        return hmac.digest(self._secret, b"segl envelope id\0" + name, sha256)[:_HALF]

    def _onward_mac(self, name: bytes, domain: str) -> bytes:
        return hmac.digest(
            self._secret, b"segl onward id\0" + name + domain.encode("utf-8", "surrogatepass"), sha256
        )[:_HALF]

    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self._secret, b"segl receipt facts", sha256))
