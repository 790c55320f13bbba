"""Letters that nobody here reads: the model's vocabulary and the words of the rules are Latin.

A letter in Ukrainian or Arabic gives the model nothing to go by, and nothing is what it then finds. So a text with as
many letters of one such script as a short sentence has is not read. Fewer are a name, a formula, a word that is quoted;
the menu of languages below a newsletter has few of each. But a line of two words that are no names, and of few other
letters, is a short message: "Она больна".
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

from segl_classifier.latin import in_latin

_ENOUGH = 30  # letters of one script: a short sentence
# Of a line that has fewer others, in two words or more, of which one begins as no name does.
_ENOUGH_OF_LINE = 4
_ENOUGH_UNCASED = 13  # of a script without capitals, where nobody sees what a name is
_LONGEST = 10_000  # letters in a row that are counted one by one
# Letters beyond Latin, the signs of phonetics, and what shows Latin letters otherwise (wide, of mathematics).
_FOREIGN = re.compile(
    "[\u0370-\u1cff\u1f00-\u1fff\u2c00-\u2c5f\u2c80-\u2dff\u3005-\ua71f\ua800-\uab2f\uab70-\ufaff\ufb07-\ufdff"
    "\ufe70-\ufefc\uff66-\uffdc\U00010000-\U0001d3ff\U0001e000-\U0001efff\U00020000-\U0003ffff]{2,}"
)
# By how many letters one counts, where it says more or less than one of an alphabet.
_WEIGHTS = {"cjk": 3.0, "hangul": 2.0}
_OF_A_NAME = 1 / 3  # in a word with a capital: signatures and addresses are of such
_LETTERS = "LM"  # categories: letters, and the signs for vowels that stand on them
_JAPANESE = ("hiragana", "katakana")


def unread_script(text: str) -> str:
    """The script of *text* that is not read, as Unicode calls it; ``""`` if there is no more than a name of any."""
    if in_latin(text) is not None:
        return ""
    counted: defaultdict[str, float] = defaultdict(float)
    for run in _FOREIGN.finditer(text):
        script, letters = _counted(run[0])
        counted[script] += letters
        if counted[script] >= _ENOUGH:
            return script
    if max(counted.values(), default=0.0) >= _ENOUGH_OF_LINE:
        return next(filter(None, map(_of_line, text.split("\n"))), "")
    return ""


def _of_line(line: str) -> str:
    """The script of *line*, if it has a sentence of a few words in it, and few letters of any other."""
    words = [run[0] for run in _FOREIGN.finditer(line)]
    if 2 * sum(map(len, words)) < sum(map(str.isalpha, line)):
        return ""
    counted = [_counted(word) for word in words]
    scripts = {script for script, letters in counted if letters}
    if len(scripts) != 1:  # a menu of languages has several
        return ""
    letters = sum(letters for _, letters in counted)
    cased = [word for word in words if word[0].lower() != word[0].upper()]
    if not cased:
        return scripts.pop() if letters >= _ENOUGH_UNCASED else ""
    names = [word for word in cased if word[0].isupper() and not word[1].isupper()]
    if len(cased) < 2 or len(names) == len(cased):
        return ""
    return scripts.pop() if letters >= _ENOUGH_OF_LINE else ""


def _counted(word: str) -> tuple[str, float]:
    """The script of *word*, and for how many letters it counts."""
    letters = [letter for letter in word[:_LONGEST] if unicodedata.category(letter)[0] in _LETTERS]
    if len(letters) < 2:
        return "", 0.0
    script = _script(letters[0])
    weight = _WEIGHTS.get(script, 1.0)
    if letters[0].isupper() and not letters[1].isupper():
        weight *= _OF_A_NAME
    return script, weight * len(letters)


def is_foreign_name(cell: str) -> bool:
    """Whether *cell* begins with a word in another script, as names in lists are: "Олена Коваль", "王小明"."""
    return not cell.isascii() and _FOREIGN.match(cell.lstrip()) is not None


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "unknown").partition(" ")[0].lower()
    return "cjk" if name in _JAPANESE else name
