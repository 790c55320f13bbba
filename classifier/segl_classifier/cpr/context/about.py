"""What the walk to the left of a number knows of the number itself."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """What the walk knows of the number. ``row``: it stands in the row of a table, so that the line above is
    none of its business; ``cells``: a cell to the left may be a label; ``likely``: hardly anything else is
    spelled so; ``recent``: its date may be a day of these years; ``spaced``: divided with no hyphen; ``file``: it is
    in the name of one; ``personal``: it is none of a company; ``living``: modulus 11 holds, and she may well be alive.
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
