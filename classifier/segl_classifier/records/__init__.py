"""Text that programs write for programs, told as people would say it.

A field has a name and a value, and the value means nothing without the name: ``"sick_days": 14`` by itself is a number.
JSON and XML become lists (:mod:`.lists`), calendars and cards prose, documents and sheets saved as one XML file what
their programs show of them.
"""
