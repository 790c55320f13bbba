"""``segl certificate``: what each source says of an address, and what is kept on purpose."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.pipes import open_to_read
from world.authority import Authority, oces3
from world.partners import usage
from world.stores import store_in

CA = Authority("Rod-CA")
BO = CA.issue("bo@x.example", subject=oces3("12345678", "Nordby Kommune\x1b[2J"))
EVA = CA.issue("eva@x.example", key_usage=usage(sign=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "root.pem").write_bytes(CA.pem)
    store_in(tmp_path)
    settings = tmp_path / "segl.toml"
    settings.write_text(
        f"""
[organisation]
name = "Nordby Vandværk"
domains = ["nordby.example"]
[store]
url = "sqlite:///{tmp_path}/segl.db"
[certificates]
sources = ["folder", "kept"]
folder = "{folder}"
trust = ["{tmp_path}/root.pem"]
revocation_unknown = "use"
""",
        "utf-8",
    )
    return settings


def segl(command: str, *arguments: object, settings: Path) -> Result:
    words = ["certificate", command, "--settings", str(settings), *map(str, arguments)]
    return CliRunner().invoke(build("certificate"), words)


def test_find_says_why_of_each(file: Path) -> None:
    folder = file.parent / "folder"
    (folder / "bo.pem").write_bytes(BO.pem)
    (folder / "eva.der").write_bytes(EVA.der)
    (folder / "bo@x.example.old.pem").write_bytes(CA.issue("bo@x.example", ends=-1).pem)
    result = segl("find", "Bo@X.example", settings=file)
    assert result.exit_code == 0, result.output
    assert "bo@x.example → a certificate" in result.stdout
    assert f"used  {BO.fingerprint[:16]}" in result.stdout
    assert "CVR 12345678, OCES3 organisation" in result.stdout
    assert "expired on" in result.stdout
    assert "\x1b" not in result.stdout
    assert "kept: has none" in result.stdout
    result = segl("find", "eva@x.example", settings=file)
    assert result.exit_code == 20
    assert "keyEncipherment" in result.stdout
    record = json.loads(segl("find", "bo@x.example", "--json", settings=file).stdout)
    assert record["known"] == "yes"
    assert record["used"] == [BO.fingerprint]
    assert record["sources"][0]["certificates"][0]["holder"]["cvr"] == "12345678"


def test_import_list_forget(file: Path) -> None:
    pem = file.parent / "bo.pem"
    pem.write_bytes(BO.pem)
    assert segl("list", settings=file).stdout.strip() == "none is kept"
    assert "kept" in segl("import", pem, settings=file).stdout
    assert "was kept already" in segl("import", pem, settings=file).stdout
    [record] = [json.loads(line) for line in segl("list", "--json", settings=file).stdout.splitlines()]
    assert (record["address"], record["source"]) == ("bo@x.example", "import")
    assert segl("find", "bo@x.example", settings=file).exit_code == 0
    assert segl("forget", "bo@x.example", "00ff", settings=file).exit_code == 1
    assert segl("forget", "bo@x.example", settings=file).stdout.startswith("1 forgotten")
    assert segl("find", "bo@x.example", settings=file).exit_code == 20


def test_import_for_an_address_that_does_not_stand_in_it(file: Path) -> None:
    pem = file.parent / "bo.pem"
    pem.write_bytes(BO.pem)
    assert segl("import", pem, "--for", "post@y.example", settings=file).exit_code == 0
    assert segl("find", "post@y.example", settings=file).exit_code == 0


BAG = [BO.certificate, CA.certificate]
KEY = BO.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
GIVEN = {
    "p7b": pkcs7.serialize_certificates(BAG, Encoding.DER),
    "p7b in PEM": pkcs7.serialize_certificates(BAG, Encoding.PEM),
    "Notepad": b"\xef\xbb\xbf" + BO.pem.replace(b"\n", b"\r\n"),
    "Notepad, Unicode": BO.pem.decode().encode("utf-16"),
    "base64": b64encode(BO.der),
    "with its key": KEY + BO.pem,
}


@pytest.mark.parametrize("content", GIVEN.values(), ids=GIVEN.keys())
def test_a_certificate_is_taken_however_it_was_written_and_no_key(file: Path, content: bytes) -> None:
    given = file.parent / "bo.cer"
    given.write_bytes(content)
    result = segl("import", given, settings=file)
    assert (result.exit_code, "bo@x.example" in result.stdout) == (0, True), result.output
    assert ("holds a private key, too" in result.stderr) == (KEY in content)
    assert b"PRIVATE KEY" not in (file.parent / "segl.db").read_bytes()


def test_it_is_said_where_nobody_looks_for_what_is_kept(file: Path) -> None:
    (file.parent / "bo.pem").write_bytes(BO.pem)
    assert segl("import", file.parent / "bo.pem", settings=file).stderr == ""
    file.write_text(file.read_text("utf-8").replace('"folder", "kept"', '"folder"'), "utf-8")
    assert 'does not name "kept"' in segl("import", file.parent / "bo.pem", settings=file).stderr


def test_nobody_is_waited_for_who_should_write_into_a_pipe(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_to_read, "__defaults__", (0.01,))
    os.mkfifo(file.parent / "bo.pem")
    result = segl("import", file.parent / "bo.pem", settings=file)
    assert (result.exit_code, "into which nobody wrote" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (KEY, "holds a private key: the certificate alone"),
        (BO.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "holds a private key"),
        (
            pkcs12.serialize_key_and_certificates(b"x", BO.key, BO.certificate, [], NoEncryption()),
            "is a PKCS #12 file",
        ),
        (EVA.pem, "keyEncipherment"),
        (CA.issue("bo@x.example", ends=-1).pem, "expired on"),
        (CA.pem, "authorities' certificates alone"),
        (CA.issue(None).pem, "name one with --for"),
        (b"hej", "no certificate"),
        (b"x" * 300_000, "larger"),
        (None, "there is no such file"),
    ],
)
def test_what_is_not_imported_is_said(file: Path, content: bytes | None, why: str) -> None:
    pem = file.parent / "it.pem"
    if content is not None:
        pem.write_bytes(content)
    result = segl("import", pem, settings=file)
    assert result.exit_code == 1
    assert why in result.stderr
    assert "Traceback" not in result.stderr


def test_errors_are_clear(file: Path) -> None:
    assert "is no mail address" in segl("find", "bo", settings=file).stderr
    text = file.read_text("utf-8")
    file.write_text(text.replace('sources = ["folder", "kept"]', ""), "utf-8")
    result = segl("find", "bo@x.example", settings=file)
    assert result.exit_code == 2
    assert "certificates.sources: is empty" in result.stderr
    (file.parent / "segl.db").unlink()
    result = segl("list", settings=file)
    assert result.exit_code == 2
    assert "there is no store yet" in result.stderr
    assert not (file.parent / "segl.db").exists()


def test_route_shows_the_way_and_whose_certificate_it_is(file: Path) -> None:
    (file.parent / "folder" / "bo.pem").write_bytes(BO.pem)
    words = ["route", "--settings", str(file), "bo@x.example"]
    result = CliRunner().invoke(build("route"), words)
    assert result.exit_code == 0, result.output
    assert "bo@x.example → certificate" in result.stdout
    assert "segl-certificate:unix:" in result.stdout
    assert "CVR 12345678, OCES3 organisation" in result.stdout
    record = json.loads(CliRunner().invoke(build("route"), [*words, "--json"]).stdout)
    assert record["way"] == "certificate"
    assert "OCES3" in record["holder"]
