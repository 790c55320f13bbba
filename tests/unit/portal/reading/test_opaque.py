"""What stands inside an S/MIME signature is read as if it stood outside."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.letters import HEAD, PNG, file, multipart, text
from segl.ber import Damaged
from segl.signed_data import signed_content
from segl_portal.reading.files import open_file, open_picture
from segl_portal.reading.sanitise import sanitise
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import Note, read_message
from world.oracle import Identity, openssl_sign
from world.partners import ec_key

LETTER = multipart(
    "mixed", multipart("related", text('<p>Kære Anna</p><img src="cid:a">', "html"),
                       file(PNG, "image/png", more="Content-ID: <a>\r\n"), boundary="r"),
    file(b"%PDF-1.7", "application/pdf", "brev.pdf"),
).encode()  # fmt: skip


def wrapped(content: bytes, kind: str = "signed-data") -> bytes:
    head = HEAD + f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n"
    return (head + "Content-Transfer-Encoding: base64\r\n\r\n").encode() + base64.encodebytes(content)


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("anna"), "anna", ec_key())


@pytest.mark.parametrize("options", [(), ("-stream",)], ids=["DER", "BER"])
def test_a_letter_inside_a_signature_is_read(anna: Identity, options: tuple[str, ...]) -> None:
    raw = wrapped(openssl_sign(LETTER, anna, *options))
    source = BytesSource(raw)
    view = read_message(source, sanitise)
    assert view.subject == "Svar på sagen"
    assert "<p>Kære Anna</p>" in view.html
    assert view.notes == {Note.SIGNED}
    assert [part.name for part in view.files] == ["brev.pdf"]
    opened = open_file(source, view.files[0].number)
    assert opened is not None
    assert b"".join(opened.chunks()) == b"%PDF-1.7"
    (number,) = view.pictures
    picture = open_picture(source, number)
    assert picture is not None
    assert b"".join(picture.chunks()) == PNG


def test_two_signatures_around_each_other(anna: Identity) -> None:
    inner = wrapped(openssl_sign(LETTER, anna))
    view = read_message(BytesSource(wrapped(openssl_sign(inner, anna))), sanitise)
    assert "<p>Kære Anna</p>" in view.html


@pytest.mark.parametrize(
    "content", [b"", b"0", b"\x30\x80", PNG, b"\x30\x82\xff\xff" + b"\x30" * 100, b"\x30\x80" * 1000]
)
def test_what_is_no_signature_stays_a_file(content: bytes) -> None:
    view = read_message(BytesSource(wrapped(content)), sanitise)
    assert [part.name for part in view.files] == ["smime.p7m"]


def test_a_signature_cut_anywhere_harms_nothing(anna: Identity) -> None:
    signed = openssl_sign(b"Content-Type: text/plain\r\n\r\nKaere Anna", anna)
    for end in range(0, len(signed), 3):
        view = read_message(BytesSource(wrapped(signed[:end])), sanitise)
        assert view.files or "Kaere Anna" in view.html


@given(st.binary(max_size=200))
def test_any_bytes_are_content_or_damaged(data: bytes) -> None:
    with suppress(Damaged):
        signed_content(data)
