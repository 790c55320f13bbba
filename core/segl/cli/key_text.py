"""What ``segl key`` takes and tells: whom a key is for, what it is called, how it is shown and given away."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from segl.addresses import domain_of, normal_domain
from segl.certificates.judgement import CURVES, UNREADABLE, fingerprint
from segl.certificates.names import addresses_of, domain_authorities_of, holder_of, mail_key
from segl.cli.output import Exit, columns, fail, fail_of_file, printable
from segl.settings.document import Settings
from segl.settings.organisation import Owner

if TYPE_CHECKING:
    from segl_delivery.keyring import KeyState, OwnKey
    from segl_delivery.own_keys.directory import KeptKey

ENOUGH: Final = timedelta(days=60)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LARGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Holders:
    """Whom a key is for: whole own domains, and single addresses at them."""

    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        return self.domains + self.addresses

    @property
    def name(self) -> str:
        """What such a key is called when nobody says: its first domain, or its first address with a hyphen."""
        first = next(iter(self.told), "key")
        return re.sub(r"[^a-z0-9._-]+", "-", first.lower()).strip("-.")[:56] or "key"

    @property
    def certified(self) -> tuple[str, ...]:
        """The addresses that stand in the certificate: a domain by its authority's (RFC 3183)."""
        from segl_delivery.own_keys.making import ROLE

        return (*(f"{ROLE}@{domain}" for domain in self.domains), *self.addresses)

    def state(self, *, retired: bool = False) -> KeyState:
        from segl_delivery.keyring import KeyState, KeyStatus

        state = KeyStatus.RETIRED if retired else KeyStatus.ACTIVE
        return KeyState(state=state, domains=self.domains, addresses=self.addresses)


def holders(settings: Settings, words: Iterable[str]) -> Holders:
    """*words* from the command line; ends the run at one that is not ours."""
    domains: list[str] = []
    addresses: list[str] = []
    for word in words:
        if "@" in word:
            address = mail_key(word)
            if not address.isascii() or not address or not settings.is_own(domain_of(address)):
                fail(f"{word} is no plain address at one of the own domains", "see organisation.domains")
            addresses.append(address)
            continue
        try:
            domain = normal_domain(word)
        except ValueError as error:
            fail(str(error))
        if not settings.is_own(domain):
            fail(f"{domain} is not one of the own domains", "see organisation.domains")
        domains.append(domain)
    wanted = Holders(tuple(dict.fromkeys(domains)), tuple(dict.fromkeys(addresses)))
    if len(owners := owners_in(settings, wanted)) > 1:
        names = " and ".join(owner.name for owner in owners)
        fail(f"that is for {names}: either would open and sign with the other's key", "make one for each")
    return wanted


def owners_in(settings: Settings, holders: Holders) -> list[Owner]:
    """The organisations that *holders* belong to."""
    named = (*holders.domains, *map(domain_of, holders.addresses))
    return list(dict.fromkeys(settings.owner(domain) for domain in named))


def holders_of(
    settings: Settings, words: list[str] | None, certificate: x509.Certificate, *, retired: bool
) -> Holders:
    """As the command line says, else as the certificate does, as far as it speaks of own domains. A *retired* one that
    does not (an organisation's name of before) opens mail to all of them."""
    if words:
        return holders(settings, words)
    domains = tuple(sorted(filter(settings.is_own, domain_authorities_of(certificate))))
    addresses = sorted(addresses_of(certificate))
    ours = [one for one in addresses if settings.is_own(domain_of(one)) and domain_of(one) not in domains]
    if not domains and not ours:
        if retired:
            return Holders(settings.organisation.domains)
        fail(
            "the certificate names no own domain and no address at one",
            f"say whom it is for: --for {settings.organisation.domains[0]}",
            Exit.FAILED,
        )
    return Holders(domains, tuple(ours))


def good_for(kept: Sequence[KeptKey], wanted: Holders, now: datetime) -> KeptKey | None:
    """A key for all that is *wanted* that is good for a while yet, or waits for its certificate."""
    from segl_delivery.own_keys.directory import State

    for one in kept:
        if one.request is not None and _asked(one.request) >= set(wanted.certified):
            return one
        if one.state is not State.ACTIVE or one.own is None:
            continue
        covers = set(one.own.domains) >= set(wanted.domains) and set(one.own.addresses) >= set(
            wanted.addresses
        )
        if covers and one.own.certificate.not_valid_after_utc - now >= ENOUGH:
            return one
    return None


def uncovered(kept: Sequence[KeptKey], without: str, now: datetime) -> tuple[str, ...]:
    """The domains that the key *without* signs for, and for which no other key here would."""
    gone = next((one for one in kept if one.name == without and "sign" in one.uses(now)), None)
    others = [one for one in kept if one.name != without and "sign" in one.uses(now)]
    left = {domain for one in others for domain in _domains(one)}
    return tuple(sorted(_domains(gone) - left)) if gone else ()


def _domains(kept: KeptKey) -> set[str]:
    own = kept.own
    return {*own.domains, *map(domain_of, own.addresses)} if own else set()


def _asked(request: x509.CertificateSigningRequest) -> set[str]:
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names.get_values_for_type(x509.RFC822Name))


