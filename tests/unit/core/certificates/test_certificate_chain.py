"""Which certificates lead to an authority that is trusted, and whether mail for an address may use them."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from segl.certificates.chain import Authorities
from segl.certificates.recipient import load_der, unfit
from segl.errors import SettingsError
from world.authority import Authority, now
from world.partners import rsa_key, usage

ROOT = Authority("Rod-CA")
ISSUING = ROOT.below("Udstedende CA")
BO = ISSUING.issue("bo@x.example")
DAY = datetime.timedelta(days=1)
UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")  # RFC 9598


def utf8(address: str) -> x509.OtherName:
    raw = address.encode()
    return x509.OtherName(UTF8_MAILBOX, bytes([0x0C, len(raw)]) + raw)


def test_a_chain_is_built_from_what_came_along_and_from_what_is_known() -> None:
    for authorities, along in (
        (Authorities([ROOT.certificate]), [ISSUING.certificate]),
        (Authorities([ROOT.certificate], [ISSUING.certificate]), []),
        (Authorities([ISSUING.certificate]), []),
    ):
        found = authorities.chain(BO.certificate, now(), along)
        assert not found.fault
        assert found.certificates[0] == BO.certificate
        assert found.certificates[-1] in (ROOT.certificate, ISSUING.certificate)


def test_certificates_as_oces2_made_them_have_a_chain() -> None:
    """No subjectAltName, no extendedKeyUsage, the address in the subject."""
    old = ISSUING.issue(None, subject_address="bo@x.example", for_=None)
    assert not Authorities([ROOT.certificate], [ISSUING.certificate]).chain(old.certificate, now()).fault


@pytest.mark.parametrize(
    ("above", "fault"),
    [
        (Authority("Rod-CA"), "does not lead to a trusted authority"),  # the same name, another key
        (ROOT.below("no authority", authority=False), "does not lead"),
        (ROOT.below("may not sign", signs=False), "does not lead"),
        (ROOT.below("ended", begins=-90, ends=-1), "not valid now"),
        (ROOT.below("short", path_length=0).below("one too many"), "does not lead"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_chains_that_do_not_hold(above: Authority, fault: str) -> None:
    leaf = above.issue("bo@x.example").certificate
    along = [entry.certificate for entry in (above, above.parent) if entry is not None]
    found = Authorities([ROOT.certificate]).chain(leaf, now(), along)
    assert found.certificates == ()
    assert fault in found.fault


def test_a_chain_holds_at_the_time_that_is_asked_about() -> None:
    """A certificate is judged for the moment the answer is for, not for now."""
    authorities = Authorities([ROOT.certificate], [ISSUING.certificate])
    assert not authorities.chain(BO.certificate, now() + 29 * DAY).fault
    assert "not valid now" in authorities.chain(BO.certificate, now() + 401 * DAY).fault


def test_an_authority_with_a_short_key_vouches_for_nobody() -> None:
    weak = Authority("Kort nøgle", key=rsa_key(1024))
    assert Authorities([weak.certificate]).chain(weak.issue("bo@x.example").certificate, now()).fault


def confined(*allowed: str, excluded: Sequence[str] = ()) -> x509.NameConstraints:
    permitted = [x509.RFC822Name(name) for name in allowed] or None
    return x509.NameConstraints(permitted, [x509.RFC822Name(name) for name in excluded] or None)


TO_PARTNER = confined("partner.example", ".partner.example", "bo@x.example")
FOR_WEB = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
FOR_MAIL_TOO = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION])


@pytest.mark.parametrize(
    ("extra", "leaf", "fault"),
    [
        (TO_PARTNER, {"address": "mayor@kommune.example"}, "does not lead"),
        (TO_PARTNER, {"address": None, "subject_address": "mayor@kommune.example"}, "confined"),
        (TO_PARTNER, {"address": None, "names": [utf8("ærø@kommune.example")]}, "confined"),
        (TO_PARTNER, {"address": None, "subject_address": "me@partner.example"}, ""),
        (TO_PARTNER, {"address": None, "subject_address": "me@mail.partner.example"}, ""),
        (TO_PARTNER, {"address": None, "subject_address": "me@otherpartner.example"}, "confined"),
        (TO_PARTNER, {"address": None, "subject_address": "bo@x.example"}, ""),
        (TO_PARTNER, {"address": None, "subject_address": "ida@x.example"}, "confined"),
        (confined(excluded=["x.example"]), {"address": None, "subject_address": "bo@x.example"}, "confined"),
        (confined(excluded=["x.example"]), {"address": None, "subject_address": "bo@y.example"}, ""),
        (FOR_WEB, {"address": "bo@x.example"}, "not for mail"),
        (FOR_MAIL_TOO, {"address": "bo@x.example"}, ""),
    ],
)
def test_an_authority_makes_certificates_for_what_it_was_made_for(
    extra: x509.ExtensionType, leaf: dict[str, Any], fault: str
) -> None:
    """Wherever the address stands: the library holds constraints against one of three places alone."""
    above = ROOT.below("Partner CA", extra=[extra])
    found = Authorities([ROOT.certificate]).chain(above.issue(**leaf).certificate, now(), [above.certificate])
    assert fault in found.fault
    assert bool(found.fault) == bool(fault)


def test_a_certificate_trusted_by_itself_is_its_own_chain() -> None:
    stranger = Authority("Fremmed CA").issue("bo@x.example").certificate
    assert Authorities([ROOT.certificate, stranger]).chain(stranger, now()).certificates == (stranger,)
    assert Authorities([ROOT.certificate]).chain(stranger, now()).fault


def test_without_authorities_nothing_is_trusted() -> None:
    assert "certificates.trust is empty" in Authorities([]).chain(BO.certificate, now()).fault


def test_a_thousand_certificates_along_do_not_keep_us_busy() -> None:
    along = [ROOT.below("Udstedende CA").certificate for _ in range(200)]
    begun = datetime.datetime.now(datetime.UTC)
    assert Authorities([ROOT.certificate]).chain(BO.certificate, now(), along).fault
    assert datetime.datetime.now(datetime.UTC) - begun < datetime.timedelta(seconds=5)


def test_files_that_cannot_be_used_are_all_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_bytes(ROOT.pem)
    bad.write_text("no certificate")
    with pytest.raises(SettingsError) as raised:
        Authorities.read([good, bad], [tmp_path / "none.pem"], "segl.toml")
    told = [str(fault) for fault in raised.value.faults]
    assert "bad.pem cannot be used: it holds no certificate in PEM form" in told[0]
    assert "certificates.intermediates" in told[1]
    assert "No such file" in told[1]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({}, ""),
        ({"kind": "ec"}, ""),
        ({"for_": None}, ""),
        ({"for_": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]}, ""),
        ({"for_": [ExtendedKeyUsageOID.CLIENT_AUTH]}, "extendedKeyUsage"),
        ({"ends": -1}, "expired on"),
        ({"begins": 1}, "not valid before"),
        ({"key_usage": usage(sign=True)}, "keyEncipherment"),
        ({"kind": "ec", "key_usage": usage(sign=True)}, "keyAgreement"),
        ({"key": rsa_key(1024)}, "1024 bits"),
        ({"key": ec.generate_private_key(ec.SECP192R1())}, "elliptic curve"),
    ],
)
def test_what_a_recipients_certificate_must_be(options: dict[str, object], fault: str) -> None:
    certificate = ISSUING.issue("bo@x.example", **options).certificate  # type: ignore[arg-type]
    told = unfit(certificate, "BO@x.example", now())
    assert fault in told if fault else told == ""


def test_the_address_must_stand_in_it_unless_somebody_else_says_whose_it_is() -> None:
    assert "another address" in unfit(BO.certificate, "eva@x.example", now())
    assert unfit(BO.certificate, "eva@x.example", now(), bound=True) == ""


def test_an_authority_is_no_recipient() -> None:
    """Whether or not its key could be used: what is encrypted to it, its recipient cannot open."""
    builder = ROOT._builder(ROOT.certificate.subject, ROOT.key, -1, 9)
    without_usage = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    for authority in (ROOT.certificate, without_usage.sign(ROOT.key, hashes.SHA256())):
        assert unfit(authority, "bo@x.example", now(), bound=True)


@pytest.mark.parametrize(("digest", "forgeable"), [("sha1", True), ("sha224", False), ("sha256", False)])
def test_what_was_signed_with_sha1_can_be_forged(tmp_path: Path, digest: str, forgeable: bool) -> None:
    import subprocess

    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", f"-{digest}", "-days", "9", "-outform", "DER",
         "-subj", "/CN=Bo/emailAddress=bo@x.example", "-keyout", str(tmp_path / "k"),
         "-addext", "basicConstraints=CA:FALSE"],
        capture_output=True, check=True,
    )  # fmt: skip
    told = unfit(load_der(done.stdout), "bo@x.example", now())
    assert told == (f"it is signed with {digest}, which can be forged" if forgeable else "")


@pytest.mark.parametrize("cut", [0, 1, 20, 300, -1])
def test_damaged_certificates_are_told_apart(cut: int) -> None:
    with pytest.raises(ValueError, match="damaged"):
        load_der(BO.der[:cut])


def test_a_certificate_of_a_megabyte_is_not_read() -> None:
    with pytest.raises(ValueError, match="larger"):
        load_der(b"\x30" * 1_000_000)


def test_der_of_something_else_is_no_certificate() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        load_der(x509.Name([]).public_bytes())


def test_certificates_that_could_be_joined_in_a_million_ways_cost_little() -> None:
    """Ten of one key at each of six levels, as a stranger may send them along: the library gives up soon."""
    key = ec.generate_private_key(ec.SECP256R1())

    def issued(subject: str, issuer: str, serial: int, *, authority: bool = True) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(now() - DAY)
            .not_valid_after(now() + DAY)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .sign(key, hashes.SHA256())
        )

    leaf = issued("leaf", "level 0", 1, authority=False)
    along = [
        issued(f"level {level}", f"level {level + 1}", 10 + 10 * level + number)
        for level in range(6)
        for number in range(10)
    ]
    begun = time.process_time()
    assert Authorities([ROOT.certificate]).chain(leaf, now(), along).fault
    assert time.process_time() - begun < 1
