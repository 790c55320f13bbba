"""S/MIME out: openssl, as the partner's software, finds inside exactly what was sent; outside stands only
the needful."""

from __future__ import annotations

import email
import os
import time
from email import policy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segl.mail.fields import canonical, split_header
from segl_delivery.cms.choice import COMMON, MODERN, Choice
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.smime.message import enveloped, split_for_envelope
from world.partners import Partner, describe

SUBJECT = "Sikker besked"


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Partner:
    directory = tmp_path_factory.mktemp("partner")
    return Partner.new(directory, "kommune.example", directory)


def seal(message: bytes, partner: Partner, choice: Choice = COMMON) -> bytes:
    outside, entity = split_for_envelope(message, SUBJECT)
    outgoing = enveloped(outside, entity, EnvelopedData(entity.size, [partner.certificate], choice))
    sealed = b"".join(outgoing.pieces)
    assert (outgoing.size, outgoing.ascii) == (len(sealed), sealed.isascii())
    return sealed


def split(message: bytes) -> tuple[bytes, bytes]:
    outside, entity = split_for_envelope(message, SUBJECT)
    return outside, bytes(entity)


def body_of(entity: bytes) -> bytes:
    return split_header(entity)[1]


LONG = b"x" * 200_000
NESTED = b"".join(
    b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(50)
)

