"""``PiecewiseConstantDecaySpec``, as Keras's ``PiecewiseConstantDecay``."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import first_not_rising, in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Name, RateOrZero, Steps
from keras_optkit.specs.lists import Ordered
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict


@register_spec
class PiecewiseConstantDecaySpec(ScheduleSpec, mirrors_keras=True):
    """A constant rate between boundaries, as ``keras.optimizers.schedules.PiecewiseConstantDecay``.

    ``rate(step) = values[i]``, where i is the number of boundaries below ``step``. At a boundary itself the rate is
    still the old one.

    Attributes:
        boundaries: steps, each > 0 and above the one before.
        values: rates >= 0, not all of them 0; one more than ``boundaries``.
        name: the name of the operation in Keras's graph.

    Examples:
        >>> spec = PiecewiseConstantDecaySpec(boundaries=[100, 200], values=[0.1, 0.01, 0.001])
        >>> learning_rates(spec, [0, 100, 101, 200, 201]).tolist()
        [0.1, 0.1, 0.01, 0.01, 0.001]
    """

    boundaries: Annotated[Ordered[Steps], IfZero("leave out the value before it")]
    values: Ordered[RateOrZero]
    name: Name = "PiecewiseConstant"

    def conflicts(self) -> Iterator[Conflict]:
        if fault := first_not_rising(self.boundaries):
            yield Conflict("boundaries", f"must be strictly increasing, but {fault}")
        pieces = len(self.boundaries) + 1
        if len(self.values) != pieces:
            yield Conflict("values", f"must have one entry more than boundaries ({pieces}), not {len(self.values)}")
        elif not any(self.values):
            yield Conflict("values", "must not all be 0; such a rate never trains")

    def value(self, step: Any, xp: Any = np) -> Any:
        # A single search, however many boundaries there are: a comparison for each would make a large graph.
        boundaries = xp.array([in_steps(boundary) for boundary in self.boundaries], dtype="float64")
        passed = xp.searchsorted(boundaries, xp.reshape(step, (-1,)), side="left")
        return xp.reshape(xp.take(xp.array(self.values, dtype="float64"), passed), xp.shape(step))

    def landmarks(self) -> Iterable[tuple[int, str]]:
        # Keras still has the old rate at the boundary itself.
        return ((in_steps(boundary) + 1, "boundary passed") for boundary in self.boundaries)

    def _phases(self) -> Iterator[Phase]:
        for number, boundary in enumerate(self.boundaries):
            yield Phase(Kind.PIECE, "piece", ("boundaries", number), in_steps(boundary))
