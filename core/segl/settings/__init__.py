"""What a postmaster may decide: the settings file, read into typed and frozen values.

The file is TOML. :mod:`.document` is the whole of it, and each table has a module of its own, whose comments are its
manual. :mod:`.file` reads it and tells all faults at once; the forms of single values are in :mod:`.values`, what only
several keys together show in :mod:`.checks` and :mod:`.shared`. The reference in docs/settings.md is read from here.
"""
