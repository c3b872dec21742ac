"""Keras's optimizers with parameter groups and weight-decay exclusions that last. Importing this imports keras.

Each is a registered subclass of Keras's own class, whose ``update_step`` looks up how its variable is trained. What was
chosen for which variable is a part of the config, so that it survives saving and loading.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import keras
from keras import ops

from keras_optkit.runtime.factory import build_optimizer
from keras_optkit.runtime.keras_internals import takes_adam_step
from keras_optkit.runtime.places import place_of, places_in
from keras_optkit.runtime.selection import Treatment, select
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import registered

if TYPE_CHECKING:
    _KerasOptimizer = keras.optimizers.Optimizer
else:
    _KerasOptimizer = object  # the Keras class comes after this one among the bases


class Grouped(_KerasOptimizer):
    """What the grouped optimizers have in common; it stands before a Keras optimizer among the bases of a class.

    Args:
        exclude_from_weight_decay: as in ``OptimizerSpec``.
        groups: as in ``OptimizerSpec``.
        treatments: for each variable, in order, its path, its shape and how it is trained, where that was chosen
            before.
        **arguments: those of the Keras optimizer.
    """

    _training_of: Mapping[Any, tuple[float, float | None]]
    """Of each variable, by its key: the multiplier of the rate, and the weight decay."""

    def __init__(
        self,
        *,
        exclude_from_weight_decay: Sequence[str] = (),
        groups: Sequence[ParamGroup | Mapping[str, Any]] = (),
        treatments: Sequence[Mapping[str, Any]] = (),
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.patterns_without_decay = tuple(exclude_from_weight_decay)
        self.groups = tuple(ParamGroup.model_validate(group) for group in groups)
        self._chosen = tuple(map(_Chosen.read, treatments))
        self._model: weakref.ref[keras.Model] | None = None

    def look_into(self, model: keras.Model) -> None:
        """Lets patterns be searched in the paths within ``model``, which its variables alone do not know."""
        self._model = weakref.ref(model)

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the optimizer's variables and chooses how each of ``variables`` is trained.

        Raises:
            ValueError: a pattern matches no variable.
        """
        if self.built:
            return
        variables = list(variables)
        chosen = self._choose(variables)
        super().build(variables)
        self._chosen, self._model = chosen, None
        # Not by plain assignment: Keras would take the dict for a part of the saved state.
        object.__setattr__(
            self,
            "_training_of",
            {
                self._var_key(variable): (how.multiplier, self._weight_decay_of(variable, how))
                for variable, (_, _, how) in zip(variables, chosen, strict=True)
            },
        )

    def _choose(self, variables: Sequence[Any]) -> tuple[_Chosen, ...]:
        if len(self._chosen) == len(variables) and all(map(_Chosen.fits, self._chosen, variables)):
            return self._chosen
        places = [place_of(variable) for variable in variables]
        model = None if self._model is None else self._model()
        if model is not None:
            known = places_in(model)
            places = [known.get(id(variable), place) for variable, place in zip(variables, places, strict=True)]
        treatments = select(places, self.patterns_without_decay, self.groups)
        return tuple(
            _Chosen(place.path, tuple(variable.shape), treatment)
            for place, variable, treatment in zip(places, variables, treatments, strict=True)
        )

    def _weight_decay_of(self, variable: Any, treatment: Treatment) -> float | None:
        if not self._use_weight_decay(variable):  # Keras's own exclude_from_weight_decay() was called besides
            return None
        return treatment.weight_decay_under(own_weight_decay(self, variable))

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Keras's, except that the constraint of a frozen variable, too, leaves it as it is."""
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if not self.built:
                self.build(trainable_variables)
        constrained = [
            (variable, variable.constraint)
            for variable in self._trainable_variables
            if self._is_frozen(variable) and getattr(variable, "constraint", None) is not None
        ]
        for variable, _ in constrained:
            variable.constraint = None
        try:
            super().apply(grads, trainable_variables)
        finally:
            for variable, constraint in constrained:
                variable.constraint = constraint

    def _is_frozen(self, variable: Any) -> bool:
        return self._training_of[self._var_key(variable)][0] == 0

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[Any]) -> None:
        super()._update_model_variables_moving_average(trainable_variables)
        if self.use_ema:
            # The average of a value that stays is that value, but for rounding.
            for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
                if average is not None and self._is_frozen(variable):
                    average.assign(variable)

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Nothing: ``update_step`` does it, where the variable's own rate is known."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """The Keras optimizer's step with the variable's own learning rate, after its own weight decay."""
        multiplier, weight_decay = self._training_of[self._var_key(variable)]
        if multiplier == 0:
            return
        if multiplier != 1:
            learning_rate = ops.multiply(learning_rate, multiplier)
        if weight_decay:
            rate = ops.cast(learning_rate, variable.dtype)
            self.assign_sub(variable, variable * ops.cast(weight_decay, variable.dtype) * rate)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """The Keras optimizer's config with the arguments above."""
        return {
            **super().get_config(),
            "exclude_from_weight_decay": list(self.patterns_without_decay),
            "groups": [group.model_dump() for group in self.groups],
            "treatments": [chosen.write() for chosen in self._chosen],
        }


