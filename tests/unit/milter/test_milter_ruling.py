"""What settings and sender add to the classifier's verdict."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from keyword_model import KeywordModel
from segl.reasons import in_words
from segl.settings.detection import Limits
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.settings.inbound import Inbound
from segl.settings.portal import Portal, Sms
from segl.vocabulary import Decision, Label, Mode
from segl_classifier.extracted import Extracted
from segl_classifier.message import Part
from segl_classifier.pool.reader import PoolReader
from segl_classifier.rules import shipped_rules
from segl_milter.disposition import Disposition
from segl_milter.modifications import modifications_for
from segl_milter.ruling import action, forged_tags, ruling_on, to_be_opened, wishes_of
from segl_milter.transaction import Address, Mail, readable_subject

CPR = b"From: a@nordby.example\r\nSubject: %s\r\n\r\nMit CPR-nummer er 010190-1233.\r\n"
SMIME = b" application/pkcs7-mime; smime-type=enveloped-data"
TEA = b"From: a@nordby.example\r\nSubject: %s\r\n\r\nVi ses til te kl. 15.\r\n"


def settings(**detection: Any) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vand", "domains": ["nordby.example"], "subdomains": True},
            "detection": detection,
        }
    )


def mail(raw: bytes, *recipients: str, subject: bytes = b"Hej", **facts: Any) -> Mail:
    whole = raw % subject
    return Mail(
        sender=Address("<a@nordby.example>"),
        recipients=tuple(Address(f"<{r}>") for r in recipients or ("b@kunde.example",)),
        raw=whole,
        size=facts.pop("size", len(whole)),
        subjects=(readable_subject(b" " + subject),),
        **facts,
    )


def test_a_message_without_personal_data_is_plain() -> None:
    verdict = ruling_on(mail(TEA), shipped_rules(), settings()).verdict
    assert (verdict.decision, verdict.reasons) == (Decision.PLAIN, ())


def test_a_message_with_a_personal_number_is_secure() -> None:
    verdict = ruling_on(mail(CPR), shipped_rules(), settings()).verdict
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("cpr",))


def test_a_file_that_comes_again_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def nothing(_self: PoolReader, part: Part, _data: bytes, _chars: int) -> Extracted:
        read.append(part.filename)
        return Extracted()

    monkeypatch.setattr(PoolReader, "read_data", nothing)
    message = EmailMessage()
    message["Subject"] = "%s"
    message.set_content("Se vedlagte.")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="priser-2027.pdf")
    for _ in range(3):
        ruling_on(mail(message.as_bytes()), shipped_rules(), settings())
    assert read == ["priser-2027.pdf"]


@pytest.mark.parametrize(
    ("recipients", "internal"),
    [
        (("b@nordby.example",), True),
        (("b@NORDBY.example.", "c@drift.nordby.example"), True),
        (("b@nordby.example", "c@kunde.example"), False),
        (("b@xnordby.example",), False),
        (("b@nordby.example.evil.example",), False),
        (("uden-domæne",), False),
        (("b@[192.0.2.1]",), False),
        (("b@kunde.example@nordby.example",), False),  # Postfix could send it on
        (("b%kunde.example@nordby.example",), False),
        (("kunde.example!b@nordby.example",), False),
        (('"b@nordby.example"@kunde.example',), False),
        (("",), False),
    ],
)
def test_a_message_to_own_domains_only_is_plain_without_being_read(
    recipients: tuple[str, ...], internal: bool
) -> None:
    verdict = ruling_on(mail(CPR, *recipients), shipped_rules(), settings()).verdict
    assert verdict.reasons == (("internal",) if internal else ("cpr",))
    assert verdict.decision is (Decision.PLAIN if internal else Decision.SECURE)


@pytest.mark.parametrize(
    ("answers", "secure"),
    [
        ({"nordby.example"}, True),
        ({"drift.nordby.example"}, True),
        ({"other.example", "nordby.example"}, True),
        ({"other.example"}, False),  # another house's portal
        (set(), False),
    ],
)
def test_an_answer_to_what_was_written_in_our_portal_is_secure(answers: set[str], secure: bool) -> None:
    verdict = ruling_on(mail(TEA, answers=frozenset(answers)), shipped_rules(), settings()).verdict
    assert verdict.decision is (Decision.SECURE if secure else Decision.PLAIN)
    assert verdict.reasons == (("answers_sealed",) if secure else ())


def test_it_lowers_nothing_and_stays_inside_when_all_are_inside() -> None:
    known = frozenset({"nordby.example"})
    assert ruling_on(mail(CPR, answers=known), shipped_rules(), settings()).verdict.reasons == (
        "answers_sealed",
        "cpr",
    )
    inside = ruling_on(mail(TEA, "b@nordby.example", answers=known), shipped_rules(), settings()).verdict
    assert inside.reasons == ("internal",)


def test_a_message_of_which_no_recipient_is_known_is_not_taken_for_internal() -> None:
    nobody = replace(mail(CPR), recipients=())
    assert ruling_on(nobody, shipped_rules(), settings()).verdict.decision is Decision.SECURE


def test_always_sends_every_message_to_an_outside_recipient_securely() -> None:
    always = settings(mode="always")
    assert ruling_on(mail(TEA), shipped_rules(), always).verdict.reasons == ("always",)
    assert ruling_on(mail(CPR), shipped_rules(), always).verdict.reasons == ("always", "cpr")
    assert (
        ruling_on(mail(TEA, "b@nordby.example"), shipped_rules(), always).verdict.decision is Decision.PLAIN
    )


def test_shadow_only_says_what_would_be_done() -> None:
    verdict = ruling_on(mail(CPR), shipped_rules(), settings(mode="shadow")).verdict
    assert verdict.decision is Decision.SECURE
    assert action(verdict, Mode.SHADOW) is Decision.PLAIN
    assert action(verdict, Mode.DETECT) is Decision.SECURE


@pytest.mark.parametrize(
    ("subject", "asks"),
    [
        (b"sikker: referat", True),
        (b"=?utf-8?b?U2lra2VyOiByZWZlcmF0?=", True),
        (b"=?iso-8859-1?Q?=5Bsikker=5D_m=F8de?=", True),
        (b"=?utf-8?Q?=E2=80=8BSvar:_sikker_:_m=C3=B8de?=", True),
        (b"\xef\xbb\xbfsikker\xef\xbc\x9a referat", True),
        (b"\n sikker: referat", True),
        (b"er det sikker: referat", False),
        (b"", False),
    ],
)
def test_a_subject_tag_asks_for_the_secure_way(subject: bytes, asks: bool) -> None:
    verdict = ruling_on(mail(TEA, subject=subject), shipped_rules(), settings()).verdict
    assert verdict.reasons == (("requested",) if asks else ())
    # it stays: the answer to an answer is secure as well
    assert (
        modifications_for(
            mail(TEA, subject=subject), Disposition(verdict.decision, verdict, "0f" * 16)
        ).subjects
        == ()
    )


@pytest.mark.parametrize(
    ("subject", "sender", "left"),
    [
        (b"[kodeord: den r\xc3\xb8de cykel] Te", "a@nordby.example", "Te"),
        (b"SV: [sms:12345678] Te", "a@nordby.example", "SV: Te"),
        (b"=?utf-8?q?[sms:b=40kunde.example=3D12345678]_S=C3=B8ren?=", "a@nordby.example", "S\u00f8ren"),
        (b"[sms:12345678] Te", "a@andet.example", None),
        (b"Te", "a@nordby.example", None),
    ],
)
def test_words_for_the_portal_ask_for_the_secure_way_and_come_off(
    subject: bytes, sender: str, left: str | None
) -> None:
    house = replace(settings(), portal=Portal(sms=Sms(url="https://sms.example/")))
    message = replace(mail(TEA, subject=subject), sender=Address(f"<{sender}>"))
    wishes = wishes_of(message, house)
    assert (None if wishes is None else wishes.subject) == left
    verdict = ruling_on(message, shipped_rules(), house).verdict
    assert (verdict.decision is Decision.SECURE) == (left is not None)
    modifications = modifications_for(
        message, Disposition(action(verdict, Mode.DETECT), verdict, "0f" * 16, wishes=wishes)
    )
    assert modifications.subjects == (() if left is None else ((1, left),))
    fields = [value for name, value in modifications.add if name == "X-Segl-Wishes"]
    assert len(fields) == (0 if left is None else 1)
    assert all("12345678" not in value for value in fields)
    assert modifications_for(message, Disposition(Decision.PLAIN, verdict, "", wishes=wishes)).subjects == ()


@pytest.mark.parametrize(
    ("subject", "gateway", "reasons"),
    [
        (b"[sms:12345678] Te", True, ("requested",)),
        (b"[sms:12345678] Te", False, ("requested", "request_unclear")),
        (b"[sms:123] Te", True, ("requested", "request_unclear")),
        (b"[kodeord: ost] Te", True, ("requested", "request_unclear")),
        (b"[kodeord: ost] [sms:12345678] Te", True, ("requested", "request_unclear")),
        (b"[SMS-gateway] Te", True, ()),
    ],
)
def test_words_for_the_portal_that_are_not_understood_ask_for_the_secure_way_too(
    subject: bytes, gateway: bool, reasons: tuple[str, ...]
) -> None:
    """Their writer wanted more than the usual; the receipt says that he did not get it."""
    house = replace(settings(), portal=Portal(sms=Sms(url="https://sms.example/" if gateway else "")))
    assert ruling_on(mail(TEA, subject=subject), shipped_rules(), house).verdict.reasons == reasons
    assert ("[kodeord: mindst fire tegn]" in in_words(reasons, "da")) is ("request_unclear" in reasons)
    stranger = replace(mail(TEA, subject=subject), sender=Address("<a@andet.example>"))
    assert ruling_on(stranger, shipped_rules(), house).verdict.reasons == ()


@pytest.mark.parametrize(
    ("subjects", "reasons"),
    [
        ((), ()),
        (("Te", "sikker: x"), ("requested",)),
        (("[kodeord: den r\u00f8de cykel] Te", "Te"), ("requested",)),
        (("[kodeord: ost] Te", "Te"), ("requested", "request_unclear")),
        (("Te", "[kodeord: ost] Te"), ("requested", "request_unclear")),
        (("Te", "[kodeord: den r\u00f8de cykel] Te"), ("requested", "request_unclear")),
    ],
)
def test_of_several_subjects_each_may_ask(subjects: tuple[str, ...], reasons: tuple[str, ...]) -> None:
    message = replace(mail(TEA), subjects=subjects)
    assert ruling_on(message, shipped_rules(), settings()).verdict.reasons == reasons


@pytest.mark.parametrize(
    "subject",
    [
        b"=?utf-8?Q?[kodeord:_den_r=C3=B8de_cykel]_M=C3=B8de_kl_=31=32?=",
        b"=?utf-8?B?W2tvZGVvcmQ6IGRlbiByw7hkZSBjeWtlbF0gTcO4ZGUga2wgMTI?",
        b"=?utf-8?Q?[kodeord:_den_r=C3=B8de_cykel]_M=C3=B8de_kl_12",
        b"=?utf-8?B?W2tvZGVvcmQ6IGRlbiByw7hkZSBjeWtlbF0g?= =?utf-8?Q?M=C3=B8de_kl_=31=32?=",
    ],
    ids=["needless escapes", "no end", "no end, quoted", "two words"],
)
def test_the_phrase_is_the_one_that_a_reader_sees_and_nothing_of_it_stays(subject: bytes) -> None:
    wishes = wishes_of(mail(TEA, subject=subject), settings())
    assert wishes is not None
    assert (wishes.phrase, wishes.subject) == ("den r\u00f8de cykel", "M\u00f8de kl 12")


def test_a_subject_that_was_not_looked_at_may_ask_for_the_secure_way() -> None:
    for more, found in ((0, Decision.PLAIN), (1, Decision.SECURE)):
        verdict = ruling_on(mail(TEA, more_subjects=more), shipped_rules(), settings()).verdict
        assert verdict.decision is found


def test_a_tagged_message_is_read_all_the_same() -> None:
    verdict = ruling_on(mail(CPR, subject=b"sikker: x"), shipped_rules(), settings()).verdict
    assert verdict.reasons == ("requested", "cpr")
    assert ruling_on(mail(TEA, subject=b"sikker: x"), shipped_rules(), settings()).verdict.reasons == (
        "requested",
    )


def test_the_tag_lowers_nothing() -> None:
    held = settings(unreadable="hold")
    cut = mail(TEA, subject=b"sikker: x", size=10_000)
    assert ruling_on(cut, shipped_rules(), held).verdict.decision is Decision.HOLD


def test_tags_are_settings() -> None:
    own = settings(subject_tags=["#kryptér "])
    assert ruling_on(mail(TEA, subject="#KRYPTÉR x".encode()), shipped_rules(), own).verdict.reasons == (
        "requested",
    )
    assert ruling_on(mail(TEA, subject=b"sikker: x"), shipped_rules(), own).verdict.reasons == ()


def test_what_was_not_kept_was_not_read() -> None:
    cut = mail(TEA, size=10_000_000)
    verdict = ruling_on(cut, shipped_rules(), settings()).verdict
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("unreadable.too-large",))
    many = mail(TEA, "b@nordby.example", more_recipients=3)
    verdict = ruling_on(many, shipped_rules(), settings()).verdict
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("unreadable.too-many",))


def test_the_first_part_of_a_cut_message_is_read() -> None:
    verdict = ruling_on(mail(CPR, size=10_000_000), shipped_rules(), settings()).verdict
    assert verdict.reasons == ("cpr", "unreadable.too-large")


@pytest.mark.parametrize("decision", ["secure", "hold", "reject"])
def test_the_policy_for_the_unreadable_holds_for_it(decision: str) -> None:
    verdict = ruling_on(mail(TEA, size=10_000_000), shipped_rules(), settings(unreadable=decision)).verdict
    assert verdict.decision is Decision(decision)


def test_limits_of_the_settings_reach_the_classifier() -> None:
    narrow = replace(settings(), limits=Limits(header_bytes=20))
    assert ruling_on(mail(TEA), shipped_rules(), narrow).verdict.decision is Decision.SECURE


def test_the_model_reads_along_and_its_doubt_follows_the_settings() -> None:
    model = KeywordModel({"te": {Label.HEALTH: 0.4}})
    assert ruling_on(mail(TEA), shipped_rules(), settings(), model).verdict.reasons == ("unsure",)
    lenient = ruling_on(mail(TEA), shipped_rules(), settings(unsure="plain"), model).verdict
    assert (lenient.decision, lenient.reasons) == (Decision.PLAIN, ("unsure",))
    strict = settings(thresholds={"health": 0.3})
    assert ruling_on(mail(TEA), shipped_rules(), strict, model).verdict.labels == (Label.HEALTH,)


@pytest.mark.parametrize(
    ("on", "kind", "recipients", "opened"),
    [
        (True, SMIME, ("bo@nordby.example",), True),
        (True, SMIME, ("x@kunde.example", "bo@under.nordby.example"), True),
        (True, SMIME, ("x@kunde.example",), False),
        (True, SMIME, ("bo%kunde.example@nordby.example",), False),
        (True, b" text/plain", ("bo@nordby.example",), False),
        (False, SMIME, ("bo@nordby.example",), False),
    ],
)
def test_what_own_recipients_get_encrypted_is_to_be_opened(
    on: bool, kind: bytes, recipients: tuple[str, ...], opened: bool
) -> None:
    told = replace(settings(), inbound=Inbound(on=on))
    assert to_be_opened(mail(TEA, *recipients, content=(kind, b"")), told) is opened


@pytest.mark.parametrize(
    ("subject", "recipient", "found"),
    [
        (b" =?utf-8?q?=5Bsikker=5D_Hej?=", "bo@nordby.example", ((1, "Hej"),)),
        (b" =?utf-8?b?W3Npaw==?=\n =?utf-8?b?a2VyXQ==?= hej", "bo@nordby.example", ((1, "hej"),)),
        (b" [sikker] K\xe6re", "bo@nordby.example", ((1, "Kære"),)),
        (b" [sikker] Hej", "bo@kunde.example", ()),
        (b" Hej", "bo@nordby.example", ()),
    ],
)
def test_a_tag_that_only_we_may_write_comes_out_of_mail_to_own_recipients(
    subject: bytes, recipient: str, found: tuple[tuple[int, str], ...]
) -> None:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    for on in (True, False):
        inbound = {"on": on, "tag_secure": "[sikker]"}
        settings = parse_settings({"organisation": organisation, "inbound": inbound})
        message = Mail(
            Address("<a@x.example>"), (Address(f"<{recipient}>"),), b"", 0, (readable_subject(subject),)
        )
        assert forged_tags(message, settings) == (found if on else ())
        behind = replace(message, more_subjects=280)  # the last of many
        assert forged_tags(behind, settings) == (tuple((281, text) for _, text in found) if on else ())
        assert forged_tags(replace(message, sender=Address("<mette@nordby.example>")), settings) == ()
        among_others = replace(message, recipients=(*message.recipients, Address("<c@anden.example>")))
        assert forged_tags(among_others, settings) == (found if on else ())
