"""The command ``segl``. Each sub-command is a file; they are imported only when called, so that
``segl --help`` and ``segl status`` start at once."""

from segl.cli.main import main

__all__ = ["main"]
