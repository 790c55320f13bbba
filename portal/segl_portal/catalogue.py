"""The words of the portal's pages, Danish and English: the one place where they stand.

The reader has never heard of Segl, may be old, busy or afraid of fraud, and reads on a phone. Short sentences, one
thing at a time, the same word for the same thing. ``{names}`` are filled in by the templates.

A page says nothing that would tell whether a message exists: what is said to the holder of a dead link is what is
said to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segl.days import clock_of, date_of
from segl.language import OTHER, Language


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's words, grouped by page."""

    language: Language
    other_name: str  # the other language, in that language
    skip: str
    privacy: str
    genuine: str
    # the landing page
    landing_title: str
    landing_lead: str
    landing_how: str
    landing_button: str
    paste_label: str
    paste_without_script: str
    paste_incomplete: str
    paste_missing: str
    press_again: str  # nobody has touched the page: perhaps it was a program
    phrase_question: str
    phrase_label: str
    phrase_hint: str
    continue_reading: str
    have_code: str
    left_title: str
    left_text: str
    again_title: str
    again_text: str
    # the code page
    code_title: str
    code_lead: str
    code_back: str
    reference: str
    reference_hint: str
    code_label: str
    code_hint: str
    code_button: str
    no_code: str
    no_code_wait: str
    no_code_ended: str
    new_code: str
    error_prefix: str
    wrong: str  # {reference}: that of the code that was asked for here
    expired: str
    too_many: str
    enough: str  # {reference}
    enough_elsewhere: str  # and none was asked for here
    busy: str
    # the message
    from_: str
    to: str
    copy: str
    sent: str
    no_subject: str
    body: str
    quoted: str
    file_name: str
    body_empty: str
    more_addresses: str
    remote_blocked: str
    notes: Mapping[str, str]  # by segl_portal.reading.view.Note
    kinds: Mapping[str, str]  # by segl_portal.reading.kinds.FileKind
    readable_until: str
    files: str
    open_preview: str
    download: str
    preview_of: str
    preview_page: str
    keep: str
    whole_mail: str
    whole_pdf: str
    no_pdf_title: str
    no_pdf_text: str
    no_pdf_mail: str
    back: str
    leave: str
    # answers
    answers: str
    answered_at: str
    answer: str
    answer_to: str
    answer_label: str
    answer_files: str
    answer_everyone: str
    answer_limits: str
    answer_remove: str
    answer_button: str
    answer_sending: str
    answer_done: str
    answer_partly: str
    answer_late: str
    answer_unsure: str  # all of it went, and nothing was heard
    answer_not_sent: str
    answer_written: str  # above a text that was given back
    answer_files_again: str
    answer_over: str  # her time is over, and the text is kept in the browser
    answer_new_code: str
    answer_not_kept: str  # to a browser without a script, before anything is written
    answer_restored: str  # what was written before the page was lost
    answer_waiting: str
    answer_send_again: str
    answer_refused: Mapping[str, str]  # by segl_portal.answering.Why
    # the sender's page
    revoke_title: str
    revoke_lead: str
    revoke_sure: str
    revoke_unsure: str
    revoke_button: str
    revoked_title: str
    revoked_text: str
    not_revoked_title: str
    not_revoked_text: str
    feedback_title: str
    feedback_lead: str
    feedback_wrong: str
    feedback_right: str
    feedback_button: str
    feedback_wrong_title: str
    feedback_wrong_text: str
    feedback_right_title: str
    feedback_right_text: str
    feedback_fixed_title: str
    feedback_fixed_text: str  # {stands}: the word that was said last; {ask}: an address
    feedback_unknown_title: str
    feedback_unknown_text: str
    # when something is wrong
    faults: Mapping[str, tuple[str, str]]

    def day(self, at: datetime) -> str:
        """``25. november 2026``, ``25 November 2026``."""
        return date_of(at, self.language)

    def time(self, at: datetime) -> str:
        """``25. november 2026 kl. 9.05``, ``25 November 2026 at 9:05``."""
        return f"{self.day(at)} {clock_of(at, self.language)}"

    def size(self, octets: int) -> str:
        """``340 KB``, ``2,4 MB``: decimal units, as phones show them."""
        if octets < 1000:
            return f"{octets} byte{'s' if self.language == 'en' and octets != 1 else ''}"
        if octets < 999_500:
            return f"{max(1, round(octets / 1000))} KB"
        text = f"{octets / 1_000_000:.{1 if octets < 10_000_000 else 0}f} MB"
        return text.replace(".", ",") if self.language == "da" else text


def chosen(accept: str, wanted: str | None, default: Language) -> Language:
    """The language for a browser: the one it asked for by the switch, else the first of ``Accept-Language`` (RFC
    9110 §12.5.4) that we speak. Norwegians and Swedes read Danish more easily than English; whoever reads none of
    all these gets English."""
    if wanted in OTHER:
        return wanted
    ranked: list[tuple[float, int, str]] = []
    for place, item in enumerate(accept[:500].split(",")):
        tag, _, weight = item.strip().partition(";")
        quality = _quality(weight)
        if tag and quality > 0:
            ranked.append((-quality, place, tag.strip().lower()))
    for _, _, tag in sorted(ranked):
        if (main := tag.partition("-")[0]) in _READS:
            return _READS[main]
    return "en" if ranked and ranked[0][2] != "*" else default


def _quality(text: str) -> float:
    text = text.strip()
    if not text.startswith("q="):
        return 1.0
    try:
        return min(1.0, max(0.0, float(text[2:])))
    except ValueError:
        return 0.0


_READS: Final[dict[str, Language]] = {
    **dict.fromkeys(("da", "nb", "nn", "no", "sv", "fo", "kl"), "da"),
    "en": "en",
}
