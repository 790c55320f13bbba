"""Pages (HTML) that stand in a file: the body of an Outlook message, a chapter that was put into a document.

What a reader of the text alone would miss: what is shown otherwise than it stands, what is spoken or filled in, what is
beside the text, and the pictures written into the page, which are dealt with like any other in a document.
"""

from __future__ import annotations

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.picture import picture
from segl_classifier.markup.html import Page


def take_beside(page: Page, harvest: Harvest, *, shown: str, spoken: str, aside: str) -> None:
    """Keep all of *page* but its text, at the places named *shown* (as displayed), *spoken* and *aside*."""
    harvest.text(page.otherwise, shown)
    harvest.text(page.spoken, spoken)
    harvest.text(page.aside, aside)
    if page.cut:
        harvest.lack(Unreadable.TOO_LARGE, "more generated content than is read")
    for number, file in enumerate(page.files):
        if number > harvest.allowance.files:  # one beyond, so that it is told of
            break
        data = file.content
        if not harvest.holds(data) and not picture("", data, harvest):
            harvest.file("", file.content_type, data)
