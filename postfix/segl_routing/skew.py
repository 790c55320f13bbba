"""By how much clocks may differ before something counts as said in the future."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

NODES_SKEW: Final = 60.0  # seconds: those of our own nodes, which share a store
OTHERS_SKEW: Final = timedelta(minutes=5)  # those of authorities and of who publishes tunnel lists
