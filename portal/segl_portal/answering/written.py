"""What was written in a form that is not taken, so that the page can give it back: where the browser has no script, it
stands nowhere else any more."""

from __future__ import annotations

from segl_portal.answering.form import Field, FileBegun, FormReader
from segl_portal.answering.incoming import FIELDS, SHORT, text_read, typed
from segl_portal.answering.outcome import AnswerFault

_PARTS = 10  # the text stands before the files


class Written:
    """Given the form's bytes from the first on (:meth:`see`): ``text`` is what was typed, if it is not far longer
    than the *longest* that is taken (in bytes); ``everyone`` whether it was for all."""

    def __init__(self, boundary: bytes | None, longest: int) -> None:
        self.text = ""
        self.everyone = False
        self._reader = boundary and FormReader(
            boundary, {**dict.fromkeys(FIELDS, SHORT), "text": text_read(longest)}, _PARTS
        )

    def see(self, data: bytes) -> None:
        if not self._reader:
            return
        try:
            events = self._reader.feed(data)
        except AnswerFault:
            events = []
            self._reader = None
        for event in events:
            if isinstance(event, Field) and event.name == "text":
                self.text = typed(event.value.decode("utf-8", "replace"))
            if isinstance(event, Field) and event.name == "everyone":
                self.everyone = bool(event.value)
            if isinstance(event, FileBegun):
                self._reader = None
                return
