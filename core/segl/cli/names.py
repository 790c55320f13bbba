"""The command line in words for people, whatever the parser of options says by itself.

`--help` calls the values ``ADDRESS…``, ``FILE``, ``N``, not by the types of the program (``<list[str]>``), and lists
sub-commands with their whole first sentence. A value that is wrong is told without the parser's own terms. An empty
file name, as of a variable that is not set (``--settings "$NEW"``), is refused: ``Path("")`` is the current folder.
So are bytes that are no UTF-8 where no file is named.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperGroup

# Of options whose value is called otherwise than they are.
_OF_OPTION: Final = {"--from": "ADDRESS", "--to": "ADDRESS", "--for": "ADDRESS", "--backup": "DIR"}
_OF_TYPE: Final = {
    "path": "FILE",
    "file": "FILE",
    "directory": "DIR",
    "Path": "FILE",
    "int": "N",
    "float": "N",
}
_DATE: Final = "%Y-%m-%d"
_DATES: Final = f"the formats '{_DATE}'"
_DATE_SHOWN: Final = "YYYY-MM-DD"
_SENTENCE: Final = re.compile(r".*?(?:\.(?=\s)|\Z)", re.DOTALL)
# How Python has bytes of the command line that are no UTF-8. File names may hold such; what is asked of the store, no.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NO_UTF8: Final = "it holds bytes that are no UTF-8 (is the terminal set to another encoding?)"
_PARSERS_WORDS: Final = "Value error, "
_PLAIN: Final = {
    re.compile("Input should be a valid integer.*"): "it is no whole number",
    re.compile("Input should be a valid number.*"): "it is no number",
    re.compile("Input should be a finite number"): "it is no number",
    re.compile("Input should be a valid string.*"): _NO_UTF8,
    re.compile("Input should be greater than or equal to "): "it must be at least ",
    re.compile("Input should be less than or equal to "): "it must be at most ",
    re.compile("Input should be greater than "): "it must be more than ",
    re.compile("Input should be less than "): "it must be less than ",
}


class Named(TyperGroup):
    """The commands of `segl`, whose values have names."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _name_values(command)
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        self._foreign = any(_SURROGATE.search(word) for word in args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except UnicodeEncodeError:
            if not self._foreign:
                raise
            raise typer.BadParameter(_NO_UTF8) from None
        except typer.BadParameter as error:
            error.message = _in_plain_words(error.message)
            raise


def _in_plain_words(said: str) -> str:
    """What the parser said of a value, without its own terms."""
    said = said.removeprefix(_PARSERS_WORDS).replace(_DATES, _DATE_SHOWN)
    for term, plain in _PLAIN.items():
        said = term.sub(plain, said)
    return said


def _name_values(command: Any) -> None:
    for below in getattr(command, "commands", {}).values():
        below.short_help = below.short_help or _first_sentence(below.help or "")
        _name_values(below)
    for parameter in command.params:
        if _is_of_files(parameter):
            _refuse_empty_names(parameter)
        if not hasattr(parameter, "display_type_rich"):  # a version of Typer that shows no types
            continue
        if parameter.param_type_name == "argument":
            _name_argument(parameter)
        elif parameter.metavar is None and not parameter.is_flag:
            parameter.metavar = _name_of(parameter)


def _name_argument(argument: Any) -> None:
    name = argument.metavar or argument.name.upper()
    in_usage = name if argument.required or name.startswith("[") else f"[{name}]"
    argument.metavar = name
    argument.display_type_rich = lambda **_: ""
    argument.get_usage_pieces = lambda _: [in_usage]


def _name_of(option: Any) -> str:
    label = str(option.display_type(None)).strip("<>").removeprefix("list[").removesuffix("]")
    if option.type_descriptor.is_choice:
        return label
    if label == _DATE:
        return _DATE_SHOWN
    long = max(option.opts, key=len)
    of_type = _OF_TYPE.get(label.removesuffix(" range"))
    return (of_type if of_type == "N" else None) or _OF_OPTION.get(long) or of_type or long.strip("-").upper()


def _first_sentence(text: str) -> str:
    sentence = _SENTENCE.match(text.partition("\n\n")[0])
    return " ".join(sentence[0].split()) if sentence else ""


def _is_of_files(parameter: Any) -> bool:
    described = getattr(parameter, "type_descriptor", None)  # which not every version of Typer has
    return getattr(described, "annotation", None) in (Path, list[Path])


def _refuse_empty_names(parameter: Any) -> None:
    handle = parameter.handle_parse_result

    def checked(ctx: Any, opts: Any, args: Any) -> Any:
        given = opts.get(parameter.name)
        if "" in (given if isinstance(given, (list, tuple)) else (given,)):
            raise typer.BadParameter("the file name is empty", ctx=ctx, param=parameter)
        return handle(ctx, opts, args)

    parameter.handle_parse_result = checked