class _Chosen(NamedTuple):
    """How one variable is trained, with what tells it from the others."""

    path: str
    shape: tuple[int, ...]
    treatment: Treatment

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> _Chosen:
        how = dict(entry)
        return cls(how.pop("path"), tuple(how.pop("shape")), Treatment(**how))

    def write(self) -> dict[str, Any]:
        return {"path": self.path, "shape": list(self.shape), **self.treatment._asdict()}

    def fits(self, variable: Any) -> bool:
        """Whether ``variable`` can be the one that this was chosen for.

        The order, the shape and the last name tell: the names before it may be others in a loaded model, and so may
        the numbers behind names that Keras made.
        """
        path = place_of(variable).path
        return _last_name(path) == _last_name(self.path) and tuple(variable.shape) == self.shape


def _last_name(path: str) -> str:
    return re.sub(r"_\d+$", "", path.rpartition("/")[2])


def own_weight_decay(optimizer: Any, variable: Any) -> float | None:
    """The weight decay of a Keras ``optimizer`` for ``variable``: Muon has two, for its two kinds of step."""
    if hasattr(optimizer, "adam_weight_decay") and takes_adam_step(optimizer, variable):
        return cast("float | None", optimizer.adam_weight_decay)
    return cast("float | None", optimizer.weight_decay)


class Planned(NamedTuple):
    """How one variable of a model will be trained."""

    variable: Any
    path: str
    multiplier: float
    weight_decay: float | None


def planned(model: keras.Model, spec: OptimizerSpec) -> list[Planned]:
    """How each variable of ``model``, which has its weights, will be trained with a resolved ``spec``.

    Raises:
        ValueError: a pattern matches no variable.
    """
    places = places_in(model)
    variables = [variable for variable in model.trainable_variables if id(variable) in places]
    found = [places[id(variable)] for variable in variables]
    treatments = select(found, spec.exclude_from_weight_decay, spec.groups)
    optimizer = build_optimizer(spec)
    return [
        Planned(variable, place.path, how.multiplier, how.weight_decay_under(own_weight_decay(optimizer, variable)))
        for variable, place, how in zip(variables, found, treatments, strict=True)
    ]


def _grouped_classes() -> dict[str, type]:
    classes = {}
    for name in registered(OptimizerSpec):
        native = getattr(keras.optimizers, name, None)  # an older Keras has not all of them
        if native is not None:
            cls = type(f"Grouped{name}", (Grouped, native), {"__module__": __name__, "__doc__": Grouped.__doc__})
            globals()[cls.__name__] = cls  # where pickle looks for it
            classes[name] = keras.saving.register_keras_serializable(package="keras_optkit")(cls)
    return classes


#: The grouped subclass of each Keras optimizer, by the name of the Keras class.
GROUPED = _grouped_classes()
