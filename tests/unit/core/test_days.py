"""One clock for each language, whatever says the time: receipts, news, mails about messages on hold, the portal."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import pytest

from segl.days import clock_of, date_of, day, moment
from segl.house_time import keep_house_time, without_house_time
from segl.language import Language
from segl_delivery.receipts.evidence import moment as log_time
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


@pytest.mark.parametrize(
    ("host", "told_to_process", "noon"),
    [("UTC", None, 13), ("UTC", "UTC", 12), ("CET-1CEST,M3.5.0,M10.5.0/3", None, 13), ("WGT3", None, 9)],
)
def test_a_host_that_tells_utc_tells_people_denmarks_time(
    monkeypatch: pytest.MonkeyPatch, host: str, told_to_process: str | None, noon: int
) -> None:
    monkeypatch.setenv("TZ", host)
    time.tzset()
    monkeypatch.setenv("SEGL_HOST_TZ", "")
    if told_to_process is None:
        monkeypatch.delenv("TZ")  # as if the host's zone were this one
    try:
        keep_house_time()
        if "TZ" not in os.environ:
            monkeypatch.setenv("TZ", host)
            time.tzset()
        assert moment(datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp(), "da").endswith(f"kl. {noon}.00")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_postfix_logs_is_in_the_hosts_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as people's, each line was an hour late: receipts waited for the proof of TLS and named none. And a Postfix
    that is started from here would write its log by the TZ it finds (``import_environment``)."""
    at = datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp()
    monkeypatch.setenv("SEGL_HOST_TZ", "")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.delenv("TZ")
    try:
        keep_house_time()
        assert moment(at, "da").endswith("kl. 13.00")
        assert [log_time(text, at) for text in ("Dec 01 12:00:00", "2026-12-01T12:00:00")] == [at, at]
        assert "TZ" not in without_house_time(dict(os.environ))
    finally:
        monkeypatch.undo()
        time.tzset()
