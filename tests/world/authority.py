"""Authorities that issue certificates to persons and organisations, take them back, and say so over HTTP.

    root = Authority("Rod-CA")
    issuing = root.below("Udstedende CA")
    with Publisher() as web:
        bo = issuing.issue("bo@kommune.example", lists=[web.url("/ca.crl")], responders=[web.url("/ocsp")])
        web.serve("/ca.crl", issuing.crl([bo]))
        web.answer("/ocsp", lambda question: issuing.ocsp(question, revoked=[bo]))

:func:`oces3` and :func:`oces2` make subjects as Danish certificates have them.
"""

from __future__ import annotations

import datetime
import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from world.partners import ec_key, rsa_key, usage

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
_numbers = itertools.count(1)

Attributes = Sequence[tuple[x509.ObjectIdentifier, str]]


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def name_of(attributes: Attributes) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes])


def oces3(cvr: str, organisation: str, kind: str = "O", name: str = "") -> Attributes:
    """As MitID Erhverv issues them: *kind* O organisation, E employee, P person."""
    number = "12345678-1234-5678-1234-567812345678"
    return (
        (NameOID.COUNTRY_NAME, "DK"),
        (NameOID.ORGANIZATION_IDENTIFIER, f"NTRDK-{cvr}"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.SERIAL_NUMBER, f"UI:DK-{kind}:G:{number}"),
        (NameOID.COMMON_NAME, name or organisation),
    )


def oces2(cvr: str, organisation: str, kind: str = "UID", name: str = "") -> Attributes:
    """As NemID issued them: *kind* UID company, FID function, RID employee."""
    return (
        (NameOID.COUNTRY_NAME, "DK"),
        (NameOID.ORGANIZATION_NAME, f"{organisation} // CVR:{cvr}"),
        (NameOID.COMMON_NAME, name or organisation),
        (NameOID.SERIAL_NUMBER, f"CVR:{cvr}-{kind}:1234567890123"),
    )


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def write_key(self, file: Path) -> Path:
        file.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return file


