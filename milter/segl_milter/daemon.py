"""The command ``segl-milter``: reads settings and rules, then hands over to :mod:`segl_milter.parent`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from segl import __version__
from segl.errors import START_REFUSED, SeglError
from segl.events import Events, configure_log
from segl.multiprocess import prepare_multiprocess
from segl.places import DEFAULT_FILE
from segl_milter import signals
from segl_milter.heap import share_one_heap
from segl_milter.orders import read_orders


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point. Ends with 0 after a stop, 78 when it cannot start with what it was given."""
    options = _options(arguments)
    signals.block()
    share_one_heap()
    configure_log("console" if sys.stderr.isatty() else "json")
    events = Events("segl-milter")
    try:
        orders = read_orders(options.settings)
        if options.check_only:
            print(f"good: {options.settings}, {len(orders.rules.rules)} rules")  # noqa: T201 - the answer asked for
            return
        configure_log(orders.settings.log.format, orders.settings.log.level)
        prepare_multiprocess()
        from segl_milter.parent import Parent  # not before: it imports the metrics

        Parent(options.settings, orders, events).run()
    except SeglError as error:
        _refuse(events, error)


def _refuse(events: Events, error: SeglError) -> NoReturn:
    events.start_refused(error)
    raise SystemExit(START_REFUSED)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="segl-milter",
        description="The milter of Segl. Stays in the foreground and logs to standard error.",
        epilog="SIGHUP reads settings and rules anew; SIGTERM finishes the messages in hand and ends.",
    )
    parser.add_argument(
        "--settings",
        type=Path,
        default=DEFAULT_FILE,
        metavar="FILE",
        help="the settings (default: %(default)s)",
    )
    parser.add_argument("--check-only", action="store_true", help="check settings and rules, then end")
    parser.add_argument("--version", action="version", version=f"segl-milter {__version__}")
    return parser.parse_args(arguments)
