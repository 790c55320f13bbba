"""``segl key``: our own keys, with openssl at the other end."""

from __future__ import annotations

import json
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from asn1crypto.keys import EncryptedPrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typer.testing import CliRunner, Result

from segl.certificates.names import addresses_of
from segl.cli.main import build
from segl_delivery.cms.enveloped import encrypt
from segl_delivery.cms.opening import decrypt
from segl_delivery.keyring import KeyRing
from world.oracle import Identity, openssl
from world.partners import certificate, ec_key, pem, rsa_key, usage

DOMAIN = "nordby.example"


class House:
    """An organisation with a settings file and a place for keys."""

    def __init__(self, directory: Path, passphrase: str = "") -> None:
        self.keys, self.file = directory / "keys", directory / "segl.toml"
        more = ""
        if passphrase:
            secret = directory / "secret"
            secret.touch(0o600)
            secret.write_text(passphrase + "\n")
            more = f'keys_passphrase = "{secret}"\n'
        self.file.write_text(
            f'[organisation]\nname = "Nordby Vandværk"\ndomains = ["{DOMAIN}", "syd.example"]\n'
            f'[delivery]\nkeys = "{self.keys}"\n{more}'
        )

    def __call__(self, *words: str | Path, given: str | None = None) -> Result:
        arguments = ["key", *map(str, words), "--settings", str(self.file)]
        return CliRunner().invoke(build("key"), arguments, input=given)

    def listed(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self("list", "--json").stdout.splitlines()]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """With a key that is looked at in no time; one of RSA, as authorities certify, takes a tenth of a second each time
    that a command reads it."""
    return Identity.new(tmp_path_factory.mktemp("anna"), "anna", ec_key())


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("certified"), "certified", rsa_key())


def key_file(directory: Path, pem_: bytes) -> Path:
    file = directory / "given.pem"
    file.write_bytes(pem_)
    return file


def pkcs8(key: object) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("algorithm", ["rsa-3072", "p-256", "p-384"])
def test_a_new_key_is_encrypted_to_by_openssl_and_opened_by_us(
    house: House, tmp_path: Path, algorithm: str
) -> None:
    assert house("new", DOMAIN, "--algorithm", algorithm, "--cvr", "12345678").exit_code == 0
    out = tmp_path / "ours.pem"
    assert house("export", DOMAIN, "--out", out).exit_code == 0
    message = openssl(
        "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc", out, given=b"hemmeligt"
    )
    assert decrypt(message, KeyRing(house.keys).decryption_keys()).content == b"hemmeligt"
    made = x509.load_pem_x509_certificate(out.read_bytes())
    named = made.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
    assert named == "Nordby Vandværk"
    assert addresses_of(made) == {f"domain-confidentiality-authority@{DOMAIN}"}
    extended = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    used = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert (used.digital_signature, used.key_encipherment, used.key_agreement, used.key_cert_sign) == (
        True,
        algorithm.startswith("rsa"),
        algorithm.startswith("p-"),
        False,
    )
    assert b"PRIVATE" not in out.read_bytes()


def test_a_second_run_makes_no_second_key(house: House) -> None:
    assert house("new", "--algorithm", "p-256").exit_code == 0
    done = house("new", "--algorithm", "p-256", "--json")
    assert (json.loads(done.stdout)["done"], len(house.listed())) == ("there already", 1)
    assert house("new", "--algorithm", "p-256", "--another").exit_code == 0
    assert [kept["name"] for kept in house.listed()] == [DOMAIN, f"{DOMAIN}-2"]


def test_a_request_that_is_not_written_is_told_of(house: House, tmp_path: Path) -> None:
    request = tmp_path / "x.csr"
    assert house("new", "--algorithm", "p-256").exit_code == 0
    refused = house("new", "--algorithm", "p-256", "--csr", request)
    assert (refused.exit_code, "--another" in refused.stderr, request.exists()) == (1, True, False)
    assert house("new", "--algorithm", "p-256", "--csr", request, "--another").exit_code == 0
    assert request.exists()


