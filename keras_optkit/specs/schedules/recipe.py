"""``Recipe``: a word for a join."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from keras_optkit.specs.schedules.base import ScheduleSpec


class Recipe(ScheduleSpec):
    """A word for a join: a schedule that is written shorter than what it stands for."""

    @abstractmethod
    def expand(self) -> ScheduleSpec:
        """The schedules that this recipe stands for.

        Raises:
            ValueError: a duration is not in steps yet; ``resolve`` it first.
        """

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.expand().value(step, xp)
