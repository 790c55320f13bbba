"""Decisions made again without their messages: what is remembered of one (:mod:`.features`), the verdict on that under
other rules or thresholds (:mod:`.again`), and what would have changed (:mod:`.replay`)."""