def test_a_key_that_ends_soon_is_warned_of_and_not_enough(house: House) -> None:
    house("new", "--algorithm", "p-256", "--days", "20")
    done = house("list")
    assert (done.exit_code, "ends in" in done.stdout) == (1, True)
    assert house("new", "--algorithm", "p-256").exit_code == 0
    assert len(house.listed()) == 2


def test_a_dry_run_changes_nothing(house: House, anna: Identity) -> None:
    assert "would make" in house("new", "--dry-run").stdout
    words = ("import", anna.key_file, anna.cert_file, "--for", DOMAIN, "--dry-run")
    assert "would import" in house(*words).stdout
    assert not house.keys.exists()


def test_a_key_waits_for_the_authority_that_openssl_plays(
    house: House, tmp_path: Path, anna: Identity
) -> None:
    csr, issued = tmp_path / "ours.csr", tmp_path / "issued.pem"
    assert house("new", DOMAIN, "--algorithm", "p-256", "--csr", csr).exit_code == 0
    assert house.listed()[0]["state"] == "waiting"
    assert KeyRing(house.keys).keys() == ()
    first = csr.read_bytes()
    csr.unlink()
    assert house("new", DOMAIN, "--algorithm", "p-256", "--csr", csr).exit_code == 0
    assert csr.read_bytes() == first, "the request of the waiting key, not another"
    openssl("req", "-verify", "-noout", "-in", csr)
    signing = ("-CA", anna.cert_file, "-CAkey", anna.key_file, "-copy_extensions", "copy", "-days", "90")
    issued.write_bytes(openssl("x509", "-req", "-in", csr, *signing))
    assert house("import", issued).exit_code == 0
    [kept] = house.listed()
    assert (kept["name"], kept["state"], kept["domains"], kept["warnings"]) == (
        DOMAIN,
        "active",
        [DOMAIN],
        [],
    )
    assert sorted(file.suffixes[-2] for file in house.keys.iterdir() if file.suffix == ".pem") == [
        ".crt",
        ".key",
    ]


@pytest.mark.parametrize("legacy", [False, True])
def test_pkcs12_as_authorities_give_it(
    house: House, tmp_path: Path, certified: Identity, legacy: bool
) -> None:
    bag, secret = tmp_path / "oces.p12", tmp_path / "pass"
    words = ("-inkey", certified.key_file, "-in", certified.cert_file, "-passout", "pass:hjemmelig")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(pem(certificate("an authority", ec_key(), authority=True)))
    old = ("-legacy",) if legacy else ()
    bag.write_bytes(openssl("pkcs12", "-export", *old, *words, "-certfile", chain))
    secret.write_text("forkert\n")
    wrong = house("import", bag, "--passphrase-file", secret, "--for", DOMAIN)
    assert (wrong.exit_code, "its passphrase is another" in wrong.stderr) == (1, True)
    assert "--passphrase-file" in house("import", bag, "--for", DOMAIN).stderr
    secret.write_text("hjemmelig\n")
    assert house("import", bag, "--passphrase-file", secret, "--for", DOMAIN).exit_code == 0
    again = house("import", bag, "--passphrase-file", secret, "--for", DOMAIN, "--json")
    assert json.loads(again.stdout)["done"] == "there already"
    assert (house.listed()[0]["chain"], len(house.listed())) == (1, 1)
    assert (
        decrypt(encrypt(b"x", [certified.certificate]), KeyRing(house.keys).decryption_keys()).content == b"x"
    )


def test_a_pkcs12_file_of_several_keys_is_not_taken_for_one_of_one_key(
    house: House, tmp_path: Path, anna: Identity
) -> None:
    """Signing and encrypting apart, or old and new beside each other; the library gives the first key alone."""
    authority = certificate("an authority", ec_key(), authority=True)
    along = pem(certificate("another", rsa_key(number=1)), authority)
    (tmp_path / "along.pem").write_bytes(along)
    words = (
        "-inkey",
        anna.key_file,
        "-in",
        anna.cert_file,
        "-passout",
        "pass:",
        "-certfile",
        tmp_path / "along.pem",
    )
    bag, secret = tmp_path / "two.p12", tmp_path / "pass"
    bag.write_bytes(openssl("pkcs12", "-export", *words))
    secret.write_text("")
    done = house("import", bag, "--passphrase-file", secret, "--for", DOMAIN)
    assert (done.exit_code, house.listed()) == (1, [])
    assert "it holds certificates of several keys" in done.stderr


