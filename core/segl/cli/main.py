"""The command ``segl``: one table of its sub-commands.

Only the module of the sub-command asked for is imported; the others are placeholders with their line of
help, so that ``segl --help`` starts at once. A module holds a function named like the command, or ``app``
for a group.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

from segl import __version__
from segl.cli.names import Named

# name: (module, its line in --help)
COMMANDS = {
    "check": ("segl.cli.check", "Say what messages hold and whether they must go securely."),
    "explain": ("segl.cli.explain", "Show what speaks for and against each category of a message."),
    "evaluate": ("segl.cli.evaluate", "Score the classifier on labelled messages."),
    "rules": ("segl.cli.rules", "Check, list and try the rules."),
    "settings": ("segl.cli.settings", "Check and show the settings; what each key means."),
    "policy": ("segl.cli.policy", "What holds for mail from whom to whom: explain, list, check."),
    "thresholds": ("segl.cli.thresholds", "What other thresholds of categories would find and cost."),
    "route": ("segl.cli.route", "Show by which way recipients would get a message, and why."),
    "domains": ("segl.cli.domains", "List the domains mailed to, and by which ways."),
    "tunnel": ("segl.cli.tunnel", "Keep lists of tunnel partners up to date; make one."),
    "key": ("segl.cli.key", "Our own keys: new, import, list, assign, retire, export."),
    "cms": ("segl.cli.cms", "Look into encrypted and signed messages; open, verify, seal."),
    "certificate": ("segl.cli.certificate", "Recipients' own certificates: find, import, list, forget."),
    "sealed": ("segl.cli.sealed", "Sealed messages: list, show, revoke, extend, resend."),
    "decisions": ("segl.cli.decisions", "What is remembered of decisions: list, show."),
    "feedback": ("segl.cli.feedback", "Say whether a decision was right; list what was said."),
    "audit": ("segl.cli.audit", "The audit trail: verify, export; the article-30 record."),
    "receipt": ("segl.cli.receipt", "What became of messages that went the secure way."),
    "hold": ("segl.cli.hold", "Messages on hold: list, show, release, reject."),
    "canary": ("segl.cli.canary", "Canaries: send one, see how they fare."),
    "store": ("segl.cli.store", "Copy the store to another database."),
    "status": ("segl.cli.status", "Whether Segl runs: processes, queues, rules."),
    "doctor": ("segl.cli.doctor", "Look for all that would let mail out unseen or in clear."),
    "install": ("segl.cli.install", "Join an existing Postfix; --undo takes it back."),
}

# Objects made before garbage is looked for. What a command loads, modules and rules, stays to its end.
_UNTIL_COLLECTED: Final = 50_000


def build(wanted: str | None) -> typer.Typer:
    """The command line with the module of *wanted* loaded and placeholders for the rest."""
    app = typer.Typer(
        name="segl",
        cls=Named,
        help="Segl sees to it that mail with personal data is sent securely.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_options)
    for name, (module, line) in COMMANDS.items():
        if name != wanted:
            app.command(name, help=line)(_placeholder)
            continue
        loaded = import_module(module)
        if hasattr(loaded, "app"):
            app.add_typer(loaded.app, name=name, help=line)
        else:
            app.command(name)(getattr(loaded, name))
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs ``segl`` with *arguments* (default: those of the process)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        typer.echo(f"segl {__version__}")  # at once: the parser would load more than it takes
        return
    wanted = next((word for word in given if not word.startswith("-")), None)
    from segl.cli import output
    from segl.cli.output import Exit
    from segl.house_time import keep_house_time

    if arguments is None:
        gc.set_threshold(_UNTIL_COLLECTED)
    keep_house_time()
    output.open_closed_streams()
    output.leave_a_folder_that_is_gone()
    try:
        with output.quiet_when_reader_leaves():
            build(wanted)(given, prog_name="segl")
    except KeyboardInterrupt:  # while its modules were loaded; from then on it is answered so, too
        raise SystemExit(Exit.INTERRUPTED) from None
    except MemoryError:
        output.complain("there is not enough memory")
        raise SystemExit(Exit.BAD_INPUT) from None
    finally:
        if arguments is None:
            # Else the interpreter looks through all of it again, several times, as it ends: a fifth of a command.
            gc.freeze()


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", is_eager=True)
    ] = False,
) -> None:
    if version:
        typer.echo(f"segl {__version__}")
        raise typer.Exit


def _placeholder() -> None:
    raise AssertionError("a placeholder is never run: its module is loaded when it is asked for")
