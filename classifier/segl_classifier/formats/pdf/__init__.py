"""PDF (ISO 32000): pages as lines of text (:mod:`.page`), and all that a file carries besides its pages."""
