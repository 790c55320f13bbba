"""What a recipient writes back: taken in as it streams, sealed, looked at for harm, and handed to the sender's Postfix.

For whoever owns the page, :class:`~segl_portal.answering.service.AnswerService` is all there is: ``form``,
``take_answer``, ``refuse``, ``thread``, ``content`` and ``send_again``.
"""

from __future__ import annotations

from segl_portal.answering.incoming import new_once
from segl_portal.answering.outcome import AnswerRefused, Taken, Why
from segl_portal.answering.service import AnswerForm, AnswerService, AnswerView

__all__ = ["AnswerForm", "AnswerRefused", "AnswerService", "AnswerView", "Taken", "Why", "new_once"]
