"""Receipts as mails: signed, threaded, harmless; digests and the weekly report."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest

from segl.language import Language
from segl_delivery.cms.signed import Signer
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.templates_of import sample, shipped
from segl_delivery.receipts.texts import ReceiptKind
from world.oracle import Identity
from world.partners import rsa_key

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday
ANNA = "anna@nordby.example"


def receipt(**more: object) -> Receipt:
    given: dict[str, object] = {
        "organisation": "Nordby Vandværk",
        "address": "kvittering@nordby.example",
        "recipient": ANNA,
        "language": "da",
        "subject": "Kvittering",
        "name": "receipt.1",
        "about": "<1@nordby.example>",
        "text": "æøå\n",
        "html": "<p>æøå</p>",
        "form": {"schema": "segl-receipt/1"},
        **more,
    }
    return Receipt(**given)  # type: ignore[arg-type]


def test_a_signed_receipt_is_verified_by_openssl(tmp_path: Path) -> None:
    own = Identity.new(tmp_path, "kvittering", rsa_key(2048, 0))
    raw = receipt().message(NOW, Signer(own.key, own.certificate, ()))
    file = tmp_path / "signed.eml"
    file.write_bytes(raw)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-in",
        str(file),
        "-CAfile",
        str(own.cert_file),
        "-purpose",
        "any",
    ]
    done = subprocess.run([*command, "-out", str(tmp_path / "out")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"segl-receipt.json" in (tmp_path / "out").read_bytes()
    assert raw.isascii()


@pytest.mark.parametrize(
    "about", ["", "no brackets", "<a@b>\r\nBcc: eva@evil.example", "<æ@b>", "<" + "a" * 600 + ">"]
)
def test_a_message_id_from_outside_makes_no_header_of_its_own(about: str) -> None:
    mail = message_from_bytes(receipt(about=about).message(NOW))
    assert mail["In-Reply-To"] is None
    assert mail["Bcc"] is None
    assert mail.get_content_type() == "multipart/mixed"


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("kind", ReceiptKind)
def test_every_kind_is_html_that_a_screen_reader_can_read(kind: ReceiptKind, language: Language) -> None:
    _, page = shipped().render(sample(kind, language))
    command = ["tidy", "-quiet", "-errors", "-utf8", "--accessibility-check", "1", "--show-info", "no"]
    done = subprocess.run(command, input=page.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_what_stands_in_a_receipt_from_outside_is_text_and_no_html() -> None:
    view = sample(ReceiptKind.FAILED, "da")
    evil = replace(
        view, rows=(replace(view.rows[0], recipient="<b>bo</b>@x.example", said="<script>x</script>"),)
    )
    _, page = shipped().render(evil)
    assert "<script" not in page
    assert "<b>" not in page
