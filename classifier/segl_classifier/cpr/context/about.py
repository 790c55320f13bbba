"""What is known of a number before the words to its left are read.

The same word says more of one number than of another: in "sag 0707614285" that is the number of a case; "sag
070761-4285" is spelled like hardly anything but a personal number, and may be a case that is named by the person.
"""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """What the walk knows of the number. ``row``: it stands in the row of a table, so that the line above is
    none of its business; ``cells``: a cell to the left may be a label; ``likely``: hardly anything else is
    spelled so; ``recent``: its date may be a day of these years; ``spaced``: divided with no hyphen; ``file``: it is
    in the name of one; ``personal``: it is none of a company; ``living``: modulus 11 holds, and she may well be alive;
    ``unit``: it may be that of a production unit, which are written in one piece and begin with 10.
    """

    bare: bool
    divided: bool
    cells: bool
    row: bool
    likely: bool
    recent: bool
    spaced: bool
    file: bool
    personal: bool
    living: bool
    unit: bool
