"""Keras's optimizers with parameter groups and weight-decay exclusions that last. Importing this imports keras.

Each is a registered subclass of the Keras class. Its ``update_step`` looks up how the variable is trained. The choice
for each variable is part of the config, so it survives saving and loading.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_optkit.runtime.plan import Plan, Planned, plan_of, plan_without_model
from keras_optkit.runtime.saved_plan import SavedPlan, saved
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.keras_classes import GROUPED as PREFIX
from keras_optkit.specs.keras_classes import PACKAGE
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import registered

if TYPE_CHECKING:
    _KerasOptimizer = keras.optimizers.Optimizer
else:
    _KerasOptimizer = object  # the Keras class comes after this one among the bases


class Grouped(_KerasOptimizer):
    """Mixin for grouped optimizers; list it before the Keras class.

    Args:
        exclude_from_weight_decay: as in ``OptimizerSpec``.
        groups: as in ``OptimizerSpec``.
        treatments: from a config only: what was chosen for each variable.
        **arguments: those of the Keras optimizer.
    """

    _by_index: Plan
    """How the variables are trained, in the order in which Keras numbers them."""
    _began = 0
    """Within ``update_step``, the count of updates at which the training of its variable began."""

    def __init__(
        self,
        *,
        exclude_from_weight_decay: Sequence[str] = (),
        groups: Sequence[ParamGroup | Mapping[str, Any]] = (),
        treatments: Sequence[Mapping[str, Any]] | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.patterns_without_decay = tuple(exclude_from_weight_decay)
        self.groups = tuple(ParamGroup.model_validate(group) for group in groups)
        self._saved = None if treatments is None else SavedPlan(tuple(treatments))
        self._plan: Plan | None = None
        self._model: weakref.ref[keras.Model] | None = None

    def follow(self, plan: Plan | None, model: keras.Model) -> None:
        """Use the ``plan`` made for ``model``; if there is none yet, make it when the model has its weights."""
        self._plan, self._model = plan, weakref.ref(model)

    def build(self, variables: Sequence[Any]) -> None:
        """Create the optimizer's variables and choose how each of ``variables`` is trained.

        Raises:
            ValueError: patterns are wrong. After ``from_config``, ``apply`` raises it instead, so that a model loads.
        """
        variables = list(variables)
        if self.built or not variables:  # when Keras loads a .h5 file, it may call this with none
            return
        plan = self._plan_for(variables)
        if self._saved is None:
            plan.checked()
        super().build(variables)
        by_index = plan.of(variables)
        assert by_index is not None
        self._plan, self._by_index, self._saved = plan, by_index, None

    def _plan_for(self, variables: Sequence[Any]) -> Plan:
        known = (plan for plan in self._known_plans(variables) if plan is not None and plan.of(variables) is not None)
        return next(known, None) or plan_without_model(variables, self.patterns_without_decay, self.groups)

    def _known_plans(self, variables: Sequence[Any]) -> Iterator[Plan | None]:
        yield self._plan
        model = None if self._model is None else self._model()
        if model is not None:
            yield plan_of(model, self.patterns_without_decay, self.groups)
        if self._saved is not None:
            yield self._saved.plan_for(variables)

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Raises: Keras would lose this exclusion on saving, because no config holds it."""
        raise ValueError(
            "exclude_from_weight_decay() of an optimizer is lost when the model is saved: write "
            "exclude_from_weight_decay=[...] in the spec"
        )

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Keras's, except that constraints do not change frozen variables either."""
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if not self.built:
                self.build(trainable_variables)
        if self.built:
            self._by_index.checked()
        constrained = [
            planned.variable
            for planned in (self._by_index.planned if self.built else ())
            if planned.treatment.multiplier == 0 and getattr(planned.variable, "constraint", None) is not None
        ]
        # The constraint of a bare tf.Variable cannot be removed for the call, so its value is restored after it.
        values = [
            (variable, ops.copy(variable)) for variable in constrained if not isinstance(variable, keras.Variable)
        ]
        constraints = [
            (variable, variable.constraint) for variable in constrained if isinstance(variable, keras.Variable)
        ]
        for variable, _ in constraints:
            variable.constraint = None
        try:
            super().apply(grads, trainable_variables)
        finally:
            for variable, constraint in constraints:
                variable.constraint = constraint
        for variable, value in values:
            variable.assign(value)

    def training_of(self, variable: Any) -> tuple[float, float | None]:
        """The multiplier of the rate and the weight decay with which a built optimizer trains ``variable`` now."""
        planned = self._planned(variable)
        return planned.treatment.multiplier, planned.weight_decay_in(self)

    def began(self, variable: Any) -> int:
        """The count of updates at which the training of ``variable`` began."""
        return self._planned(variable).treatment.began

    @property
    def iterations(self) -> Any:
        """Keras's count of updates; within ``update_step``, those since the training of the variable began."""
        counted = super().iterations
        return counted - self._began if self._began else counted

    def _planned(self, variable: Any) -> Planned:
        index: int = self._get_variable_index(variable)
        return self._by_index.planned[index]

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[Any]) -> None:
        super()._update_model_variables_moving_average(trainable_variables)
        if self.use_ema:
            # The average of a value that stays is that value, but for rounding.
            for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
                if average is not None and self._planned(variable).treatment.multiplier == 0:
                    average.assign(variable)

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Nothing: ``update_step`` does it, because it knows the variable's own rate."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """The Keras optimizer's step with the variable's own learning rate, after its own weight decay."""
        multiplier, weight_decay = self.training_of(variable)
        if multiplier == 0:
            return
        if multiplier != 1:
            learning_rate = ops.multiply(learning_rate, multiplier)
            if hasattr(self, "muon_a") and gradient.dtype != learning_rate.dtype:
                # Keras's Muon multiplies the rate with the gradient as it is, and TensorFlow takes no two float types.
                gradient = ops.cast(gradient, learning_rate.dtype)
        if weight_decay is not None:
            rate = ops.cast(learning_rate, variable.dtype)
            self.assign_sub(variable, variable * ops.cast(weight_decay, variable.dtype) * rate)
        self._began = self.began(variable)
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:
            self._began = 0

    def get_config(self) -> dict[str, Any]:
        """The Keras optimizer's config with the arguments above."""
        chosen = self._saved if self._plan is None else saved(self._plan)
        return {
            **super().get_config(),
            "exclude_from_weight_decay": list(self.patterns_without_decay),
            "groups": [group.model_dump() for group in self.groups],
            "treatments": [] if chosen is None else [dict(entry) for entry in chosen.entries],
        }


