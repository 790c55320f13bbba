"""What a person wrote beside the parts is given to the model too; where it is given nothing, words count as without."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import FEW_WORDS, Adjustment, Decision, Effect, Finding, Label
from segl_classifier.classify import classify
from segl_classifier.decide import weigh_all
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.interface import Understanding
from segl_classifier.understanding.windows import windows_of

SAID = "Preben Hansen har diskusprolaps og er sygemeldt."
MORE = "Stilladset ved skuret bliver stående til fredag, og den nye kaffemaskine i kantinen står ved siden af bakkerne."
HEAD = "From: Anna <a@vand.example>\nSubject: Hej\nMIME-Version: 1.0\n"
TO = "To: b@by.example\n"
INNER = "From: c@by.example\nComments: "
PART = "--x\nContent-Type: text/plain\n\nVi ses.\n"
MIXED = f"{HEAD}{TO}Content-Type: multipart/mixed; boundary=x\n\n"
HTML = f"{HEAD}{TO}Content-Type: text/html; charset=utf-8\n\n<p>Vi ses.</p>"
YES, NO = KeywordModel({"diskusprolaps": {Label.HEALTH: 0.8}}), KeywordModel({})

REMARKS = {
    "title of the conversation": f"{HEAD}{TO}Thread-Topic: {SAID}\n\nVi ses.",
    "comments": f"{HEAD}{TO}Comments: {SAID}\n\nVi ses.",
    "flag": f"{HEAD}{TO}X-Message-Flag: {SAID}\n\nVi ses.",
    "title of a file": f"{HEAD}{TO}Content-Description: {SAID}\n\nVi ses.",
    "before the first part": f"{MIXED}{SAID}\n{PART}--x--\n",
    "behind the last part": f"{MIXED}{PART}--x--\n{SAID}\n",
    # Programs to which that is no delimiter show it as text: of few words the rules would count there.
    "behind a delimiter": f"{MIXED}{PART}--x {SAID}\n\n{MORE}\n--x--\n",
    "before a boundary of no name": f"{HEAD}{TO}Content-Type: multipart/mixed\n\n{SAID}\n{PART}--x--\n",
    "in a message inside": f"{MIXED}--x\nContent-Type: message/rfc822\n\n{INNER}{SAID}\n\nHej.\n--x--\n",
    "a name that is none": f'{HEAD}To: "Preben Hansen har diskusprolaps og er sygemeldt" <b@by.example>\n\nVi ses.',
}
BEYOND = {
    "a field of an unknown name": f"{HEAD}{TO}X-Note: {SAID}\n\nVi ses.",
    "a comment of the page": f"{HTML}<!-- {SAID} -->",
    "a script": f"{HTML}<script>var a = '{SAID}'</script>",
    "the value of a hidden field": f'{HTML}<input type="hidden" value="{SAID}">',
}


def decided(mail: str, model: KeywordModel | None) -> Decision:
    return classify(mail.encode(), shipped_rules(), model=model).decision


@pytest.mark.parametrize("mail", REMARKS.values(), ids=REMARKS)
def test_a_remark_beside_the_parts_is_judged_by_the_model(mail: str) -> None:
    assert decided(mail, YES) is Decision.SECURE
    assert decided(mail, NO) is Decision.PLAIN


def test_a_remark_in_a_message_in_an_archive_is_one() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("gammel.eml", f"{HEAD}{TO}Comments: {SAID}\n\nVi ses.")
    head = "Content-Type: application/zip\nContent-Transfer-Encoding: base64"
    mail = f"{HEAD}{TO}{head}\n\n{base64.encodebytes(file.getvalue()).decode()}"
    assert decided(mail, YES) is Decision.SECURE
    assert decided(mail, NO) is Decision.PLAIN


@pytest.mark.parametrize("mail", BEYOND.values(), ids=BEYOND)
def test_where_the_model_is_given_nothing_words_count_as_without_it(mail: str) -> None:
    assert decided(mail, None) is Decision.SECURE
    assert decided(mail, NO) is Decision.SECURE


@pytest.mark.parametrize("mail", BEYOND.values(), ids=BEYOND)
def test_a_sentence_that_the_model_was_given_elsewhere_is_judged_by_it(mail: str) -> None:
    """A page repeats its first sentence in a comment for previews."""
    letter = f"{mail}\n\n{SAID} {MORE}"
    assert decided(letter, None) is Decision.SECURE
    assert decided(letter, NO) is Decision.PLAIN


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://x.example/temaer/depression-og-angst/din-sygdom">Læs mere</a>',
        '<a href="https://x.example/?tema=diskusprolaps" data-track="depression">Læs mere</a>',
    ],
)
def test_the_words_of_a_link_are_no_sentence(link: str) -> None:
    """Newsletters link to pages on illnesses, and greet by name."""
    page = f"{HEAD}{TO}Content-Type: text/html; charset=utf-8\n\n<p>Kære Preben Hansen. {link}</p>"
    assert decided(page, NO) is Decision.PLAIN


def test_the_title_of_a_conversation_is_not_read_again_where_it_is_the_subject() -> None:
    subject = Text("SV: Referat fra mødet i bestyrelsen", "subject", Source.SUBJECT)
    title = Text("Referat fra  mødet i bestyrelsen", "header thread-topic", Source.SUBJECT, remark=True)
    body = Text("Se bilaget.", "part 1", Source.BODY)
    assert [window.text for window in windows_of([title, subject, body])] == [
        "SV: Referat fra mødet i bestyrelsen | Se bilaget."
    ]


@pytest.mark.parametrize(
    "name", ["Anne Marie von der Recke", "Børn og Unge, Aarhus Kommune", "anna hansen", "bo (på ferie)"]
)
def test_names_of_people_and_offices_are_not_given_to_the_model(name: str) -> None:
    mail = f'{HEAD}To: "{name}" <b@by.example>\n\nVi ses.'
    seen = KeywordModel({word: {Label.HEALTH: 0.9} for word in name.lower().split()})
    assert decided(mail, seen) is Decision.PLAIN


def test_why_it_holds_is_told() -> None:
    words = Finding("health.disease", Label.HEALTH, "header x-note", "", 0.6, beyond_model=True)
    understanding = Understanding((), 0.01, {Label.HEALTH: 0.01})
    weighings = weigh_all([words], shipped_rules(), model=NO, understanding=understanding)
    weighing = weighings.labels[Label.HEALTH]
    assert (weighing.beyond, weighing.beyond_holds, weighing.score) == (0.6, True, 0.6)
    assert weighing.steps[-1].reason == "rules that need no model, 0.60"


def test_a_rule_that_lowers_is_heard_there_too() -> None:
    words = Finding("health.disease", Label.HEALTH, "header x-note", "", 0.6, beyond_model=True)
    lower = Finding("own.club", Label.HEALTH, "body", "", 0.4, effect=Effect.LOWER)
    understanding = Understanding((), 0.01, {Label.HEALTH: 0.01})
    weighings = weigh_all([words, lower], shipped_rules(), model=NO, understanding=understanding)
    assert not weighings.labels[Label.HEALTH].beyond_holds


SIGN, ANOTHER, STATEMENT = "health.clinical-notes", "health.care-notes", "health.clinical-message"


@pytest.mark.parametrize(
    ("spoke", "any_score", "holds"),
    [
        ([SIGN], 0.01, False),
        ([SIGN], 0.03, True),
        ([SIGN, ANOTHER], 0.01, True),
        ([STATEMENT], 0.0, True),
        (["column.health"], 0.0, True),
    ],
)
def test_one_sign_of_a_trade_does_not_do_where_the_model_is_sure_of_nothing(
    spoke: list[str], any_score: float, holds: bool
) -> None:
    """A clinic writes of its scanner as it writes of its patients. Two that agree are not of a scanner; nor is what
    counts as a statement, or stands at the head of a list."""
    rules = filter(None, map(shipped_rules().rule, spoke))
    words = [Finding(rule.id, Label.HEALTH, "body", "", rule.weight, beyond_model=True) for rule in rules]
    understanding = Understanding((), any_score, {Label.HEALTH: any_score})
    weighing = weigh_all(words, shipped_rules(), model=NO, understanding=understanding).labels[Label.HEALTH]
    assert weighing.beyond_holds is weighing.would_hold is holds


FEW = (Adjustment(FEW_WORDS, 0.0),)


@pytest.mark.parametrize(
    ("said", "any_score", "of_it", "holds"),
    [
        ((SIGN, 0.45, ()), 0.1, 0.002, False),
        ((SIGN, 0.45, ()), 0.1, 0.003, True),
        ((SIGN, 0.45, ()), 0.3, 0.002, True),
        (("health.disease", 0.45, FEW), 0.1, 0.002, False),
        (("health.disease", 0.45, FEW), 0.01, 0.004, True),
        (("health.disease", 0.55, FEW), 0.1, 0.002, True),
        (("health.disease", 0.45, ()), 0.1, 0.002, True),
        ((STATEMENT, 0.5, ()), 0.1, 0.0, True),
        ((SIGN, 0.45, ()), 0.1, None, True),
    ],
)
def test_nor_where_it_is_sure_that_the_matter_is_another(
    said: tuple[str, float, tuple[Adjustment, ...]], any_score: float, of_it: float | None, holds: bool
) -> None:
    """What is found in a message of few words is a sign where it comes to less than a statement; what the model was not
    given, or is in doubt of as a whole, is judged without it."""
    rule, score, steps = said
    words = [Finding(rule, Label.HEALTH, "body", "", score, steps, beyond_model=True)]
    understanding = Understanding((), any_score, {} if of_it is None else {Label.HEALTH: of_it})
    weighing = weigh_all(words, shipped_rules(), model=NO, understanding=understanding).labels[Label.HEALTH]
    assert weighing.beyond_holds is holds
