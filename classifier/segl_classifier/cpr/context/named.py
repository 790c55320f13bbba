"""Whether a word for the personal number names the number although another word stands between them.

The walk (:mod:`.leftwards`) stops at the word next to the number: "cpr brugt som kundenr. 0101901234" is called a
customer's number. These functions look at what stands before that word, or in brackets behind it. They are asked only
in a text that has a word for the personal number (:attr:`.said.Lookup.mentions`).
"""

from __future__ import annotations

from segl_classifier.cpr.context.said import NOT, SEEMS, Lookup
from segl_classifier.cpr.vocabulary import small_words as smallwords
from segl_classifier.cpr.vocabulary.words import Kind, names_person, pair

SHORTLY = 16  # pieces before the other word that are looked at
_MOST_BETWEEN = 5  # words
_DENIED_FROM = 4  # words before the one for the personal number that may turn it away
OPENS = 10  # pieces among which a bracket opens
_NEAR = 4  # pieces
_THING = 4  # pieces
_ISBN = ("10", "13")
_WRAPPED = 48  # characters in a line from which on its end is taken for a soft one
_OF_ANYTHING = frozenset(("id", "registration", "reg", "identification"))  # "id number", "registration no."
_TURNS_AWAY = NOT | SEEMS | smallwords.TURNS_AWAY


def cpr_shortly_before(pieces: list[str], at: int, find: Lookup, *, likely: bool) -> bool:
    """ "Cpr brugt som kundenr. 010190-1234": whether a word for the personal number stands before the other word,
    ``pieces[at]``, in its sentence, with no number between and nothing that turns it away. The word beside the number
    tells what it is ("husk cpr ved henvendelse om faktura 0101901234" is an invoice's), unless the text says that they
    are one ("som"), or hardly anything but a personal number is spelled and made as this one is (*likely*)."""
    if not likely and not _same(pieces, at, find):
        return False
    words = 0
    back = at
    while back > 0 and words <= _MOST_BETWEEN:
        back -= 1
        piece = pieces[back]
        if piece[0].isalpha():
            if _names(pieces, back, find):
                return not _denied(pieces, back, find)
            words += 1
            if find.key(piece) in _TURNS_AWAY:
                return False
        elif piece == ")":
            back = opening(pieces, back)
        elif not _in_sentence(pieces, back, find):
            return False
    return False


def _same(pieces: list[str], at: int, find: Lookup) -> bool:
    """Whether it is said before the thing ``pieces[at]``, of one word or two, that what stands before is the same: "som
    kundenr.", "as customer no."."""
    words = [find.key(piece) for piece in pieces[max(0, at - _THING) : at] if piece not in (".", "-", "\n")]
    return words[-1:] != [] and (
        words[-1] in smallwords.SAME or (len(words) > 1 and words[-2] in smallwords.USED_AS)
    )


def in_brackets(pieces: list[str], opens: int, closes: int, find: Lookup) -> bool:
    """ "Kundenr. (cpr): 010190-1234": whether what stands between ``pieces[opens]`` and ``pieces[closes]``, right
    behind another word, says that the number is the personal number."""
    if not find.mentions or opens == closes or opens == 0:
        return False
    inside = pieces[opens + 1 : closes]
    behind = pieces[opens - 1] if pieces[opens - 1] != "." else pieces[max(0, opens - 2)]
    if not behind[0].isalpha() or any(piece[0].isdigit() for piece in inside):
        return False
    if any(find.key(piece) in _TURNS_AWAY for piece in inside):
        return False
    return any(_names(pieces, at, find) for at in range(opens + 1, closes))


def cpr_in_it(pieces: list[str], at: int, find: Lookup) -> bool:
    """ "CPR på aftalen: 010190-1234": the number that stands in the thing, not that of the thing."""
    for back in range(at - 1, max(0, at - 4), -1):
        if not pieces[back][0].isalpha():
            return False
        if find.word(find.key(pieces[back])).kind is Kind.PREPOSITION:
            named = find.key(pieces[back - 1])
            return find.word(named).kind is Kind.CPR or pair(previous(pieces, back - 1, find), named)
    return False