def free_name(wanted: str, taken: Collection[str], *, chosen: bool) -> str:
    """*wanted*, or with a number behind it; one that was *chosen* must be free."""
    if not _NAME.fullmatch(wanted):
        fail(f"{printable(wanted)!r} is no name for a key", "up to 64 of a-z 0-9 . _ -")
    if wanted not in taken:
        return wanted
    if chosen:
        fail(f"there is a key {wanted} already", "segl key list shows it", Exit.FAILED)
    return next(name for n in range(2, len(taken) + 3) if (name := f"{wanted}-{n}") not in taken)


def algorithm_of(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return "?"
    if isinstance(key, RSAPublicKey):
        return f"RSA-{key.key_size}"
    return CURVES.get(key.curve.name, key.curve.name) if isinstance(key, EllipticCurvePublicKey) else "?"


def as_dict(kept: KeptKey, now: datetime) -> dict[str, Any]:
    own = kept.own
    return {
        "name": kept.name,
        "state": kept.state.value,
        "domains": list(own.domains) if own else [],
        "addresses": list(own.addresses) if own else [],
        "algorithm": algorithm_of(own.certificate) if own else "",
        "begins": own.certificate.not_valid_before_utc.isoformat() if own else None,
        "ends": own.certificate.not_valid_after_utc.isoformat() if own else None,
        "sha256": fingerprint(own.certificate) if own else None,
        "holder": str(holder_of(own.certificate)) if own else "",
        "chain": len(kept.chain),
        "uses": list(kept.uses(now)),
        "warnings": list(kept.warnings(now)),
    }


def table(found: Sequence[KeptKey], now: datetime, *, as_json: bool) -> Iterator[dict[str, Any] | str]:
    """The keys as records, or as lines with their warnings below."""
    if as_json:
        yield from (as_dict(kept, now) for kept in found)
        return
    lines = columns((kept.name, kept.state.value, *_cells(kept, now)) for kept in found)
    for kept, shown in zip(found, lines, strict=True):
        yield shown
        yield from (f"  ! {printable(warning)}" for warning in kept.warnings(now))


def _cells(kept: KeptKey, now: datetime) -> tuple[str, str, str, str]:
    if kept.own is None:
        return "", "", "", kept.fault if kept.request is None else ", ".join(sorted(_asked(kept.request)))
    certificate = kept.own.certificate
    told = ", ".join((*kept.own.domains, *kept.own.addresses)) or "nobody"
    return (
        algorithm_of(certificate),
        f"until {certificate.not_valid_after_utc:%Y-%m-%d}",
        "+".join(kept.uses(now)),
        printable(told),
    )


def line(kept: KeptKey) -> str:
    if kept.own is None:
        return f"{kept.name} ({kept.state})"
    told = ", ".join((*kept.own.domains, *kept.own.addresses)) or "nobody"
    certificate = kept.own.certificate
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return f"{kept.name} ({kept.state}, {algorithm_of(certificate)}, until {until}) for {printable(told)}"


def next_step(name: str, csr: Path | None) -> str:
    if csr is not None:
        return f"send {csr} to the authority; then segl key import CERTIFICATE"
    return f"segl key export {name} --out FILE, and give that to partners"


def exported(own: OwnKey, along: Sequence[x509.Certificate], form: str) -> bytes:
    """The certificate in *form*; ends the run at one that is not known."""
    certificate = own.certificate
    match form:
        case "pem":
            return b"".join(entry.public_bytes(Encoding.PEM) for entry in (certificate, *along))
        case "der":
            return certificate.public_bytes(Encoding.DER)
        case "fingerprint":
            return f"{fingerprint(certificate)}\n".encode()
        case "smimea":
            return "".join(f"{record}\n" for record in smimea(own)).encode()
        case _:
            return fail(f"--form {form} is not known", "one of pem, der, smimea, fingerprint")


def smimea(own: OwnKey) -> list[str]:
    """DNS records (RFC 8162 §2, §3) for each address of the key: usage 3, the whole certificate. The zone must be
    signed. A domain's key is published under its authority's address."""
    from segl_routing.certificates.smimea import owner_name

    data = own.certificate.public_bytes(Encoding.DER).hex()
    addresses = Holders(own.domains, own.addresses).certified
    return [f"{owner_name(address)}. IN SMIMEA 3 0 0 {data}" for address in addresses]


def pem_of(request: x509.CertificateSigningRequest) -> bytes:
    return request.public_bytes(Encoding.PEM)


def write_public(file: Path, data: bytes) -> None:
    """All or nothing; a link there is replaced, not followed. Ends the run when it cannot be, or when a private key
    would be lost by it."""
    if _holds_key(file):
        fail(f"{file} holds a private key: it was not overwritten", "name another file", Exit.FAILED)
    try:
        descriptor, aside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fchmod(descriptor, 0o644)
                os.fsync(descriptor)
            Path(aside).replace(file)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        fail(f"{file}: {error.strerror}", code=Exit.FAILED)


def _holds_key(file: Path) -> bool:
    """PEM; of a file that is no regular one, or may not be read, nothing is said."""
    try:
        return (
            file.is_file() and not file.is_symlink() and b"PRIVATE KEY-----" in file.read_bytes()[:_LARGEST]
        )
    except OSError:
        return False


def read_bounded(file: Path) -> bytes:
    """At most a megabyte of a regular file; ends the run when it cannot be. A pipe is not waited for."""
    import stat

    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                fail(f"{file} is no file")
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        fail_of_file(file, error)
    return data if len(data) <= _LARGEST else fail(f"{file} is larger than {_LARGEST} bytes")
