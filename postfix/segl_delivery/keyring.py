"""Our own keys, as they lie on disk: one directory (``delivery.keys``), read anew when anything in it changes.

A key is three files of one name:

=================  ====================================================================================
``NAME.key.pem``   the private key, PKCS #8, encrypted or not
``NAME.crt.pem``   its certificate; certificates of authorities after it are passed over
``NAME.json``      what the organisation says of it (:class:`KeyState`); without it, the key is in use
=================  ====================================================================================

A key that cannot be used now (its file is another's, the passphrase is gone or another) is *locked*: its certificate
still tells which mail is encrypted to it, and such mail waits, where what is for nobody here goes on as it came.

Whoever writes puts ``NAME.crt.pem`` there last, by a rename: a key without a certificate is one that is not
finished, and is passed over without a word. A key that cannot be read never hides the others.

The passphrase of encrypted keys stands in a file (``delivery.keys_passphrase``), or comes as the systemd
credential ``segl-keys``. One passphrase for all. Files with keys or the passphrase that others may read are refused.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Annotated, BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from segl.certificates.chain import read_pem
from segl.certificates.judgement import UNREADABLE
from segl.certificates.names import addresses_of, domain_authorities_of, mail_key
from segl.errors import DeliveryError
from segl.settings.organisation import Owner, Owners
from segl.settings.values import Domain
from segl_delivery.cms import keys as cms
from segl_delivery.cms.digests import PrivateKey

CERTIFICATE: Final = ".crt.pem"
PRIVATE: Final = ".key.pem"
STATE: Final = ".json"
CREDENTIAL: Final = "segl-keys"
USER: Final = "segl-deliver"  # who opens mail
MOST_KEYS: Final = 1000
_LARGEST: Final = 64 * 1024  # bytes of a key or a state; of a certificate's file, what read_pem takes


class KeysUnreadable(DeliveryError):
    """The directory or its passphrase cannot be read: nobody can say which keys we hold, and mail waits."""


class KeyStatus(StrEnum):
    """Whether a key is offered and signed with, or only opens what was encrypted to it."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """``NAME.json``. Empty ``domains`` and ``addresses``: those that the certificate names."""

    __pydantic_config__ = ConfigDict(extra="ignore")
    state: KeyStatus = KeyStatus.ACTIVE
    domains: tuple[Domain, ...] = ()
    addresses: tuple[Annotated[str, Field(max_length=320)], ...] = ()


STATE_FORM: Final = TypeAdapter(KeyState)


@dataclass(frozen=True, slots=True)
class LockedKey:
    """A key that is ours and cannot be used now. ``holders`` as :attr:`OwnKey.holders`; a retired one signs nothing."""

    certificate: x509.Certificate
    holders: frozenset[str]
    retired: bool
    why: str


@dataclass(frozen=True, slots=True)
class OwnKey(cms.DecryptionKey):
    """A key of ours and whose mail it is for: whole *domains*, and single *addresses* in the form of
    :func:`~segl.certificates.names.mail_key`. They say for whom it is offered and signed with, and at whose domains
    what is encrypted to it is opened."""

    name: str = ""
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def holders(self) -> frozenset[str]:
        """The domains it is for. An address stands for its whole domain: partners encrypt to one certificate for all of
        it."""
        return frozenset((*self.domains, *(address.rpartition("@")[2] for address in self.addresses)))

    def opens_for(self, domain: str) -> bool:
        """Whether what is encrypted to it may be opened for recipients at *domain* (normal form): one of its own, or a
        part of one. A key that is for nobody opens for anybody."""
        holders = self.holders
        return not holders or any(domain == one or domain.endswith(f".{one}") for one in holders)

    def is_of(self, owner: Owner, owners: Owners) -> bool:
        """Whether it is *owner*'s. Of several organisations in one installation none opens or signs with another's; a
        key of which nothing is said, or a domain that nobody has any more, is that of who runs it."""
        if not owners.several:
            return True
        found = {owners.find(domain) or owners.first for domain in self.holders} or {owners.first}
        return owner in found


class KeyRing:
    """The keys in *directory*. Safe to use from several threads."""

    def __init__(
        self,
        directory: Path,
        passphrase: Path | None = None,
        told: Callable[[Path, str], None] = lambda _file, _why: None,
    ) -> None:
        """*told* hears of each file that cannot be used, once for each change of the directory."""
        self._directory = directory
        self._passphrase = passphrase
        self._told = told
        self._lock = Lock()
        self._seen: object = None
        self._unread = False  # a file could not be read, and may be the next time, whatever it looks like
        self._keys: tuple[OwnKey, ...] = ()
        self._locked: tuple[LockedKey, ...] = ()
        self._by_keys: dict[tuple[OwnKey, ...], cms.DecryptionKeys] = {}

    def keys(self) -> tuple[OwnKey, ...]:
        """All keys, retired ones too, by name. Blocking. No directory: none.

        Raises :class:`KeysUnreadable`."""
        with self._lock:
            self._refresh()
            return self._keys

    def locked(self) -> tuple[LockedKey, ...]:
        """Those that cannot be used now. Blocking. Raises :class:`KeysUnreadable`."""
        with self._lock:
            self._refresh()
            return self._locked

    def decryption_keys(
        self, domain: str = "", may: Callable[[OwnKey], bool] = lambda _own: True
    ) -> cms.DecryptionKeys:
        """Those that open messages for recipients at *domain* (normal form), all without one, as far as they *may*.
        Domains that share their keys get the same object. Raises :class:`KeysUnreadable`."""
        with self._lock:
            self._refresh()
            keys = tuple(own for own in self._keys if may(own) and (not domain or own.opens_for(domain)))
            if keys not in self._by_keys:
                self._by_keys[keys] = cms.DecryptionKeys(keys)
            return self._by_keys[keys]

    def _refresh(self) -> None:
        now = self._look()
        again = now == self._seen
        if again and not self._unread:
            return
        self._unread = False
        read = tuple(self._read((lambda *_: None) if again else self._told))
        self._keys = tuple(own for own in read if isinstance(own, OwnKey))
        self._locked = tuple(own for own in read if isinstance(own, LockedKey))
        self._by_keys, self._seen = {}, now

    def _look(self) -> object:
        """What a change of the directory or the passphrase shows by."""
        files = [entry for entry in self._entries() if entry.name.endswith((CERTIFICATE, PRIVATE, STATE))]
        if secret := _secret_file(self._passphrase):
            files.append(secret)
        return tuple(_stamp(file) for file in sorted(files))

    def _entries(self) -> list[Path]:
        try:
            return list(self._directory.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise KeysUnreadable(
                "our keys cannot be read now", f"{self._directory}: {error.strerror}"
            ) from None

    def _read(self, told: Callable[[Path, str], None]) -> Iterator[OwnKey | LockedKey]:
        names = sorted(
            entry.name.removesuffix(CERTIFICATE)
            for entry in self._entries()
            if entry.name.endswith(CERTIFICATE)
        )
        if not names:
            return
        secret = read_passphrase(self._passphrase)
        for name in names[:MOST_KEYS]:
            file = self._directory / (name + CERTIFICATE)
            try:
                yield read_key(self._directory, name, secret)
            except (OSError, ValueError) as error:
                why = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
                told(file, why)
                if isinstance(error, FileNotFoundError):
                    continue  # a key taken away is no key
                self._unread = self._unread or isinstance(error, OSError)
                if (locked := _locked(self._directory, name, why)) is not None:
                    yield locked
        if len(names) > MOST_KEYS:
            told(self._directory, f"holds more than {MOST_KEYS} keys")


def _secret_file(named: Path | None) -> Path | None:
    if named is not None:
        return named
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(given) / CREDENTIAL if given else None
    return file if file is not None and file.exists() else None


def read_passphrase(named: Path | None) -> bytes | None:
    """The passphrase in the file *named* by the settings, or in the credential; ``None`` when there is neither.

    Raises :class:`KeysUnreadable`, also when the file is there for everybody or empty.
    """
    if (file := _secret_file(named)) is None:
        return None
    try:
        # systemd keeps its credentials to the service itself, by an access list that looks like a group's right.
        secret = (_bytes_of(file) if named is None else _secret_bytes(file)).rstrip(b"\r\n")
    except (OSError, ValueError) as error:
        raise KeysUnreadable(
            "our keys cannot be read now", f"{file}: {getattr(error, 'strerror', None) or error}"
        ) from None
    if not secret:
        raise KeysUnreadable("our keys cannot be read now", f"{file} is empty")
    return secret


def read_key(directory: Path, name: str, passphrase: bytes | None) -> OwnKey:
    """One key. Raises :class:`OSError`, and :class:`ValueError` with a text for the postmaster."""
    certificate = read_pem(directory / (name + CERTIFICATE))[0]
    key = read_private(_secret_bytes(directory / (name + PRIVATE)), passphrase)
    state = read_state(directory / (name + STATE))
    addresses = tuple(filter(None, map(mail_key, state.addresses)))
    domains = state.domains
    if not addresses and not domains:
        addresses, domains = _named_by(certificate)
    try:
        return OwnKey(key, certificate, state.state is KeyStatus.RETIRED, name, domains, addresses)
    except UNREADABLE:
        raise ValueError("the certificate belongs to another key") from None


def _locked(directory: Path, name: str, why: str) -> LockedKey | None:
    """What can be said of a key without the key; ``None`` when its certificate cannot be read either."""
    try:
        certificate = read_pem(directory / (name + CERTIFICATE))[0]
    except (OSError, ValueError):
        return None
    try:
        state = read_state(directory / (name + STATE))
    except (OSError, ValueError):
        state = KeyState()
    addresses, domains = tuple(filter(None, map(mail_key, state.addresses))), state.domains
    if not addresses and not domains:
        addresses, domains = _named_by(certificate)
    holders = frozenset((*domains, *(address.rpartition("@")[2] for address in addresses)))
    return LockedKey(certificate, holders, state.state is KeyStatus.RETIRED, why)


def read_private(pem: bytes, passphrase: bytes | None) -> PrivateKey:
    """The private key in *pem*. Raises :class:`ValueError`."""
    try:
        key = load_pem_private_key(pem, passphrase if b"ENCRYPTED" in pem else None)
    except TypeError:
        raise ValueError("the private key is encrypted, and there is no passphrase") from None
    except UNREADABLE:
        raise ValueError("the private key cannot be read, or the passphrase is another") from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("the private key is neither RSA nor on an elliptic curve")  # noqa: TRY004 - the file is wrong, not the call
    return key


def read_state(file: Path) -> KeyState:
    """What *file* says, or the ordinary state when there is none. Raises :class:`OSError` or
    :class:`ValueError`."""
    try:
        return STATE_FORM.validate_json(_bytes_of(file))
    except FileNotFoundError:
        return KeyState()
    except ValidationError:
        raise ValueError(f"{file.name} does not say what it should") from None


def _named_by(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses, and the domains of which it is the authority (RFC 3183)."""
    domains = domain_authorities_of(certificate)
    addresses = sorted(
        address for address in addresses_of(certificate) if address.rpartition("@")[2] not in domains
    )
    return tuple(addresses), tuple(sorted(domains))


def _bytes_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return _content(opened, file)


def _secret_bytes(file: Path) -> bytes:
    """As :func:`_bytes_of`, of a file that nobody else may read or write: its owner may, and the owner's own group
    read. The group ``segl``, which all processes share, may not. What is read is what was looked at, also when
    another file takes the name meanwhile."""
    with file.open("rb") as opened:
        found = os.fstat(opened.fileno())
        if found.st_mode & 0o037 or (found.st_mode & 0o040 and found.st_gid != _own_group(found.st_uid)):
            mode = found.st_mode & 0o777
            raise ValueError(
                f"{file.name} can be read or changed by others (mode {mode:04o}): chmod 600 {file}"
            )
        return _content(opened, file)


def _content(opened: BinaryIO, file: Path) -> bytes:
    data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"{file.name} is larger than {_LARGEST} bytes")
    return data


def _own_group(user: int) -> int | None:
    """For root's files that of the user who opens mail."""
    try:
        return (pwd.getpwuid(user) if user else pwd.getpwnam(USER)).pw_gid
    except KeyError:
        return None


def _stamp(file: Path) -> tuple[str, int, int, int, int]:
    """Name, inode, size, and when its content and its rights were changed; zeros for one that is not there."""
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0, 0, 0
    return str(file), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
