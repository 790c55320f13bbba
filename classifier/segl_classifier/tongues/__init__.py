"""In which language a text is: told of those that neither the model nor the rules read (docs/decisions/0088).

``unread`` tells it, ``foreign`` has the words by which each gives itself away, ``ours`` those of the five that are
read, ``standing`` what stands in anybody's mail.
"""

from segl_classifier.tongues.unread import unread_language

__all__ = ["unread_language"]
