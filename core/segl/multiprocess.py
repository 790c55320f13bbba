"""Gives the metrics library a directory to share values between a process and its children."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile


def prepare_multiprocess() -> None:
    """Call before :mod:`segl.metrics` is imported. The directory goes when this process ends."""
    if "prometheus_client" in sys.modules:
        raise RuntimeError("prepare_multiprocess comes too late: prometheus_client is loaded")
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return
    directory = tempfile.mkdtemp(prefix="segl-metrics-", dir=os.environ.get("RUNTIME_DIRECTORY"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a forked child that ends must not take it from the others
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)
