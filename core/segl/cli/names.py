"""What `--help` calls the values: ``ADDRESS…``, ``FILE``, ``N``; not by the types of the program (``<list[str]>``)."""

from __future__ import annotations

from typing import Any, Final

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


class Named(TyperGroup):
    """The commands of `segl`, whose values have names."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _name_values(command)
        return command


def _name_values(command: Any) -> None:
    for below in getattr(command, "commands", {}).values():
        _name_values(below)
    for parameter in command.params:
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
        return "YYYY-MM-DD"
    long = max(option.opts, key=len)
    of_type = _OF_TYPE.get(label.removesuffix(" range"))
    return (of_type if of_type == "N" else None) or _OF_OPTION.get(long) or of_type or long.strip("-").upper()
