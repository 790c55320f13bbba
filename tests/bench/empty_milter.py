"""What Segl's milter is measured against: a milter that does nothing, written as pymilter's manual shows.

It sees every step with pymilter's own defaults (each is answered, bodies included) and is forked into as many
processes as Segl's, so that what is left between the two is what Segl does with a message.

    empty_milter.py SOCKET WORKERS
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import Milter

Base: Any = Milter.Base


class Nothing(Base):  # type: ignore[misc]
    """Each callback overridden, as a milter that looks at messages has them."""

    def connect(self, _name: str, _family: int, _address: Any) -> int:
        return int(Milter.CONTINUE)

    def hello(self, _name: str) -> int:
        return int(Milter.CONTINUE)

    def envfrom(self, _address: str, *_parameters: str) -> int:
        return int(Milter.CONTINUE)

    def envrcpt(self, _address: str, *_parameters: str) -> int:
        return int(Milter.CONTINUE)

    def header(self, _name: str, _value: str) -> int:
        return int(Milter.CONTINUE)

    def eoh(self) -> int:
        return int(Milter.CONTINUE)

    def body(self, _chunk: bytes) -> int:
        return int(Milter.CONTINUE)

    def eom(self) -> int:
        return int(Milter.CONTINUE)


def main() -> None:
    path, workers = sys.argv[1], int(sys.argv[2])
    serve = Milter.milter.main

    def fork_and_serve() -> None:
        Path(path).chmod(0o666)
        children = [pid for pid in (_child(serve) for _ in range(workers)) if pid]

        def end(_number: int, _frame: object) -> None:
            for pid in children:
                os.kill(pid, signal.SIGKILL)

        signal.signal(signal.SIGTERM, end)
        for pid in children:
            os.waitpid(pid, 0)
        os._exit(0)

    Milter.milter.main = fork_and_serve
    Milter.factory = Nothing
    Milter.runmilter("empty", f"unix:{path}", 300)


def _child(serve: Any) -> int:
    pid = os.fork()
    if pid == 0:
        serve()
        os._exit(0)
    return pid


if __name__ == "__main__":
    main()
