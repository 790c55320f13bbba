"""Readers of file formats: the bytes of one attachment in, its texts and the files inside it out.

:mod:`.registry` says which reader takes which kind of file, :mod:`.kind` what a file is, whatever its name says. A
folder holds what one family of formats needs; its reader has a function ``read``, a :data:`.content.Reader`. Readers
run in worker processes that may be killed (:mod:`segl_classifier.pool`), so they keep no state, write no file and open
no connection.
"""
