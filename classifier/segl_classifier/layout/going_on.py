"""Whether a table goes on in the paragraph below: empty lines stand between its rows, too."""

from __future__ import annotations

from collections.abc import Sequence

from segl_classifier.layout.cells import COMMA, GAP, SEPARATORS, Place, lines_of, may_divide, places

_OTHERS = 2  # rows besides the last that must be lined up before others are


def continued(above: str, below: str, *, on: bool) -> bool:
    """Whether the paragraph *below* goes *on* with the table whose last paragraph is *above*, or begins one with it:
    each line has as many separators as the others, but for prose that stands over the table."""
    last = above[above.rfind("\n") + 1 :]
    for separator in SEPARATORS:
        count = last.count(separator)
        if separator == GAP or not count or separator not in below:
            continue
        rows = [last, *(line for line in below.split("\n") if line.strip())]
        if any(row.count(separator) != count for row in rows):
            continue
        tight = not any(f"{separator} " in row or f" {separator}" in row for row in rows)
        *over, _ = above.split("\n")
        alike = sum(line.count(separator) == count for line in over)
        if separator == COMMA and not (tight or alike == len(over)):
            continue
        # A semicolon, or a comma, in each of two sentences is no table.
        if count > 1 or separator == "\t" or (separator != COMMA and (on or alike or tight)):
            return True
    return may_divide(GAP, below) and may_divide(GAP, above) and _go_on_below(above, below, on)


def _go_on_below(above: str, below: str, on: bool) -> bool:
    """Whether all cells of the lines *below* are lined up with the widest line *above*, as those of two others are,
    if they do not go *on* with a table already."""
    lines = [places(line) for line in lines_of(above)]
    widest = max(lines, key=len)
    starts, ends = {start for start, _ in widest}, {end for _, end in widest}

    def fits(cells: Sequence[Place]) -> bool:
        return len(cells) > 1 and all(start in starts or end in ends for start, end in cells)

    goes_on = fits(lines[-1]) and (on or sum(map(fits, lines)) > _OTHERS)
    return goes_on and all(fits(places(line)) for line in lines_of(below))
