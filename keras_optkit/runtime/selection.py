"""From patterns to variables: how the variable at each place is trained. Knows nothing of keras."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from keras_optkit.runtime.places import Place
from keras_optkit.specs.groups import BIAS_AND_NORM, ParamGroup
from keras_optkit.specs.patterns import matches


class Treatment(NamedTuple):
    """How one variable is trained, in terms of the optimizer's own settings."""

    multiplier: float = 1.0
    decayed: bool = True
    weight_decay: float | None = None
    """The group's; None is the optimizer's."""

    def weight_decay_under(self, optimizers: float | None) -> float | None:
        """The weight decay of the variable, where the optimizer's is ``optimizers``."""
        if not self.decayed:
            return None
        return optimizers if self.weight_decay is None else self.weight_decay


def select(places: Sequence[Place], exclude: Sequence[str], groups: Sequence[ParamGroup]) -> list[Treatment]:
    """How the variable at each of ``places`` is trained.

    Raises:
        ValueError: a pattern matches no variable, or a group only variables of earlier groups.
    """
    excluded: set[int] = set()
    for pattern in exclude:
        excluded |= _found("exclude_from_weight_decay", pattern, places)
    treatments = [Treatment(decayed=i not in excluded) for i in range(len(places))]
    taken: set[int] = set()
    for number, group in enumerate(groups):
        found = _found(f"groups.{number}.match", group.match, places)
        if found and found <= taken:
            raise ValueError(f"groups.{number}: all variables that {group.match!r} matches are in earlier groups")
        for i in found - taken:
            treatments[i] = Treatment(group.learning_rate_multiplier, treatments[i].decayed, group.weight_decay)
        taken |= found
    return treatments


def _begins_with_root(pattern: str, place: Place) -> bool:
    found = re.match(pattern, f"{place.root}/{place.path}") if place.root else None
    return found is not None and found.end() >= len(place.root)


def _found(field: str, pattern: str, places: Sequence[Place]) -> set[int]:
    if pattern == BIAS_AND_NORM:
        return {i for i, place in enumerate(places) if place.is_bias_or_norm}
    found = {i for i, place in enumerate(places) if matches(pattern, place.path)}
    # Keras's own paths may begin with the model's name. A pattern that has it as a whole is understood.
    found = found or {i for i, place in enumerate(places) if _begins_with_root(pattern, place)}
    if not found:
        paths = ", ".join(place.path for place in places)
        raise ValueError(f"{field}: {pattern!r} matches no variable; the paths are {paths}")
    return found
