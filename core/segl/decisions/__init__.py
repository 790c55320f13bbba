"""What is remembered of decisions, so that rules can be tuned without keeping mail.

``record`` is the form of one, ``kept`` writes, reads and forgets them and proves them unchanged, ``feedback`` is what
people said of them, ``links`` how a sender says it from his receipt. ``record`` imports nothing but the vocabulary: the
classifier makes records, and knows no store.
"""
