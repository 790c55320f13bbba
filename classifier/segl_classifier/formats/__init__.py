"""Readers of file formats: the bytes of one attachment in, its texts and the files inside it out.

They run in worker processes that may be killed (:mod:`segl_classifier.pool`), so they keep no state, write
no file and open no connection. Each format has a small module of its own with a :data:`.content.Reader`.
"""
