"""One clock for each language, whatever says the time: receipts, news, mails about messages on hold, the portal."""

from __future__ import annotations

from datetime import datetime

import pytest

from segl.days import clock_of, date_of, day, moment
from segl.language import Language
from segl_delivery.receipts.texts import TEXTS as RECEIPTS
from segl_delivery.receipts.view import time_of
from segl_portal.texts_da import DANISH
from segl_portal.texts_en import ENGLISH


@pytest.mark.parametrize(
    ("language", "date", "in_a_sentence", "clock"),
    [
        ("da", "5. marts 2026", "den 5. marts 2026", "kl. 9.05"),
        ("en", "5 March 2026", "5 March 2026", "at 9:05"),
    ],
)
def test_a_time_has_one_form_in_each_language(
    language: Language, date: str, in_a_sentence: str, clock: str
) -> None:
    when = datetime(2026, 3, 5, 9, 5)
    at = when.timestamp()
    assert (date_of(when, language), clock_of(when, language)) == (date, clock)
    assert (day(at, language), moment(at, language)) == (in_a_sentence, f"{in_a_sentence} {clock}")
    assert {"da": DANISH, "en": ENGLISH}[language].time(when) == f"{date} {clock}"
    assert time_of(at, RECEIPTS[language]).endswith(f" {clock}")