class StartsAtTheFirstUpdate(_KerasOptimizer):
    """Mixin for Keras's ``ScheduleFreeAdamW``, which copies the weights when it is built.

    Its first update would discard weights that were loaded after that. In a graph, Keras even copies the values that
    the weights had when the graph was traced.
    """

    _momentums: list[Any]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Keras's step; the first one starts from the weights of that moment."""
        start = self._momentums[self._get_variable_index(variable)]
        # Values, because JAX takes no Keras variable here.
        weights, held = ops.convert_to_tensor(variable), ops.convert_to_tensor(start)
        self.assign(start, ops.where(ops.equal(self.iterations, 0), weights, held))
        super().update_step(gradient, variable, learning_rate)


def _grouped_classes() -> dict[str, type]:
    classes = {}
    for name in registered(OptimizerSpec):
        native = getattr(keras.optimizers, name, None)  # an older Keras has not all of them
        if native is not None:
            bases = (StartsAtTheFirstUpdate,) * (name in NEVER_NATIVE) + (Grouped, native)
            cls = type(f"{PREFIX}{name}", bases, {"__module__": __name__, "__doc__": Grouped.__doc__})
            globals()[cls.__name__] = cls  # where pickle looks for it
            classes[name] = keras.saving.register_keras_serializable(package=PACKAGE)(cls)
    return classes


#: Those of which the grouped subclass is built also without groups.
NEVER_NATIVE = {"ScheduleFreeAdamW"}
#: The grouped subclass of each Keras optimizer, by the name of the Keras class.
GROUPED = _grouped_classes()
