"""Sealed messages: sealed to disk, told of by a notice, told of again, and what became of them."""
