"""``Recipe``: shorthand for a join."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.schedules.base import ScheduleSpec


class Recipe(ScheduleSpec):
    """Shorthand for a join of other schedules."""

    # Not a field, so that it is neither compared nor copied nor saved.
    __slots__ = ("_expanded",)
    if TYPE_CHECKING:
        _expanded: ScheduleSpec = PrivateAttr()  # without this, pyright takes it for an argument

    @abstractmethod
    def expand(self) -> ScheduleSpec:
        """Return the schedules that this recipe is shorthand for.

        Raises:
            ValueError: a duration is not in steps yet; call ``resolve`` first.

        Examples:
            >>> WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps=100).expand()
            JoinSpec(
                schedules=(
                    RampSpec(initial_learning_rate=0.0, end_learning_rate=0.1, steps=100),
                    ConstantSpec(learning_rate=0.1),
                ),
                boundaries=(100,),
            )
        """

    def value(self, step: Any, xp: Any = np) -> Any:
        # Expanded once: in nested warm-ups, each level would otherwise compute the first rate of the next again.
        if not hasattr(self, "_expanded"):
            object.__setattr__(self, "_expanded", self.expand())
        return self._expanded.value(step, xp)
