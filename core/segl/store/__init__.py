"""The store: what the processes remember together (SQLite as installed, PostgreSQL for several nodes).

:mod:`.engine` opens it and makes transactions, :mod:`.migrations` brings an older one up to date, :mod:`.copying`
copies it to another database; :mod:`.status` looks at it without changing it, :mod:`.lock` and :mod:`.watch` say who
keeps it to himself. The tables are in :mod:`segl.tables`.
"""
