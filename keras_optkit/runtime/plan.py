"""Places and selection together: how each variable is trained. Made once for each compile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from keras_optkit.runtime.keras_internals import takes_adam_step
from keras_optkit.runtime.places import Place, place_of, places_in
from keras_optkit.runtime.selection import Treatment, select
from keras_optkit.specs.groups import ParamGroup

if TYPE_CHECKING:
    import keras


class Planned(NamedTuple):
    """How one variable is trained."""

    variable: Any
    place: Place
    treatment: Treatment

    @property
    def is_trained(self) -> bool:
        """Whether neither the model nor a group freezes it."""
        return not self.place.is_frozen and self.treatment.multiplier != 0

    def weight_decay_in(self, optimizer: Any) -> float | None:
        """Its weight decay if ``optimizer`` trains it. Muon has two, for its two kinds of step."""
        if hasattr(optimizer, "adam_weight_decay") and takes_adam_step(optimizer, self.variable):
            own = optimizer.adam_weight_decay
        else:
            own = optimizer.weight_decay
        return self.treatment.weight_decay_under(cast("float | None", own))


# A class of its own, because Keras would look for variables to save in a list or tuple that an optimizer holds.
@dataclass(frozen=True, eq=False)
class Plan:
    """How each variable is trained, and an error message for each wrong pattern."""

    planned: tuple[Planned, ...]
    mistakes: tuple[str, ...] = ()

    def of(self, variables: Iterable[Any]) -> Plan | None:
        """The plan for these ``variables``, in their order; None if it lacks one of them."""
        by_id = {id(planned.variable): planned for planned in self.planned}
        found = [by_id.get(id(variable)) for variable in variables]
        return None if None in found else Plan(tuple(filter(None, found)), self.mistakes)

    def beginning(self, began: Mapping[int, int]) -> Plan:
        """The same plan with the update count at which the training of each variable starts, by its ``id``."""
        return Plan(
            tuple(
                planned._replace(treatment=planned.treatment._replace(began=began.get(id(planned.variable), 0)))
                for planned in self.planned
            ),
            self.mistakes,
        )

    def checked(self) -> Plan:
        """The plan itself.

        Raises:
            ValueError: patterns are wrong; the message has a line for each.
        """
        if self.mistakes:
            raise ValueError(in_lines(self.mistakes))
        return self


def plan_of(model: keras.Model, exclude: Sequence[str], groups: Sequence[ParamGroup]) -> Plan:
    """How the weights of ``model`` are trained, including those that are frozen now."""
    places = places_in(model)
    variables = [variable for variable in model.variables if id(variable) in places]
    return _planned(variables, list(places.values()), exclude, groups)


def plan_without_model(variables: Sequence[Any], exclude: Sequence[str], groups: Sequence[ParamGroup]) -> Plan:
    """How ``variables`` are trained, as far as their own paths tell."""
    return _planned(variables, [place_of(variable) for variable in variables], exclude, groups)


def _planned(
    variables: Sequence[Any], places: Sequence[Place], exclude: Sequence[str], groups: Sequence[ParamGroup]
) -> Plan:
    treatments, mistakes = select(places, exclude, groups)
    return Plan(tuple(map(Planned, variables, places, treatments)), tuple(mistakes))


#: With a thousand wrong patterns, this many are listed.
_MOST_LINES = 20


def in_lines(errors: Sequence[str]) -> str:
    """One message for all ``errors``."""
    if len(errors) == 1:
        return errors[0]
    more = [f"and {len(errors) - _MOST_LINES:,} more"] if len(errors) > _MOST_LINES else []
    return "\n".join([f"{len(errors):,} errors", *errors[:_MOST_LINES], *more])