def test_a_renewed_certificate_comes_alone_to_the_key_that_is_here(house: House, tmp_path: Path) -> None:
    assert house("new", DOMAIN, "--algorithm", "p-256", "--days", "20").exit_code == 0
    [own] = KeyRing(house.keys).keys()
    renewed = tmp_path / "renewed.pem"
    named = ("-subj", "/CN=N", "-addext", f"subjectAltName=email:domain-confidentiality-authority@{DOMAIN}")
    renewed.write_bytes(
        openssl("req", "-x509", "-key", house.keys / f"{DOMAIN}.key.pem", *named, "-days", "400")
    )
    assert house("import", renewed).exit_code == 0
    assert [kept["name"] for kept in house.listed()] == [DOMAIN, f"{DOMAIN}-2"]
    ring = KeyRing(house.keys)
    for one in (own.certificate, ring.keys()[1].certificate):
        assert decrypt(encrypt(b"x", [one]), ring.decryption_keys()).content == b"x"
    assert json.loads(house("import", renewed, "--json").stdout)["done"] == "there already"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: (ec_key(), certificate("old", ec_key(), begins=-9, ends=-1)), "expired on"),
        (lambda: (rsa_key(), certificate("other", rsa_key(number=1))), "belongs to another key"),
        (lambda: (rsa_key(1024), certificate("weak", rsa_key(1024))), "1024 bits, fewer than 2048"),
        (lambda: (ec_key(), certificate("nothing", ec_key(), key_usage=usage())), "keyUsage"),
    ],
)
def test_what_may_not_be_a_key_of_ours_is_refused(
    house: House, tmp_path: Path, made: object, said: str
) -> None:
    key, own = made()  # type: ignore[operator]
    file = key_file(tmp_path, pkcs8(key) + pem(own))
    done = house("import", file, "--for", DOMAIN)
    assert (done.exit_code, said in done.stderr, house.listed()) == (1, True, [])
    if "another key" not in said:
        assert house("import", file, "--retired").exit_code == 0
        assert house.listed()[0]["uses"] == ["decrypt"]


def test_one_that_is_not_for_mail_is_refused_unless_the_postmaster_knows_better(
    house: House, tmp_path: Path, anna: Identity
) -> None:
    """As a web server's (RFC 8550 §4.4.4)."""
    web = tmp_path / "web.pem"
    words = ("-subj", "/CN=www.nordby.example", "-addext", "extendedKeyUsage=serverAuth,clientAuth")
    web.write_bytes(openssl("req", "-x509", "-key", anna.key_file, *words, "-days", "400"))
    take = ("import", anna.key_file, web, "--for", DOMAIN)
    done = house(*take)
    assert (done.exit_code, "it is not for mail" in done.stderr, house.listed()) == (1, True, [])
    done = house(*take, "--any-purpose")
    assert (done.exit_code, "may refuse it: it is not for mail" in done.stderr) == (0, True)
    assert house("list").exit_code == 1
    for purpose in ("emailProtection", "anyExtendedKeyUsage", "serverAuth,emailProtection"):
        fit = ("-subj", "/CN=N", "-addext", f"extendedKeyUsage={purpose}")
        web.write_bytes(openssl("req", "-x509", "-key", anna.key_file, *fit, "-days", "400"))
        assert "not for mail" not in house(*take).stderr
    assert len(house.listed()) == 4


def test_a_certificate_that_names_nobody_wants_to_be_told_for_whom(house: House, anna: Identity) -> None:
    done = house("import", anna.key_file, anna.cert_file)
    assert (done.exit_code, f"--for {DOMAIN}" in done.stderr) == (1, True)
    assert house("import", anna.key_file, anna.cert_file, "--for", "fremmed.example").exit_code == 2
    assert house("new", "bo@fremmed.example").exit_code == 2


