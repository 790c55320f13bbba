"""The classifier: message bytes and rules in, a verdict with its evidence out.

No store, no log, no metrics, no files but rules and the trained model. It has sockets only to the processes of its own
that read attachments (:mod:`segl_classifier.pool`), and looks at the clock only for its time limits
(:mod:`segl_classifier.deadline`) and for the day on which somebody can have been born at the latest
(:mod:`segl_classifier.cpr.calendar`). Start reading at :mod:`segl_classifier.classify`.
"""
