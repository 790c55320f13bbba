"""Who says that the people in a text are invented says it of that text, and of no other in the same message."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Decision, Label
from segl_classifier.classify import classify, gather
from segl_classifier.evaluation.documents import docx
from segl_classifier.memory import Memory
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.interface import Model, Threshold

SURE: dict[Label, Threshold] = {label: Threshold(0.5, 0.45) for label in Label if label is not Label.CPR}
MODEL = KeywordModel({"skizofren": {Label.HEALTH: 0.99}}, SURE, Threshold(0.6, 0.5))
INVENTED = "Kære hold.\n\nLæs casen til mandag. Personerne er opdigtede, og al lighed er tilfældig."
ILL = "Min søn er skizofren, og hans læge har indlagt ham på psykiatrisk afdeling."
HEAD = "Fra: Bo Bro <bo@by.example>\nSendt: 3. maj 2026 09:10\nTil: Lis <lis@by.example>\nEmne: Møde\n\n"
PAGE = "Stilladset ved skuret bliver stående til fredag, og kaffemaskinen står ved bakkerne.\n" * 30
_WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"
HARMLESS = "Vi ses på mandag."


def mail(body: str, *, subject: str = "Møde", files: tuple[str, ...] = (), pool: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bo@by.example", "lis@by.example", subject
    message.set_content(body)
    for number, file in enumerate(files):
        if pool:
            message.add_attachment(docx(file), "application", _WORD, filename=f"bilag{number}.docx")
        else:
            message.add_attachment(file, filename=f"bilag{number}.txt")
    return message.as_bytes()


def decided(raw: bytes, model: Model | None = MODEL, memory: Memory | None = None) -> Decision:
    return classify(raw, shipped_rules(), model=model, memory=memory).decision


FORWARDED = "\n\n".join((HARMLESS, HEAD + INVENTED, HEAD + ILL))
QUOTED = f"{ILL}\n\nDen 3. maj 2026 kl. 09.10 skrev Bo <bo@by.example>:\n> {INVENTED[12:]}\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(mail(FORWARDED), id="another mail that is passed on"),
        pytest.param(mail(QUOTED), id="the mail that is answered"),
        pytest.param(mail(f"{INVENTED}\n\n{PAGE}{PAGE}\n{ILL}"), id="pages above"),
        pytest.param(mail(f"{ILL}\n\n{PAGE}{PAGE}\n{INVENTED}"), id="pages below"),
        pytest.param(mail(HARMLESS, files=(INVENTED, ILL)), id="another file"),
        pytest.param(mail(ILL, files=(INVENTED,)), id="a file"),
        pytest.param(mail(f"{PAGE}{PAGE}{INVENTED}", files=(ILL,)), id="a message's end and a file"),
        pytest.param(mail(HARMLESS, files=(f"{INVENTED}\n\n{PAGE}{PAGE}\n{ILL}",)), id="in one file"),
        pytest.param(mail(HARMLESS, files=(INVENTED, ILL), pool=True), id="another document"),
        pytest.param(mail(ILL, files=(INVENTED,), pool=True), id="a document"),
        pytest.param(
            mail(f"{PAGE}{PAGE}{INVENTED}", files=(ILL,), pool=True), id="a message's end and a document"
        ),
    ],
)
def test_what_is_told_elsewhere_is_believed(raw: bytes) -> None:
    assert decided(raw) is Decision.SECURE


@pytest.mark.parametrize(
    "raw",
    [
        mail("\n\n".join((HARMLESS, HEAD + INVENTED + PAGE, HEAD + ILL))),
        mail(f"{INVENTED}\n\n{PAGE}{PAGE}\n{ILL}"),
    ],
)
def test_words_alone_are_believed_elsewhere(raw: bytes) -> None:
    assert decided(raw, None) is Decision.SECURE


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(mail(f"{INVENTED}\n\n{ILL}"), id="one text"),
        pytest.param(mail(f"{ILL}\n\n{INVENTED}"), id="below it"),
        pytest.param(mail(f"{INVENTED}\n\n{PAGE}{PAGE}"), id="nothing else is told"),
        pytest.param(
            mail(f"{HARMLESS}\n\n{HEAD}{INVENTED} {ILL}"), id="all within the mail that is passed on"
        ),
        pytest.param(mail(INVENTED, files=(ILL,)), id="on top of its files"),
        pytest.param(mail(INVENTED, files=(ILL,), pool=True), id="on top of its documents"),
        pytest.param(
            mail(HARMLESS, subject="Case (opdigtet): Fru Ibsen", files=(ILL,)), id="a subject and a file"
        ),
        pytest.param(mail(ILL, subject="Case (opdigtet): Fru Ibsen"), id="a subject"),
        pytest.param(mail(HARMLESS, files=(f"{INVENTED}\n{ILL}",)), id="in the file"),
    ],
)
def test_what_is_invented_is_nobodys(raw: bytes) -> None:
    assert decided(raw) is Decision.PLAIN


def test_a_file_that_is_remembered_is_judged_as_it_was() -> None:
    memory = Memory()
    for said, decision in ((f"{INVENTED}\n{ILL}", Decision.PLAIN), (INVENTED, Decision.PLAIN)):
        raw = mail(HARMLESS, files=(said,), pool=True)
        assert [decided(raw, memory=memory) for _ in range(2)] == [decision] * 2
    raw = mail(HARMLESS, files=(f"{INVENTED}\n\n{PAGE}{PAGE}\n{ILL}",), pool=True)
    assert [decided(raw, memory=memory) for _ in range(2)] == [Decision.SECURE] * 2
    assert decided(mail(ILL, files=(INVENTED,), pool=True), memory=memory) is Decision.SECURE


def test_whoever_says_so_on_every_page_waits_no_longer_for_it() -> None:
    raw = mail(f"{PAGE}{INVENTED}\n" * 20)
    started = time.process_time()
    gather(raw, shipped_rules(), model=MODEL)
    assert time.process_time() - started < 10
