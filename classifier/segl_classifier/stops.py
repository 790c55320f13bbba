"""Full stops that end no sentence, though a capital follows: behind a title ("hr. Holm", "Mrs. Novak"), an initial
("P. Holm") and a German ordinal ("am 3. März", "in der 22. Woche")."""

from __future__ import annotations

import re

_SHORTENED = re.compile(r"\b(?:(?i:hr|herrn|hrn|fr|frk|fam|mr|mrs|ms|dr|prof|st)|[A-ZÆØÅÄÖÜ])\Z")
_ORDINAL = re.compile(r"(?<!\d)\d{1,2}\Z")
_COUNTED = re.compile(
    r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Woche|SSW|Schwangerschafts|Lebensjahr|Jahr|Monat|Tag|Klasse|"
    r"Stock|Etage|OG|Semester|Mahnung|Rate|Quartal)"
)


def ends_none(text: str, stop: int, behind: int) -> bool:
    """Whether the full stop at *stop* in *text* ends no sentence; the next word begins at *behind*."""
    if _SHORTENED.search(text, max(0, stop - 6), stop):
        return True
    return bool(_ORDINAL.search(text, max(0, stop - 3), stop) and _COUNTED.match(text, behind))
