"""Public test suites: NIST's PKITS (path validation, as 223 signed messages), and messages that other programs made.

PKITS comes with the package ``cryptography-vectors``, the other messages with that and with ``asn1crypto-tests``. Each
message of PKITS bears in its name whether its signer's path is valid. What is invalid because of a revocation list
is no matter of the path (:mod:`segl_routing.certificates`); everything else that is invalid must be refused. Some valid
paths are refused, too: what they need is not read, and the signature then counts for nothing, which is the safe
side.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509

from segl.certificates.chain import Authorities
from segl_delivery.cms.compressed import decompress
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.opening import decrypt
from segl_delivery.cms.signed import Outcome, Signed, verify
from segl_delivery.keyring import read_private
from segl_delivery.smime.unwrapping import cms_object, unwrap

VECTORS = Path(str(cryptography_vectors.__file__)).parent
PKITS = VECTORS / "x509/PKITS_data"
OTHERS = Path(str(find_spec("asn1crypto_tests").origin)).parent / "fixtures"  # type: ignore[union-attr]
MESSAGES = sorted((PKITS / "smime").glob("*.eml"))
NOW = datetime(2026, 6, 1, tzinfo=UTC)  # the certificates hold from 2010 to 2030

# §4.4, §4.14, §4.15: the revocation lists; §4.5.2, .5, .7: a self-issued authority's.
_OF_LISTS = re.compile(
    r"crl|Revoked|distributionPoint|onlySomeReasons|onlyContains|IDPwithindirect|SelfIssuedNewWithOld"
    r"|SelfIssuedOldWithNew|LongSerialNumberTest18",
    re.IGNORECASE,
)
# Valid, and refused: critical constraints on names of kinds that the library does not read (§4.13), policies that are
# required (§4.8 to §4.12), names that differ in letters or blanks (§4.3), an authority that issued itself anew.
_NOT_READ = re.compile(
    r"nameConstraints|olicyMapping|RequireExplicitPolicy|requireExplicitPolicy|inhibitAnyPolicy|SelfIssued"
    r"|NameChaining(Whitespace|Capitalization)|RolloverfromPrintable|CaseInsensitive"
    r"|GeneralizedTimenotBefore"
)


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return Authorities([certificate_at(PKITS / "certs/TrustAnchorRootCertificate.crt")])


def certificate_at(file: Path) -> x509.Certificate:
    data = file.read_bytes()
    return x509.load_pem_x509_certificate(data) if b"-----" in data else x509.load_der_x509_certificate(data)


def signature_of(message: bytes) -> Signed:
    [layer] = unwrap(message, DecryptionKeys(())).layers
    assert isinstance(layer, Signed)
    return layer


def judged(file: Path, authorities: Authorities) -> str:
    """``holds`` and ``path``, as far as they are so."""
    signed = signature_of(file.read_bytes())
    [signature] = signed.signatures
    if not signature.holds or signature.certificate is None:
        return ""
    chain = authorities.chain(signature.certificate, NOW, signed.certificates)
    return "holds" if chain.fault else "holds, path"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # two of them are negative on purpose
def test_of_pkits_no_invalid_path_is_taken_for_a_good_one(authorities: Authorities) -> None:
    found = {file.stem.removeprefix("Signed"): judged(file, authorities) for file in MESSAGES}
    assert len(found) > 220
    unread = {name for name, what in found.items() if not what}
    assert all("DSA" in name for name in unread)  # §4.1.4 to .6; nobody signs mail with it
    assert len(unread) == 3
    good = {name for name, what in found.items() if what == "holds, path"}
    assert not [name for name in good if "Invalid" in name and not _OF_LISTS.search(name)]
    refused = found.keys() - good - unread
    assert not [name for name in refused if "Invalid" not in name and not _NOT_READ.search(name)]
    assert Counter("Invalid" in name for name in good)[False] >= 69


def test_of_pkits_no_altered_message_holds(authorities: Authorities) -> None:
    for file in MESSAGES[:20]:
        altered = file.read_bytes().replace(b"sample signed", b"simple signed")
        [signature] = signature_of(altered).signatures
        assert signature.outcome is Outcome.ALTERED


WORDS = b"This is the message to encapsulate in PKCS#7/CMS"


@pytest.mark.parametrize(
    ("message", "key", "of", "content"),
    [
        (VECTORS / "pkcs7/enveloped-rsa-oaep.pem", "rsa_key.pem", "rsa_ca.pem", b"Hello, world!"),
        (VECTORS / "pkcs7/enveloped-triple-des.pem", "rsa_key.pem", "rsa_ca.pem", b"Hello, World!"),
        (OTHERS / "cms-enveloped.pem", "test.key", "test.crt", WORDS),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_what_others_encrypted_is_opened(message: Path, key: str, of: str, content: bytes) -> None:
    keys = OTHERS / "keys" if message.parent == OTHERS else VECTORS / "x509/custom/ca"
    private = read_private((keys / key).read_bytes(), None)
    found = decrypt(
        cms_object(message.read_bytes()), DecryptionKeys([DecryptionKey(private, certificate_at(keys / of))])
    )
    assert found.content.strip() == content


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("cms-signed", Outcome.GOOD),
        ("pkcs7-signed", Outcome.GOOD),
        ("cms-signed-digested", Outcome.ALTERED),  # so says openssl 3.5
        ("cms-signed-indefinite-length", Outcome.ALTERED),  # its content was made anonymous afterwards
    ],
)
def test_what_others_signed_is_judged_as_openssl_does(name: str, outcome: Outcome) -> None:
    [signature] = verify((OTHERS / f"{name}.der").read_bytes()).signatures
    assert signature.outcome is outcome


def test_what_others_compressed_is_read() -> None:
    assert decompress((OTHERS / "cms-compressed.der").read_bytes(), 1000)[1].strip() == WORDS
    _, content = decompress((OTHERS / "meca2_compressed.der").read_bytes(), 60_000)
    assert content.startswith(b"Content-Type: application/EDI-Consent\r\n")