@dataclass(frozen=True, slots=True)
class Authority:
    """A root, or what stands below one. With an RSA key it signs as the Danish state's do, by RSASSA-PSS."""

    name: str
    parent: Authority | None = None
    key: PrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate: x509.Certificate = field(init=False)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "certificate", self._certificate(**self.options))

    def below(self, name: str, key: PrivateKey | None = None, **options: Any) -> Authority:
        """An authority that this one vouches for; *options* are those of its certificate."""
        return Authority(name, self, key or ec.generate_private_key(ec.SECP256R1()), options=options)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def name_hash(self) -> bytes:
        return sha256(self.certificate.subject.public_bytes()).digest()

    @property
    def key_hash(self) -> bytes:
        """Over the bits of the key alone (RFC 6960 §4.1.1)."""
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        if isinstance(self.key, rsa.RSAPrivateKey):
            encoding, form = serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        return sha256(self.key.public_key().public_bytes(encoding, form)).digest()

    @property
    def padding(self) -> padding.PSS | None:
        return PSS if isinstance(self.key, rsa.RSAPrivateKey) else None

    def issue(
        self,
        address: str | Sequence[str] | None,
        *,
        kind: str = "rsa",
        key: PrivateKey | None = None,
        subject: Attributes | None = None,
        subject_address: str = "",
        begins: float = -10,
        ends: float = 30,
        key_usage: x509.KeyUsage | None = None,
        for_: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
        lists: Sequence[str] = (),
        responders: Sequence[str] = (),
        extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
        names: Sequence[x509.GeneralName] = (),
    ) -> Issued:
        """A certificate for *address* (in the subjectAltName), valid from *begins* to *ends*, in days from now."""
        private = key or (rsa_key(2048, next(_numbers) % 4) if kind == "rsa" else ec_key())
        attributes = list(subject or ((NameOID.COMMON_NAME, str(address or "nobody")[:60]),))
        if subject_address:
            attributes.append((NameOID.EMAIL_ADDRESS, subject_address))
        addresses = [address] if isinstance(address, str) else list(address or ())
        alternatives = [*map(x509.RFC822Name, addresses), *names]
        fits = usage(encrypt=True) if isinstance(private, rsa.RSAPrivateKey) else usage(agree=True)
        builder = self._builder(name_of(attributes), private, begins, ends).add_extension(
            key_usage or fits, critical=True
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        if for_ is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(for_)), critical=False)
        builder = _with_places(builder, lists, responders)
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical=critical)
        return Issued(builder.sign(self.key, hashes.SHA256(), rsa_padding=self.padding), private)

    def crl(
        self,
        revoked: Iterable[Issued | Authority] = (),
        *,
        begun: datetime.timedelta = HOUR,
        lasts: datetime.timedelta | None = DAY,
        extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
        signed_by: Authority | None = None,
    ) -> bytes:
        """A revocation list that came out *begun* ago and holds for *lasts* from now."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now() - begun).next_update(now() + (lasts or DAY))
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now() - DAY).build())
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical=critical)
        signing = signed_by or self
        crl = builder.sign(signing.key, hashes.SHA256(), rsa_padding=signing.padding)
        return crl.public_bytes(serialization.Encoding.DER)

    def ocsp(
        self,
        question: bytes,
        *,
        known: Iterable[Issued] = (),
        revoked: Iterable[Issued] = (),
        begun: datetime.timedelta = HOUR,
        lasts: datetime.timedelta | None = HOUR,
        signer: Issued | Authority | None = None,
        nonce: bool = True,
        about: Issued | None = None,
        as_of: Authority | None = None,
        by_key: bool = False,
        extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        """The answer to an OCSP *question*. Certificates neither *known* nor *revoked* are unknown. *as_of*: it names
        the issuer so, by SHA-256, whatever the question names it by. *by_key*: it names who signs by his key."""
        request = ocsp.load_der_ocsp_request(question)
        good, bad = (
            {c.certificate.serial_number: c for c in known},
            {c.certificate.serial_number for c in revoked},
        )
        serial = about.certificate.serial_number if about else request.serial_number
        status = ocsp.OCSPCertStatus.GOOD if serial in good else ocsp.OCSPCertStatus.UNKNOWN
        if serial in bad:
            status = ocsp.OCSPCertStatus.REVOKED
        algorithm = request.hash_algorithm if as_of is None else hashes.SHA256()
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=request.issuer_name_hash if as_of is None else as_of.name_hash,
            issuer_key_hash=request.issuer_key_hash if as_of is None else as_of.key_hash,
            serial_number=serial,
            algorithm=algorithm,
            cert_status=status,
            this_update=now() - begun,
            next_update=None if lasts is None else now() + lasts,
            revocation_time=now() - DAY if status is ocsp.OCSPCertStatus.REVOKED else None,
            revocation_reason=None,
        )
        signing = signer or self
        named = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
        builder = builder.responder_id(named, signing.certificate)
        if isinstance(signing, Issued):
            builder = builder.certificates([signing.certificate])
        with suppress(x509.ExtensionNotFound):
            theirs = request.extensions.get_extension_for_class(x509.OCSPNonce).value
            if nonce:
                builder = builder.add_extension(theirs, critical=False)
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical=critical)
        answer = builder.sign(signing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        return _by_pss(answer, signing.key) if isinstance(signing.key, rsa.RSAPrivateKey) else answer

    def _builder(
        self, subject: x509.Name, key: PrivateKey, begins: float, ends: float
    ) -> x509.CertificateBuilder:
        issuer = self.certificate.subject if hasattr(self, "certificate") else subject
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() + begins * DAY)
            .not_valid_after(now() + ends * DAY)
        )

    def _certificate(
        self,
        *,
        begins: float = -400,
        ends: float = 400,
        authority: bool = True,
        path_length: int | None = None,
        signs: bool = True,
        signs_lists: bool = True,
        lists: Sequence[str] = (),
        responders: Sequence[str] = (),
        extra: Sequence[x509.ExtensionType] = (),
    ) -> x509.Certificate:
        subject = name_of(
            (
                (NameOID.COUNTRY_NAME, "DK"),
                (NameOID.ORGANIZATION_NAME, "Den Danske Stat (prøve)"),
                (NameOID.COMMON_NAME, self.name),
            )
        )
        by = self.parent
        builder = (by or self)._builder(subject, self.key, begins, ends)
        builder = builder.add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        for extension in extra:
            builder = builder.add_extension(extension, critical=False)
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=signs,
                crl_sign=signs_lists,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        builder = _with_places(builder, lists, responders)
        return builder.sign((by or self).key, hashes.SHA256(), rsa_padding=(by or self).padding)


def _by_pss(answer: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The OCSP *answer*, signed anew: ``cryptography`` signs none by RSASSA-PSS."""
    whole = asn1_ocsp.OCSPResponse.load(answer)
    basic = whole["response_bytes"]["response"].parsed
    basic["signature"] = key.sign(basic["tbs_response_data"].dump(), PSS, hashes.SHA256())
    mask = {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}}
    terms = {"hash_algorithm": {"algorithm": "sha256"}, "mask_gen_algorithm": mask, "salt_length": 32}
    basic["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": terms}
    whole["response_bytes"]["response"] = basic
    return bytes(whole.dump(force=True))


def _with_places(
    builder: x509.CertificateBuilder, lists: Sequence[str], responders: Sequence[str]
) -> x509.CertificateBuilder:
    """Says where to ask about revocation."""
    if lists:
        points = [
            x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in lists
        ]
        builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
    if responders:
        access = [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
            for url in responders
        ]
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    return builder


class Publisher:
    """An HTTP server on loopback: bytes under paths, and functions that answer what is posted."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self.pages: dict[str, bytes | Callable[[bytes], bytes]] = {}
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, body: bytes) -> None:
                publisher.asked.append(self.path)
                page = publisher.pages.get(self.path)
                if page is None:
                    self.send_error(404)
                    return
                content = page(body) if callable(page) else page
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer((address, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def url(self, path: str) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}{path}"

    def serve(self, path: str, content: bytes) -> str:
        """Publish *content*; its address."""
        self.pages[path] = content
        return self.url(path)

    def answer(self, path: str, how: Callable[[bytes], bytes]) -> str:
        self.pages[path] = how
        return self.url(path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()
