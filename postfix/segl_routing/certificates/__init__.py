"""Recipient certificates: where they are looked for, what is asked of them, and what is remembered."""
