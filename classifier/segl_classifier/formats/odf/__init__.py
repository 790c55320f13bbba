"""OpenDocument (ISO/IEC 26300): LibreOffice and others."""
