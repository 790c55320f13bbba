"""Segl: a Postfix content filter that sends mail with personal data securely.

This package is the core that every process shares: the vocabulary, settings, errors, log events,
metrics, the store and the sealed-message format. It imports nothing of the other packages.
"""

__version__ = "0.1.0"
