"""How lists and statements write amounts: pieces of expressions, for those who say what stands around them."""

from __future__ import annotations

CURRENCY = r"kr\.?|dkk|eur|€"
# "1.234", "1 234", "1234": up to nine figures, in threes.
FIGURES = r"\d{1,3}(?:[. ]?\d{3}){0,2}"
