"""The classifier: message bytes and rules in, a verdict with its evidence out.

Pure: no sockets, no clock, no store, no files but rules (and, later, the trained model). Start reading
at :mod:`segl_classifier.classify`.
"""