BODIES = {
    "text": b"K\xc3\xa6re Anna\r\nDit CPR-nummer er 010190-1234.\r\n",
    "empty": b"",
    "no line end": b"last line without an end",
    "eight-bit": bytes(range(256)) * 20,
    "long lines": LONG + b"\r\n" + LONG,
    "dots": b".\r\n..\r\n.x\r\n",
    "nested multiparts": b"--b0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" + NESTED,
    "blank lines first": b"\r\n\r\n\r\ntext\r\n",
    "looks like a header": b"Subject: inside the body\r\nX-Segl-Route: plain\r\n\r\n",
    "NUL": b"\x00" * 1000,
    "spaces": b"   \r\n\t\r\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_body_comes_out_as_it_went_in(partner: Partner, body: bytes) -> None:
    header = (
        b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    entity = partner.decrypt(seal(header + b"\r\n" + body, partner))
    assert body_of(entity) == canonical(body)


@given(st.binary(max_size=2000))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_come_out_as_they_went_in(partner: Partner, body: bytes) -> None:
    assert body_of(partner.decrypt(seal(b"A: b\r\n\r\n" + body, partner))) == canonical(body)


@given(st.binary(max_size=400))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_even_without_a_header(partner: Partner, message: bytes) -> None:
    _, body = split_header(message)
    assert body_of(partner.decrypt(seal(message, partner))) == canonical(body)


@pytest.mark.slow
def test_many_pieces(partner: Partner) -> None:
    body = os.urandom(3_000_000)
    assert body_of(partner.decrypt(seal(b"Subject: x\r\n\r\n" + body, partner))) == canonical(body)


MESSAGE = (
    b"Received: from pc by front; Tue, 24 Nov 2026 10:00:00 +0100\r\n"
    b"DKIM-Signature: v=1; d=nordby.example; b=abc\r\n"
    b"From: Anna Hansen <anna@nordby.example>\r\n"
    b"To: =?utf-8?q?Bo_=C3=98?= <bo@kommune.example>,\r\n"
    b" eva@kommune.example\r\n"
    b"Bcc: chef@nordby.example\r\n"
    b"Subject: Sygemelding for\r\n"
    b" Karl Karlsen 010190-1234\r\n"
    b"Thread-Topic: Sygemelding for Karl Karlsen\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
    b"Message-ID: <1@nordby.example>\r\n"
    b"In-Reply-To: <0@kommune.example>\r\n"
    b"References: <0@kommune.example>\r\n"
    b"X-Segl-Route: secure\r\n"
    b"X-Segl-Id: 17\r\n"
    b"X-Journal: sag 010190-1234\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain;\r\n"
    b"\tcharset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
    b"K\xe6re Bo\r\n"
)


def test_outside_stands_what_mail_needs_and_nothing_else(partner: Partner) -> None:
    outside = seal(MESSAGE, partner)
    names = [field.name for field in split_header(outside)[0]]
    assert names == [
        "received",
        "from",
        "to",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "subject",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
    ]
    for word in (b"Sygemelding", b"Karl", b"010190", b"chef@", b"X-Segl", b"K\xe6re"):
        assert word not in outside


def test_the_outside_is_a_well_formed_smime_message(partner: Partner) -> None:
    parsed = email.message_from_bytes(seal(MESSAGE, partner), policy=policy.default)
    assert parsed["Subject"] == SUBJECT
    assert parsed["To"] == "bo@kommune.example, eva@kommune.example"
    assert parsed.get_content_type() == "application/pkcs7-mime"
    assert parsed.get_param("smime-type") == "enveloped-data"
    assert parsed.get_filename() == "smime.p7m"
    assert parsed.defects == []


def test_inside_stands_the_true_header_and_how_the_outside_looks(partner: Partner) -> None:
    """RFC 9788: ``hp="cipher"`` and HP-Outer let the reader's program restore the subject."""
    entity = partner.decrypt(seal(MESSAGE, partner))
    parsed = email.message_from_bytes(entity, policy=policy.default)
    assert parsed["Subject"] == "Sygemelding for Karl Karlsen 010190-1234"
    assert parsed.get_content_type() == "text/plain"
    assert parsed.get_content_charset() == "iso-8859-1"
    assert parsed.get_param("hp") == "cipher"
    assert parsed["X-Journal"] == "sag 010190-1234"
    assert parsed["Bcc"] is parsed["X-Segl-Route"] is parsed["X-Segl-Id"] is parsed["Received"] is None
    outer = parsed.get_all("HP-Outer", [])
    assert "Subject: Sikker besked" in outer
    assert "From: Anna Hansen <anna@nordby.example>" in outer
    assert not any("Received" in value for value in outer)
    assert parsed.get_content() == "Kære Bo\r\n"


@pytest.mark.parametrize(
    ("field", "becomes"),
    [
        (b"Content-Type: text/html", b'text/html;\r\n hp="cipher"'),
        (b"Content-Type: text/plain; charset=utf-8;", b'text/plain; charset=utf-8;\r\n hp="cipher"'),
        (
            b'Content-Type: text/plain; hp="clear"; charset=utf-8',
            b'text/plain; charset=utf-8;\r\n hp="cipher"',
        ),
        (
            b'Content-Type: multipart/mixed;\r\n boundary="b"',
            b'multipart/mixed;\r\n boundary="b";\r\n hp="cipher"',
        ),
        (
            b'Content-Type: application/pdf; name="Tilbud; hp=12.pdf"; hp=clear',
            b'application/pdf; name="Tilbud; hp=12.pdf";\r\n hp="cipher"',
        ),
        (b"Subject: only", b'text/plain; charset="us-ascii"; hp="cipher"'),
        # a program's mail without a MIME header: readers guess what is not said, and must not be told wrongly
        (b"Subject: only\r\n\r\nK\xc3\xa6re Bo", b'text/plain; charset="utf-8"; hp="cipher"'),
        (b"Subject: K\xe6re\r\n\r\nK\xc3\xa6re Bo", b'text/plain; charset="utf-8"; hp="cipher"'),
        (b"Subject: only\r\n\r\nK\xe6re Bo", b'text/plain; hp="cipher"'),
        (b"Content-Transfer-Encoding: quoted-printable\r\n\r\nK=C3=A6re", b'text/plain; hp="cipher"'),
        (b"Content-Type: broken", b"broken"),
        (b"Content-Type:", b""),
    ],
)
def test_the_content_type_keeps_its_meaning(field: bytes, becomes: bytes) -> None:
    _, inside = split(field + b"\r\n\r\nx")
    [content_type] = [f for f in split_header(inside)[0] if f.name == "content-type"]
    assert content_type.raw.split(b":", 1)[1].strip() == becomes


@pytest.mark.parametrize(
    ("field", "outside"),
    [
        (b"To: Bo <bo@k.example>", b"To: bo@k.example"),
        (b"From: Bo <bo@k.example>", b"From: Bo <bo@k.example>"),
        (b'To: "010190-1234 Karl" <karl@k.example>', b"To: karl@k.example"),
        (b"To: =?utf-8?b?MDEwMTkwLTEyMzQ=?= <karl@k.example>", b"To: karl@k.example"),
        (b"From: 01 01 90 1234 <karl@k.example>", b"From: karl@k.example"),
        (b'Cc: "0101901234" <a@k.example>, Bo <b@k.example>', b"Cc: a@k.example,\r\n b@k.example"),
        (b"To: =?nonsense?b?////?= <karl@k.example>", b"To: karl@k.example"),
        # No known charset: not readable, not shown.
        (b"To: \xe6\xf8\xe5 <karl@k.example>", b"To: karl@k.example"),
        (b'Reply-To: "010190-1234"', None),
    ],
)
def test_the_name_beside_an_address_stays_inside(field: bytes, outside: bytes | None) -> None:
    header, inside = split(field + b"\r\n\r\nx")
    name = field.split(b":")[0].lower().decode()
    found = [f.raw.rstrip(b"\r\n") for f in split_header(header)[0] if f.name == name]
    assert found == ([] if outside is None else [outside])
    assert field + b"\r\n" in inside


@pytest.mark.parametrize(
    "field",
    [
        b"To: " + b"1--" * 200_000,
        b"To: " + b"=?utf-8?q?" * 100_000,
        b"To: " + b"=?utf-8?q?" * 3_000,
        b"To: " + b"=?utf-8?b?" + b"A" * 400_000 + b"?=",
        b"Cc: " + b"a@" * 200_000,
        b"Cc: " + b"a." * 200_000 + b"@x 0101901234",
        b"From: " + b'"' * 200_000,
        b"From: " + b"(" * 200_000,
        b"Content-Type: text/plain" + b"; hp=" * 100_000,
        b"Content-Type: text/plain" + b";   " * 100_000,
        b"Content-Type: text/plain" + b'"' + b'\\"' * 100_000,
        b"Subject: x" + b"\r\n x" * 200_000,
    ],
    ids=lambda field: str(field[:24]),
)
def test_a_hostile_header_costs_no_more_than_its_length(field: bytes) -> None:
    begun = time.process_time()
    split_for_envelope(field + b"\r\n\r\nx", SUBJECT)
    assert time.process_time() - begun < 2


def test_bare_line_feeds_become_line_ends_inside_and_out() -> None:
    outside, inside = split(b"From: a@b.example\nSubject: x\n folded\n\nline\nline\n")
    for part in (outside, inside):
        assert b"\n" not in part.replace(b"\r\n", b"")
    assert inside.endswith(b"\r\n\r\nline\r\nline\r\n")


def test_the_structure_is_what_gateways_read(partner: Partner) -> None:
    text = describe(seal(MESSAGE, partner))
    assert "id-smime-ct-authEnvelopedData" not in text
    assert "contentType: pkcs7-envelopedData" in text
    assert "algorithm: aes-256-cbc" in text
    assert "algorithm: rsaEncryption" in text
    assert text.count("d.ktri") == 1


def test_what_is_authenticated_says_so(partner: Partner) -> None:
    """RFC 8551 §3.4: another kind of object has another name."""
    sealed = seal(MESSAGE, partner, MODERN)
    assert b"smime-type=authEnveloped-data" in sealed
    text = describe(sealed)
    assert "contentType: id-smime-ct-authEnvelopedData" in text
    assert "algorithm: aes-256-gcm" in text
    assert "algorithm: rsaesOaep" in text
    assert body_of(partner.decrypt(sealed)) == body_of(MESSAGE)


def test_the_body_is_not_copied(partner: Partner) -> None:
    message = b"Subject: x\r\n\r\n" + bytes(1_000_000)
    _, entity = split_for_envelope(message, SUBJECT)
    assert isinstance(entity.body, memoryview)
    assert entity.body.obj is message


@pytest.mark.parametrize(
    ("field", "outside"),
    [
        (b"In-Reply-To: Your mail about 010190-1234 <1@x.dk>", b"In-Reply-To: <1@x.dk>\r\n"),
        (b"References: <1@x.dk>\r\n\t<2@x.dk>", b"References: <1@x.dk>\r\n\t<2@x.dk>\r\n"),
        (b"References: <1@x.dk> 010190-1234 <2@x.dk>", b"References: <1@x.dk>\r\n <2@x.dk>\r\n"),
        (b"In-Reply-To: 010190-1234", b""),
        (b"Disposition-Notification-To: 010190-1234 <a@x.dk>", b"Disposition-Notification-To: a@x.dk\r\n"),
    ],
)
def test_words_in_fields_for_programs_stay_inside(field: bytes, outside: bytes) -> None:
    header, entity = split_for_envelope(field + b"\r\n\r\nhej\r\n", "Sikker besked")
    assert header == outside + b"Subject: Sikker besked\r\n"
    assert field in bytes(entity)
