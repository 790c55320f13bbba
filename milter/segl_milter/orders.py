"""What one generation of workers goes by: settings and rules, read together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from segl.settings import Settings
from segl.settings_file import load_settings
from segl_classifier.rules import RuleSet, load_rules


@dataclass(frozen=True, slots=True)
class Orders:
    settings: Settings
    rules: RuleSet

    @property
    def workers(self) -> int:
        """How many workers to run: as many as set, else one for each core this process may use."""
        return self.settings.milter.workers or len(os.sched_getaffinity(0))


def read_orders(file: Path) -> Orders:
    """Settings from *file* and the rules they name. Raises :class:`SeglError` with every fault."""
    settings = load_settings(file)
    return Orders(settings, load_rules(settings.detection.rules))