def test_a_retired_key_opens_and_signs_no_more_until_it_is_taken_back(house: House) -> None:
    house("new", DOMAIN, "--algorithm", "p-256")
    assert house.listed()[0]["uses"] == ["decrypt", "sign"]
    for words, state in ((("--yes",), "retired"), ((), "retired"), (("--undo",), "active")):
        assert house("retire", DOMAIN, *words).exit_code == 0
        assert house.listed()[0]["state"] == state
        assert len(KeyRing(house.keys).keys()) == 1
    assert "there is no key nobody" in house("retire", "nobody").stderr


def test_removing_wants_force_and_says_what_is_lost(house: House) -> None:
    house("new", DOMAIN, "--algorithm", "p-256")
    done = house("remove", DOMAIN)
    assert (done.exit_code, "never be opened again" in done.stderr, len(house.listed())) == (1, True, 1)
    assert house("remove", DOMAIN, "--force").exit_code == 0
    assert list(house.keys.iterdir()) == []


def test_an_smimea_record_is_what_our_own_search_asks_for(house: House) -> None:
    house("new", f"Bo@{DOMAIN}", "--algorithm", "p-256", "--name", "bo")
    owner, _, kind, *numbers, data = house("export", "bo", "--form", "smimea").stdout.split()
    der = house("export", "bo", "--form", "der").stdout_bytes
    assert owner.endswith(f"._smimecert.{DOMAIN}.")
    assert (kind, numbers, bytes.fromhex(data)) == ("SMIMEA", ["3", "0", "0"], der)


def test_keys_are_encrypted_under_the_passphrase_of_the_settings(tmp_path: Path) -> None:
    house = House(tmp_path, "rugbrød")
    house("new", DOMAIN, "--algorithm", "p-256")
    assert b"ENCRYPTED" in (house.keys / f"{DOMAIN}.key.pem").read_bytes()
    assert house.listed()[0]["state"] == "active"
    House(tmp_path)  # the settings without it
    assert house.listed()[0]["state"] == "broken"
    done = house("new", "syd.example", "--algorithm", "p-256")
    assert (done.exit_code, "there is no passphrase" in done.stderr) == (1, True)


def test_a_link_in_the_directory_is_replaced_and_not_followed(house: House, tmp_path: Path) -> None:
    house("new", DOMAIN, "--algorithm", "p-256")
    target = tmp_path / "shadow"
    target.write_text("untouched")
    for name in (f".{DOMAIN}.json.new", f"{DOMAIN}.json"):
        (house.keys / name).unlink(missing_ok=True)
        (house.keys / name).symlink_to(target)
    house("retire", DOMAIN)
    assert target.read_text() == "untouched"


def test_keys_that_others_may_read_are_named_and_not_used(house: House) -> None:
    house("new", DOMAIN, "--algorithm", "p-256")
    file = house.keys / f"{DOMAIN}.key.pem"
    assert (file.stat().st_mode & 0o777, house.keys.stat().st_mode & 0o777) == (0o600, 0o700)
    for mode in (0o604, 0o620, 0o602):
        file.chmod(mode)
        assert f"mode {mode:04o}" in house("list").stdout
        assert KeyRing(house.keys).keys() == ()
    house.keys.chmod(0o755)
    assert "others may enter" in house("new", "syd.example").stderr


