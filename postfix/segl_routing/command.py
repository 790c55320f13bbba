"""The command ``segl-map``. Its command line is read before all that the daemon is made of is loaded: who asks for its
version or its help need not wait for that, most of a second."""

from __future__ import annotations

from collections.abc import Sequence

from segl.daemons.starting import Options, options_of


def options(arguments: Sequence[str] | None) -> Options:
    """What *arguments* ask for. Ends the process with 2 where they are wrong."""
    return options_of(
        "segl-map",
        "Tells Postfix each recipient's way.",
        arguments,
        checks="settings and the files they name",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; the exit code."""
    given = options(arguments)
    from segl_routing.daemon import serve

    return serve(given)
