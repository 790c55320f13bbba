"""The command ``segl``. Each sub-command is a file; they are imported only when called, so that
``segl --help`` and ``segl status`` start at once."""

# What `signal` is made of: that module itself loads others, and Ctrl-C would meet it there.
import _signal  # type: ignore[import-not-found]

# Ctrl-C while the first modules are loaded, seconds on a machine just started, ends without their names.
_early = False
if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    try:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        _early = True
    except ValueError:  # imported by another thread than the main one
        pass

from segl.cli.main import main  # noqa: E402

if _early:
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)

__all__ = ["main"]