@pytest.mark.world
def test_only_the_user_who_opens_mail_can_read_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three users in the group that all processes share, as segl-deliver, segl-map and segl-milter are."""
    deliver, others, shared = 64_001, (64_002, 64_003), 64_100
    here = Path(tempfile.mkdtemp(prefix="segl-keys-"))
    try:
        here.chmod(0o755)
        known = pwd.struct_passwd(("segl-deliver", "x", deliver, deliver, "", "/", "/bin/false"))
        monkeypatch.setattr("pwd.getpwnam", {"segl-deliver": known}.__getitem__)
        house = House(here)
        house("new", DOMAIN, "--algorithm", "p-256")
        files = [house.keys / f"{DOMAIN}{end}" for end in (".key.pem", ".json", ".crt.pem")]
        assert {(file.stat().st_uid, file.stat().st_mode & 0o777) for file in files} == {(deliver, 0o600)}

        def readable(user: int, file: Path) -> bool:
            words = ["/bin/cat", str(file)]
            done = subprocess.run(
                words, user=user, group=user, extra_groups=[shared], capture_output=True, check=False
            )
            return done.returncode == 0

        assert all(readable(deliver, file) for file in files)
        for user in others:
            assert readable(user, house.file), "the way to the keys is open"
            assert not any(readable(user, file) for file in files)
    finally:
        shutil.rmtree(here)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x30\x82\xff\xff", b"-----BEGIN PRIVATE KEY-----\n", b"\x30" * 2_000_000]
)
def test_what_holds_no_key_is_a_clear_error(house: House, tmp_path: Path, data: bytes) -> None:
    done = house("import", key_file(tmp_path, data), "--for", DOMAIN)
    assert done.exit_code in (1, 2)
    assert done.stderr.startswith("segl: ")
    assert not house.keys.exists() or list(house.keys.iterdir()) == []


def test_a_file_that_wants_endless_work_is_given_up(
    house: House, tmp_path: Path, anna: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "pass"
    secret.write_text("x")
    words = ("-topk8", "-in", anna.key_file, "-passout", "pass:x", "-outform", "DER", "-iter", "200000")
    good = openssl("pkcs8", *words)
    parsed = EncryptedPrivateKeyInfo.load(good)
    derivation = parsed["encryption_algorithm"]["parameters"]["key_derivation_func"]["parameters"]
    derivation["iteration_count"] = 2_000_000_000
    bomb = parsed.dump(force=True)
    rest = (anna.cert_file, "--passphrase-file", secret, "--for", DOMAIN)
    assert house("import", key_file(tmp_path, good), *rest, "--dry-run").exit_code == 0
    monkeypatch.setattr("segl_delivery.own_keys.reading._SECONDS", 3)
    done = house("import", key_file(tmp_path, bomb), *rest)
    assert (done.exit_code, "takes too long" in done.stderr) == (1, True)


def test_the_last_key_of_a_domain_is_not_retired_by_the_way(house: House) -> None:
    house("new", DOMAIN, "--algorithm", "p-256")
    done = house("retire", DOMAIN)
    assert (done.exit_code, f"{DOMAIN} would have no key left" in done.stderr) == (1, True)
    assert house.listed()[0]["state"] == "active"
    assert "no key left" in house("retire", DOMAIN, "--dry-run").stderr
    house("new", DOMAIN, "--algorithm", "p-256", "--another", "--name", "second")
    assert house("retire", DOMAIN).exit_code == 0
    assert house("retire", "second").exit_code == 1
    assert house("retire", "second", "--yes").exit_code == 0


def test_a_key_is_assigned_to_others_and_its_certificate_stays(house: House, anna: Identity) -> None:
    house("import", anna.key_file, anna.cert_file, "--for", DOMAIN, "--name", "oces")
    again = house("import", anna.key_file, anna.cert_file, "--for", "syd.example")
    assert (again.exit_code, "segl key assign oces syd.example" in again.stderr) == (1, True)
    for foreign in (
        ("assign", "oces", "fremmed.example"),
        ("import", anna.key_file, anna.cert_file, "--for", "x.dk"),
    ):
        assert house(*foreign).exit_code == 2
    assert house("assign", "oces", "syd.example", f"bo@{DOMAIN}", "--dry-run").exit_code == 0
    assert house.listed()[0]["domains"] == [DOMAIN]
    assert house("assign", "oces", "syd.example", f"bo@{DOMAIN}").exit_code == 0
    [key] = house.listed()
    assert (key["domains"], key["addresses"]) == (["syd.example"], [f"bo@{DOMAIN}"])
    assert house("assign", "none", DOMAIN).exit_code == 1


def test_an_old_key_that_names_nobody_here_opens_mail_to_all(house: House, anna: Identity) -> None:
    assert house("import", anna.key_file, anna.cert_file, "--retired").exit_code == 0
    assert house.listed()[0]["domains"] == [DOMAIN, "syd.example"]
