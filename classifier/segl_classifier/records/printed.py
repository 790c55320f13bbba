"""What a printer or a terminal makes of a text: without the orders to it, which stand among the letters.

Programs for old printers (PCL of Hewlett-Packard, ESC/P of Epson) and logs with colours (ECMA-48) put ``ESC`` and an
order where bold letters begin, or the next column: ``070761ESC&a+0H-4285`` is one number on paper.
"""

from __future__ import annotations

import re

_ORDERS = re.compile(
    r"\x1b(?:\[[0-9;:?]{0,20}[A-Za-z]"  # colours and places of a terminal
    r"|[%&*()][a-z]?(?:[-+]?[0-9.]{0,12}[a-z]){0,20}[-+]?[0-9.]{0,12}[A-Z@^]"  # PCL
    r"|[-WSUxktpa!][\x00-\x03 0-3]"  # ESC/P, with what follows
    r"|[ -~])"
)


def as_printed(text: str) -> str:
    """*text* without orders; ``""`` if there are none."""
    return _ORDERS.sub("", text) if "\x1b" in text else ""
