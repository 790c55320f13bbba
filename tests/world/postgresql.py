"""A PostgreSQL server of one's own: a fresh cluster in a folder, on a unix socket alone.

with PostgreSQL() as server:
    engine = open_store(server.empty_store())
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

_USER = "postgres"  # the server refuses to run as root


class PostgreSQL:
    """Raises :class:`RuntimeError` when it does not start, with what it said."""

    def __init__(self, *, durable: bool = False) -> None:
        """*durable*: a commit waits for the disk, as it does where mail depends on it."""
        self.folder = Path(tempfile.mkdtemp(prefix="segl-pg-"))  # short: a socket's path has 107 bytes
        self.url = f"postgresql+psycopg://{_USER}@/postgres?host={self.folder}"
        self._stores, self._durable = 0, durable
        self._free: list[str] = []
        self._data = self.folder / "data"
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"))

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_USER)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' "
        options += " -c fsync=on" if self._durable else " -c fsync=off"
        options += " -c max_connections=200 -c shared_buffers=32MB"
        log = self.folder / "log"
        try:
            self._run("initdb", "-A", "trust", "-U", _USER, "-E", "UTF8", "--no-sync", "-D", str(self._data))
            self._run(
                "pg_ctl", "start", "-w", "-t", "60", "-D", str(self._data), "-l", str(log), "-o", options
            )
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
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

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._data))
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *command]
        # what the server inherits must not keep us waiting for its end
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            cwd=self.folder,
            check=False,
            timeout=120,
        )
        if done.returncode:
            log = self.folder / "log"
            said = log.read_text() if log.exists() else (done.stderr or b"").decode()
            raise RuntimeError(f"{program}: {said}")
