"""The class named in Keras's serialized form: its package, and the spec that describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from keras_optkit.specs.base import Spec
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.hints import meant_type, nearest
from keras_optkit.specs.keras_2 import ADDONS, CUSTOM, OF_ADDONS, SCHEDULES_OF_KERAS_2, wrote_keras_2
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import find, registered
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.spelling import canonical

#: The package under which the Keras classes of this package are registered, and their names there.
PACKAGE = "keras_optkit"
SPEC_SCHEDULE = "SpecSchedule"
PIECEWISE_CONSTANT_TABLE = "PiecewiseConstantTable"
#: The prefix of a grouped optimizer's name, before the name of its Keras class.
GROUPED = "Grouped"

# Keras 3 was called Keras Core before its release.
_KERASES = {"", "keras", "keras_core", "tf_keras", "tensorflow"}
_FUNCTIONS = {"function", "__lambda__"}
# Wrappers store the inner optimizer under one of these keys.
_INNER = ("optimizer", "inner_optimizer")


class ClassName(NamedTuple):
    """The name of a class, and its package."""

    name: str
    package: str
    is_of_keras: bool

    @classmethod
    def of(cls, form: Mapping[Any, Any]) -> ClassName | None:
        written, module, long_name = (form.get(key) for key in ("class_name", "module", "registered_name"))
        if not isinstance(written, str):
            return None
        package, _, name = written.rpartition(">")
        if isinstance(module, str) and module.partition(".")[0] in _KERASES:
            package = ""
        elif not package and isinstance(long_name, str) and ">" in long_name:
            package = long_name.rpartition(">")[0]
        elif not package and isinstance(module, str):
            package = module.partition(".")[0]
        # Keras 2 registers its own optimizers here, so no other class can have their names in this package.
        is_of_keras = package in _KERASES or (package == CUSTOM and wrote_keras_2(form.get("config")))
        return cls(name, package, is_of_keras)

    @property
    def is_ours(self) -> bool:
        return self.package == PACKAGE

    def spec_class(self) -> type[Spec] | None:
        """The spec that mirrors the class, or its base class if the class is ours."""
        if self.is_ours:
            if self.name == PIECEWISE_CONSTANT_TABLE:
                return find(ScheduleSpec, "PiecewiseConstantDecay")
            return find(OptimizerSpec, self.name.removeprefix(GROUPED)) if self.name.startswith(GROUPED) else None
        if not self.is_of_keras:
            return None
        # "ExperimentalAdam" is what TensorFlow 2.9 called the optimizers that became Keras's own in 2.11.
        found = find(Spec, self.name) or find(OptimizerSpec, canonical(self.name).removeprefix("experimental"))
        return found if found is not None and _is_mirror(found) else None

    def has_no_spec(self, config: Mapping[Any, Any], *, is_rate: bool) -> str:
        """The error for a class with this ``config`` that no spec describes."""
        if self.name in _FUNCTIONS:
            return "there is no spec for a learning rate that is a function"
        if canonical(self.name) == "multioptimizer":
            return "there is no spec for MultiOptimizer; take the spec of each of its optimizers"
        if self.name in SCHEDULES_OF_KERAS_2:
            return f"there is no spec for {self.name}, which Keras 3 does not have; write your own ScheduleSpec"
        if self.is_of_keras:
            known = [name for name, cls in registered(ScheduleSpec if is_rate else Spec).items() if _is_mirror(cls)]
            meant = nearest(self.name, known)
            hint = f"; did you mean {meant!r}? The known types" if meant else "; the known types"
            return f"there is no spec for {in_short(self.name)}{hint} are {', '.join(sorted(known, key=str.lower))}"
        return (
            f"there is no spec for {in_short(f'{self.package}>{self.name}')}, which is not a class of Keras"
            f"{self._remedy(config, is_rate=is_rate)}"
        )

    def _remedy(self, config: Mapping[Any, Any], *, is_rate: bool) -> str:
        """The remedy for a class that is not Keras's."""
        if is_rate:
            return "; write your own ScheduleSpec"
        for key in _INNER:
            if isinstance(inner := config.get(key), Mapping) and "class_name" in inner:
                return f"; take the spec of the optimizer in its config, under {key!r}"
        if self.package == ADDONS and (spec := OF_ADDONS.get(self.name)):
            return (
                f"; write {spec}(weight_decay=...) with its weight_decay divided by the learning rate: TensorFlow "
                "Addons does not multiply the decay by the rate"
            )
        _, nearest_to_it = meant_type(self.name, registered(OptimizerSpec))
        return f"; {nearest_to_it}" if self.package == ADDONS and nearest_to_it else ""


def _is_mirror(cls: type[Spec]) -> bool:
    return issubclass(cls, OptimizerSpec) or (issubclass(cls, ScheduleSpec) and cls.mirrors_keras)
