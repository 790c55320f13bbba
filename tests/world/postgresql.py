"""A PostgreSQL server of one's own: a fresh cluster in a folder, on a unix socket alone.

with PostgreSQL() as server:
    engine = open_store(server.empty_store())
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from world.postfix import wait_until
from world.process import children_of, end, ends_with_us

_USER = "postgres"
_FULL = """
CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN RAISE disk_full USING MESSAGE = 'could not extend file "base/5/16545": No space left on device'; END $$;
CREATE EVENT TRIGGER full_disk ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION full_disk()
"""


class PostgreSQL:
    """Raises :class:`RuntimeError` when it does not start, with what it said."""

    def __init__(self, *, durable: bool = False) -> None:
        """*durable*: a commit waits for the disk, as it does where mail depends on it."""
        self.folder = Path(tempfile.mkdtemp(prefix="segl-pg-"))  # short: a socket's path has 107 bytes
        self.url = f"postgresql+psycopg://{_USER}@/postgres?host={self.folder}"
        self._stores, self._durable = 0, durable
        self._free: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._data = self.folder / "data"
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"))

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_USER)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        try:
            self._run("initdb", "-A", "trust", "-U", _USER, "-E", "UTF8", "--no-sync", "-D", str(self._data))
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def empty_store(self) -> str:
        """The URL of a store of its own: a schema. One that was given back is emptied, which takes no time; a new one
        costs its tables."""
        while self._free:
            schema = self._free.pop()
            if self._emptied(schema):
                return self._url_of(schema)
        self._stores += 1
        schema = f"store_{self._stores}"
        with self._connected() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        return self._url_of(schema)

    def give_back(self, url: str) -> None:
        """Nobody uses the store at *url* any more."""
        self._free.append(url.rpartition("%3D")[2])

    def drop(self, url: str) -> None:
        """Take away the store at *url*."""
        schema = sql.Identifier(url.rpartition("%3D")[2])
        with self._connected() as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE; CREATE SCHEMA {}").format(schema, schema))

    def set(self, name: str, value: str) -> None:
        """Set a parameter of the server, and see it in force."""
        with self._connected() as connection:
            statement = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")

        def in_force() -> bool:
            with self._connected() as connection:
                shown = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
            return shown == (value,)

        wait_until(in_force, 30, self._said)

    @contextmanager
    def takes_no_writes(self) -> Iterator[None]:
        """Who connects meanwhile can only read, as long as the connection lasts."""
        user = sql.SQL("ALTER USER {} ").format(sql.Identifier(_USER))
        with self._connected() as connection:
            connection.execute(user + sql.SQL("SET default_transaction_read_only = on"))
        try:
            yield
        finally:
            with self._connected() as connection:
                connection.execute("SET default_transaction_read_only = off")
                connection.execute(user + sql.SQL("RESET default_transaction_read_only"))

    @contextmanager
    def without_room(self) -> Iterator[None]:
        """Meanwhile it says of each new table what it says with a full disk."""
        with self._connected() as connection:
            connection.execute(_FULL)
            try:
                yield
            finally:
                connection.execute("DROP EVENT TRIGGER full_disk; DROP FUNCTION full_disk")

    @contextmanager
    def copied(self) -> Iterator[None]:
        """Meanwhile somebody has its log written after, as a standby does (pg_receivewal(1))."""
        place = self.folder / "copy"
        place.mkdir()
        command = [str(self._bin / "pg_receivewal"), "-D", str(place), "-h", str(self.folder), "-U", _USER]
        copier = subprocess.Popen(ends_with_us(*command), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def is_there() -> bool:
            with self._connected() as connection:
                return bool(connection.execute("SELECT 1 FROM pg_stat_replication").fetchall())

        try:
            wait_until(is_there, 60, self._said)
            yield
        finally:
            end(copier)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile it answers nobody, and ends no connection: as where its machine is being copied."""
        assert self._process is not None, "it was not started"
        server = self._process.pid
        os.kill(server, signal.SIGSTOP)  # before the others: it makes no more of them then
        backends = children_of(server)
        try:
            for backend in backends:
                os.kill(backend, signal.SIGSTOP)
            yield
        finally:
            for process in (*backends, server):
                os.kill(process, signal.SIGCONT)

    def _emptied(self, schema: str) -> bool:
        """False when a test has left it with a transaction open: then another is taken."""
        try:
            with self._connected() as connection, connection.transaction():
                connection.execute(
                    "SET LOCAL lock_timeout = '1s'; SET LOCAL session_replication_role = replica"
                )
                names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
                for (name,) in names.fetchall():
                    table = sql.Identifier(schema, name)
                    connection.execute(sql.SQL("DELETE FROM {}").format(table))
        except psycopg.Error:
            return False
        return True

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(f"user={_USER} dbname=postgres host={self.folder}", autocommit=True)

    def _url_of(self, schema: str) -> str:
        return f"{self.url}&options=-csearch_path%3D{schema}"

    def __exit__(self, *_reason: object) -> None:
        try:
            if self._process is not None:
                self._process.send_signal(signal.SIGQUIT)  # nothing of it is kept: an immediate shutdown
                self._process.wait(60)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        """As a child of ours, which ``pg_ctl start`` would not make it."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "on" if self._durable else "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
        }
        given = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        server = ends_with_us(str(self._bin / "postgres"), "-D", str(self._data), *given, by="QUIT")
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                _as_its_user(server), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        wait_until(self._answers, 60, self._said)

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"postgres: {self._said()}")
        try:
            self._connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def _said(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            _as_its_user([str(self._bin / program), *arguments]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode('utf-8', 'replace')}")


def _as_its_user(command: list[str]) -> list[str]:
    """The server refuses to run as root. This stands first: a change of user takes away what was asked for by
    :func:`ends_with_us` (PR_SET_PDEATHSIG(2const))."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *command]