def is_length(pieces: list[str], at: int, find: Lookup) -> bool:
    """Whether the number ``pieces[at]`` says how long another is: "10 cifre", "ISBN-10"."""
    if at + 1 < len(pieces) and find.key(pieces[at + 1]) in smallwords.DIGITS:
        return True
    return pieces[at] in _ISBN and "".join(pieces[max(0, at - 2) : at]).lower() == "isbn-"


def or_cpr(pieces: list[str], at: int, find: Lookup) -> bool:
    """ "cpr/kundenr. 010190-1234": one of two, and the text does not say which."""
    if at < 2 or (pieces[at - 1] != "/" and find.key(pieces[at - 1]) not in ("eller", "or", "oder")):
        return False
    near = pieces[max(0, at - _NEAR) : at]
    return any(piece[0].isalpha() and find.word(find.key(piece)).kind is Kind.CPR for piece in near)


def behind_birthday(pieces: list[str], at: int, find: Lookup) -> bool:
    """ "Fødselsdato og løbenr. 010190-1234": both halves are named."""
    near = pieces[max(0, at - 3) : at]
    kinds = [find.word(find.key(piece)).kind for piece in near if piece[0].isalpha()]
    return Kind.BIRTH in kinds and not any(piece[0].isdigit() for piece in near)


def opening(pieces: list[str], at: int) -> int:
    """The index of the parenthesis that opens what ends at *at*; *at* itself when there is none near."""
    for back in range(at - 1, max(-1, at - OPENS), -1):
        if pieces[back] == "(":
            return back
    return at


def answered(pieces: list[str], at: int) -> bool:
    """Whether ``pieces[at]`` has a value of its own in its line: "type: string" above the line of the number."""
    rest = pieces[at + 1 :]
    return "\n" in rest and any(piece[0].isalnum() for piece in rest[: rest.index("\n")])


def line_before(pieces: list[str], at: int) -> list[str]:
    """The line that ends at ``pieces[at]``, its last piece first."""
    line: list[str] = []
    for back in range(at - 1, -1, -1):
        if pieces[back] == "\n":
            break
        line.append(pieces[back])
    return line


def wrapped(line: list[str]) -> bool:
    """Whether the end of a *line*, as :func:`line_before` gives it, is a soft one: the sentence goes on below."""
    return sum(map(len, line)) + len(line) >= _WRAPPED and line[0] not in ".!?:"


def previous(pieces: list[str], at: int, find: Lookup) -> str:
    """The key of the word before ``pieces[at]``, a point or a hyphen between them overlooked, and the end of a line
    that goes on below ("nummeret sitt til", in the next line "> skattekortet: 290862-0343")."""
    back = at - 1
    while back >= 0 and (pieces[back] in (".", "-", ">") or _goes_on(pieces, back)):
        back -= 1
    return find.key(pieces[back]) if back >= 0 and pieces[back][0].isalpha() else ""


def _goes_on(pieces: list[str], at: int) -> bool:
    return pieces[at] == "\n" and wrapped(line_before(pieces, at))


def _names(pieces: list[str], at: int, find: Lookup) -> bool:
    """Whether ``pieces[at]`` is the personal number, not the register or the card that it stands in."""
    if not pieces[at][0].isalpha():
        return False
    this = find.key(pieces[at])
    if find.word(this).kind is Kind.CPR:
        return names_person(this)
    earlier = previous(pieces, at, find)
    return earlier not in _OF_ANYTHING and pair(earlier, this)


def _denied(pieces: list[str], at: int, find: Lookup) -> bool:
    """Whether a word of the sentence shortly before ``pieces[at]`` turns it away: "i stedet for cpr", "uden cpr"."""
    words = 0
    while at > 0 and words < _DENIED_FROM:
        at -= 1
        if pieces[at][0].isalpha():
            words += 1
            if find.key(pieces[at]) in _TURNS_AWAY:
                return True
        elif pieces[at] == "," or not _in_sentence(pieces, at, find):
            return False
    return False


def _in_sentence(pieces: list[str], at: int, find: Lookup) -> bool:
    """Whether the sentence goes on before the sign or number ``pieces[at]``."""
    piece = pieces[at]
    if piece == ".":
        short = previous(pieces, at, find)
        return short in smallwords.ABBREVIATED or short.endswith("nr")
    if piece == "\n":
        return wrapped(line_before(pieces, at))
    return not piece[0].isdigit() and piece not in ";\t!?…"
