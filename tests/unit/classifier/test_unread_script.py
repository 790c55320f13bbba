"""What is written with other letters than Latin is read by nobody here, and does not pass for harmless."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from corpus import growth
from keyword_model import KeywordModel
from segl.vocabulary import Decision, Verdict
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules
from segl_classifier.unread_script import unread_script

SENTENCES = {
    "cyrillic": "Олена Коваль лежить у психіатричній лікарні з шизофренією.",
    "arabic": "ليلى حسن في مستشفى الأمراض النفسية بسبب الفصام.",
    "greek": "Η Ελένη Παππά νοσηλεύεται σε ψυχιατρική κλινική με σχιζοφρένεια.",
    "hebrew": "שרה כהן מאושפזת בבית חולים פסיכיאטרי עם סכיזופרניה.",
    "cjk": "王小明因精神分裂症住院治疗。",
    "hangul": "김민수 씨는 조현병으로 정신병원에 입원해 있습니다.",
    "thai": "สมชายเข้ารับการรักษาในโรงพยาบาลจิตเวชด้วยโรคจิตเภท",
    "devanagari": "सीता शर्मा सिज़ोफ्रेनिया के कारण मनोरोग अस्पताल में भर्ती हैं।",
}
SHORT = {
    "cyrillic": "Олена має рак",
    "greek": "Έχω καρκίνο.",
    "arabic": "مريضة بالسرطان",
    "hebrew": "אחותי חולה בסרטן",
    "cjk": "她得了癌症。",
    "hangul": "그녀는 암에 걸렸어요.",
}
JAPANESE = "さとうさんは統合失調症で入院しています。"


def judged(body: str, subject: str = "Info", file: str = "", sender: str = "Bo Hansen") -> Verdict:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        f"{sender} <bo@by.example>",
        "ida@by.example",
        subject,
    )
    message.set_content(body)
    if file:
        message.add_attachment(file, filename="brev.txt")
    return classify(message.as_bytes(), shipped_rules(), model=KeywordModel({}))


@pytest.mark.parametrize(("script", "sentence"), SENTENCES.items(), ids=SENTENCES)
def test_a_sentence_in_another_script_goes_securely_as_unread(script: str, sentence: str) -> None:
    verdict = judged(f"Hej Ida\n\n{sentence}\n\nVenlig hilsen\nBo")
    assert verdict.decision is Decision.SECURE
    assert verdict.reasons == ("unreadable.unknown-script",)
    unread = [finding.excerpt for finding in verdict.findings if finding.rule == verdict.reasons[0]]
    assert unread == [script]  # its name, and none of its words


@pytest.mark.parametrize(("script", "sentence"), SENTENCES.items(), ids=SENTENCES)
def test_a_sentence_in_the_middle_of_a_paragraph_is_unread_however_long_that_is(
    script: str, sentence: str
) -> None:
    """As in HTML, where a paragraph is one line."""
    within = f"{'Tak for sidst, og hils alle. ' * 9}{sentence}{' Vi ses på fredag.' * 9}"
    assert unread_script(within) == script


@pytest.mark.parametrize(("script", "sentence"), SHORT.items(), ids=SHORT)
@pytest.mark.parametrize("form", ["{}", "Hej Ida\n\n{}\n\nVenlig hilsen\nBo", "{} 😊"])
def test_a_sentence_of_few_words_does_where_nothing_else_stands_in_its_line(
    form: str, script: str, sentence: str
) -> None:
    assert unread_script(form.format(sentence)) == script


def test_scripts_that_make_one_language_count_together() -> None:
    assert unread_script(JAPANESE) == "cjk"


@pytest.mark.parametrize("place", ["subject", "file"])
def test_wherever_in_the_message_it_stands(place: str) -> None:
    assert judged("Se her.", **{place: SENTENCES["cyrillic"]}).reasons == ("unreadable.unknown-script",)


@pytest.mark.parametrize("sentence", [SENTENCES["cyrillic"], SHORT["cyrillic"]])
def test_in_capitals_too(sentence: str) -> None:
    assert unread_script(sentence.upper()) == "cyrillic"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Med venlig hilsen\nΓιώργος Παπαδόπουλος", id="a signature"),
        pytest.param("Kontakt: Олена Коваль, Міністерство Освіти, Київ", id="an address"),
        pytest.param("Mødet er hos 北京大学 på fredag.", id="a place"),
        pytest.param("Українська\nالعربية\nفارسی\n中文\n한국어\nไทย", id="a menu below one another"),
        pytest.param("Kærlig hilsen\nΕλένη Παππά\n王小明\n김민수", id="names alone in their line"),
        pytest.param("Han sagde «больна» tre gange i telefonen.", id="a word in a sentence"),
        pytest.param("Han sagde «она больна» tre gange i telefonen.", id="two words in a sentence"),
        pytest.param("Ordet er:\nперебудова", id="a word in its line"),
        pytest.param("русский | українська | ελληνικά | العربية | 中文", id="a menu in small letters"),
        pytest.param("Ordet «перебудова» betyder omstrukturering.", id="a word that is quoted"),
        pytest.param("Vi måler Δx, σ², λ og μ, og α + β = γ. " * 20, id="formulas"),
        pytest.param(
            "Dansk | English | Українська | العربية | فارسی | 中文 | 한국어 | ไทย", id="a menu of languages"
        ),
        pytest.param("Ærø, Łódź, Čeština, Việt Nam, İstanbul, Þór og Ⓐ 😊😊😊" * 9, id="Latin letters"),
        pytest.param(
            "𝐕𝐢𝐠𝐭𝐢𝐠𝐭: 𝐧𝐲𝐞 å𝐛𝐧𝐢𝐧𝐠𝐬𝐭𝐢𝐝𝐞𝐫, ｖｅｌｋｏｍｍｅｎ ｔｉｌ ｂｕｔｉｋｋｅｎ",
            id="Latin letters in other shapes",
        ),
    ],
)
def test_names_and_single_words_are_no_text_of_another_script(text: str) -> None:
    assert unread_script(text) == ""
    assert judged(text).decision is Decision.PLAIN


def test_a_list_of_names_is_more_than_a_name() -> None:
    assert unread_script("Олена Коваль, хворіє\nПетро Бойко, звільнений\nГалина Мороз, вагітна") == "cyrillic"


def test_what_people_are_called_is_no_text() -> None:
    assert judged("Vi ses.", sender=SENTENCES["arabic"]).decision is Decision.PLAIN


def test_long_texts_take_time_in_proportion() -> None:
    growth.of_many("α1 æø ж\u0301 ", unread_script)
