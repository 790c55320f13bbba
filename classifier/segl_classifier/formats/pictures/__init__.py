"""Pictures: words that stand in them as words, metafiles, and text by OCR where the settings ask for it."""
