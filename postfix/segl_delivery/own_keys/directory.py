"""Writing our own keys: what :mod:`segl_delivery.keyring` reads is put there, retired and taken away here.

A key that waits for its certificate is ``NAME.key.pem`` with the request ``NAME.csr.pem`` beside it. Every file comes
into being complete, by a rename, and the certificate last: a run that is killed leaves a key that is not there
yet, never half of one. One run at a time writes (a lock on the directory).

Files belong to the user that opens mail (``segl-deliver``), when root writes, and to nobody else: 0600 in a directory
of 0700. They are given to that user by their descriptor and never by name: the directory is that user's, who
could put a link there.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from segl.certificates.chain import read_pem
from segl.certificates.judgement import UNREADABLE, lasting_fault, purpose_fault, untimely
from segl.durable import sync_directory
from segl.errors import SeglError
from segl_delivery.cms.digests import PrivateKey
from segl_delivery.keyring import (
    CERTIFICATE,
    PRIVATE,
    STATE,
    USER,
    KeyState,
    KeyStatus,
    OwnKey,
    read_key,
    read_private,
    read_state,
)

REQUEST: Final = ".csr.pem"


class State(StrEnum):
    """``BROKEN``: it is there and cannot be used."""

    ACTIVE = "active"
    RETIRED = "retired"
    WAITING = "waiting"  # for its certificate
    BROKEN = "broken"


class KeyRefused(SeglError):
    """The directory of keys was not changed, or cannot be read."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__("the key was not taken", why, hint)


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key of the directory. ``own`` is there unless it waits or is broken; ``request`` while it waits."""

    name: str
    state: State
    own: OwnKey | None = None
    chain: tuple[x509.Certificate, ...] = ()
    request: x509.CertificateSigningRequest | None = None
    fault: str = ""

    def uses(self, now: datetime) -> tuple[str, ...]:
        """``decrypt``, and ``sign`` for one that is active, valid, and allowed to by its keyUsage."""
        if self.own is None:
            return ()
        signs = self.state is State.ACTIVE and may_sign(self.own.certificate, now)
        return ("decrypt", "sign") if signs else ("decrypt",)

    def warnings(self, now: datetime, soon_days: int = 30) -> tuple[str, ...]:
        """What somebody should do something about."""
        if self.state is State.BROKEN:
            return (self.fault,)
        if self.own is None or self.state is State.RETIRED:
            return ()
        found = [untimely(self.own.certificate, now)]
        left = (self.own.certificate.not_valid_after_utc - now).days
        if 0 <= left < soon_days and not found[0]:
            found.append(f"ends in {left} day{'s' * (left != 1)}")
        if why := lasting_fault(self.own.certificate):
            found.append(f"partners cannot encrypt to it: {why}")
        elif why := purpose_fault(self.own.certificate):
            found.append(f"partners' mail programs may refuse it: {why}")
        if not (self.own.domains or self.own.addresses):
            found.append("it is for no domain and no address")
        return tuple(filter(None, found))


def may_sign(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether signatures by it are worth something at *now*: valid, and keyUsage does not forbid it."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    except UNREADABLE:
        return False
    return not untimely(certificate, now) and (usage is None or usage.digital_signature)


@dataclass(frozen=True, slots=True)
class KeyDirectory:
    """The directory of keys at *path*; *passphrase* encrypts what is written."""

    path: Path
    passphrase: bytes | None = None

    def kept(self) -> list[KeptKey]:
        """All keys, by name. Raises :class:`KeyRefused`."""
        try:
            files = sorted(entry.name for entry in self.path.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _refused(self.path, error) from None
        names = {
            name.removesuffix(end) for name in files for end in (PRIVATE, CERTIFICATE) if name.endswith(end)
        }
        return [self._one(name) for name in sorted(names)]

    def get(self, name: str) -> KeptKey:
        """Raises :class:`KeyRefused`."""
        for kept in self.kept():
            if kept.name == name:
                return kept
        raise KeyRefused(f"there is no key {name}", "segl key list shows them")

    def _one(self, name: str) -> KeptKey:
        request = self.path / (name + REQUEST)
        try:
            if not (self.path / (name + CERTIFICATE)).exists():
                if not request.exists():
                    do = f"import it with its certificate, or, left by a run that was killed, remove {name} --force"
                    return KeptKey(name, State.BROKEN, fault=f"has neither certificate nor request: {do}")
                return KeptKey(name, State.WAITING, request=x509.load_pem_x509_csr(request.read_bytes()))
            own = read_key(self.path, name, self.passphrase)
            chain = tuple(read_pem(self.path / (name + CERTIFICATE))[1:])
        except OSError as error:
            file = Path(error.filename or name).name
            return KeptKey(name, State.BROKEN, fault=f"{file}: {error.strerror or type(error).__name__}")
        except UNREADABLE as error:
            return KeptKey(name, State.BROKEN, fault=str(error))
        return KeptKey(name, State.RETIRED if own.retired else State.ACTIVE, own, chain)

    def waiting_for(self, certificate: x509.Certificate) -> tuple[str, PrivateKey] | None:
        """The waiting key that *certificate* belongs to. Raises :class:`KeyRefused`."""
        for kept in self.kept():
            if kept.request is not None and kept.request.public_key() == certificate.public_key():
                try:
                    pem = (self.path / (kept.name + PRIVATE)).read_bytes()
                    return kept.name, read_private(pem, self.passphrase)
                except (OSError, ValueError) as error:
                    raise KeyRefused(f"{kept.name}: {error}") from None
        return None

    def held_for(self, certificate: x509.Certificate) -> PrivateKey | None:
        """The key in use, or retired, that *certificate* was made for anew. Raises :class:`KeyRefused`."""
        public = certificate.public_key()
        owns = (kept.own for kept in self.kept() if kept.own is not None)
        return next((own.key for own in owns if own.certificate.public_key() == public), None)

    def add(
        self, name: str, key: PrivateKey, certificates: tuple[x509.Certificate, ...], state: KeyState
    ) -> None:
        """*certificates*: the key's own, then the chain. Within :meth:`alone`. Raises :class:`KeyRefused`."""
        self._check_encrypted()
        with self._whole(name):
            self._write(name + PRIVATE, self._pem(key))
            self._write_state(name, state)
            self._write(
                name + CERTIFICATE, b"".join(entry.public_bytes(Encoding.PEM) for entry in certificates)
            )
        (self.path / (name + REQUEST)).unlink(missing_ok=True)
        sync_directory(self.path)

    def add_waiting(
        self, name: str, key: PrivateKey, request: x509.CertificateSigningRequest, state: KeyState
    ) -> None:
        """Within :meth:`alone`. Raises :class:`KeyRefused`."""
        self._check_encrypted()
        with self._whole(name):
            self._write(name + PRIVATE, self._pem(key))
            self._write_state(name, state)
            self._write(name + REQUEST, request.public_bytes(Encoding.PEM))
        sync_directory(self.path)

    @contextmanager
    def _whole(self, name: str) -> Iterator[None]:
        """Where one of the files of *name* cannot be written, those that were not there go: half a key would bear the
        name, and the next run make another."""
        files = [self.path / (name + end) for end in (CERTIFICATE, REQUEST, STATE, PRIVATE)]
        new = [file for file in files if not os.path.lexists(file)]
        try:
            yield
        except BaseException:
            for file in new:
                with suppress(OSError):
                    file.unlink()
            raise

    def set_state(self, name: str, state: KeyStatus) -> None:
        """Within :meth:`alone`. Raises :class:`KeyRefused`."""
        self._write_state(name, replace(self._state(name), state=state))
        sync_directory(self.path)

    def set_holders(self, name: str, domains: tuple[str, ...], addresses: tuple[str, ...]) -> None:
        """Whom the key is for. Within :meth:`alone`. Raises :class:`KeyRefused`."""
        self._write_state(name, replace(self._state(name), domains=domains, addresses=addresses))
        sync_directory(self.path)

    def _state(self, name: str) -> KeyState:
        try:
            return read_state(self.path / (name + STATE))
        except ValueError:
            return KeyState()

    def remove(self, name: str) -> None:
        """The certificate goes first, so that half a removal is no key. Within :meth:`alone`."""
        for end in (CERTIFICATE, REQUEST, STATE, PRIVATE):
            (self.path / (name + end)).unlink(missing_ok=True)
        sync_directory(self.path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other run writes. The directory is made when it is not there. Raises :class:`KeyRefused`."""
        try:
            self._make()
            lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            if self._is_link():
                raise KeyRefused(
                    f"{self.path} is a link", "name the folder itself in delivery.keys"
                ) from None
            raise _refused(self.path, error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            mode = os.fstat(lock).st_mode
            if mode & 0o027:
                raise KeyRefused(
                    f"{self.path}: others may enter or write it (mode {mode & 0o777:04o})",
                    f"chmod 700 {self.path}",
                )
            yield
        except OSError as error:
            raise _refused(error.filename or self.path, error) from None
        finally:
            os.close(lock)

    def _is_link(self) -> bool:
        try:
            return self.path.is_symlink()
        except OSError:  # a folder above it may not be entered
            return False

    def _make(self) -> None:
        try:
            self.path.mkdir(0o700, parents=True)
        except FileExistsError:
            return
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            _give(descriptor)
        finally:
            os.close(descriptor)

    def _check_encrypted(self) -> None:
        """A run that does not know the passphrase must not put a bare key beside encrypted ones."""
        if self.passphrase is not None:
            return
        for file in self.path.glob("*" + PRIVATE):
            if not file.is_symlink() and b"ENCRYPTED" in file.read_bytes()[:65536]:
                why = f"{file.name} is encrypted, and there is no passphrase: another key beside it would be bare"
                raise KeyRefused(why, "set delivery.keys_passphrase, or take that file away")

    def _pem(self, key: PrivateKey) -> bytes:
        locked = BestAvailableEncryption(self.passphrase) if self.passphrase else NoEncryption()
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)

    def _write_state(self, name: str, state: KeyState) -> None:
        words = {"state": state.state, "domains": state.domains, "addresses": state.addresses}
        self._write(name + STATE, json.dumps(words).encode() + b"\n")

    def _write(self, name: str, data: bytes) -> None:
        aside = self.path / f".{name}.new"
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                _give(descriptor)
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            aside.replace(self.path / name)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise


def _give(descriptor: int) -> None:
    """To the user that opens mail, when root writes and there is one."""
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return
    os.fchown(descriptor, user.pw_uid, user.pw_gid)


def _refused(place: Path | str, error: OSError) -> KeyRefused:
    hint = "run as root" if isinstance(error, PermissionError) else ""  # a full disk root has, too
    return KeyRefused(f"{place}: {error.strerror}", hint)
