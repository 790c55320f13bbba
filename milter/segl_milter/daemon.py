"""The command ``segl-milter``: reads settings and rules, then hands over to :mod:`segl_milter.parent`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from segl.daemons.starting import options_of
from segl.errors import START_REFUSED, SeglError
from segl.events import Events, configure_log
from segl.multiprocess import prepare_multiprocess
from segl_milter import signals
from segl_milter.configuration import read_configuration
from segl_milter.heap import share_one_heap


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point. Ends with 0 after a stop, 78 when it cannot start with what it was given."""
    options = options_of(
        "segl-milter",
        "The milter of Segl. Stays in the foreground and logs to standard error.",
        arguments,
        checks="settings and rules",
        notes="SIGHUP reads settings and rules anew; SIGTERM finishes the messages in hand and ends.",
    )
    signals.block()
    share_one_heap()
    configure_log("console" if sys.stderr.isatty() else "json")
    events = Events("segl-milter")
    try:
        configuration = read_configuration(options.settings)
        if options.check_only:
            print(f"good: {options.settings}, {len(configuration.rules.rules)} rules")  # noqa: T201 - the answer asked for
            return
        configure_log(configuration.settings.log.format, configuration.settings.log.level)
        prepare_multiprocess(events.failed)
        from segl_milter.parent import Parent  # not before: it imports the metrics

        Parent(options.settings, configuration, events).run()
    except SeglError as error:
        _refuse(events, error)


def _refuse(events: Events, error: SeglError) -> NoReturn:
    events.start_refused(error)
    raise SystemExit(START_REFUSED)
