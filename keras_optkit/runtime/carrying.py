"""An old optimizer's state into a new one, for ``compile_with(keep_state=True)``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.keras_internals import built_for, knows, scalars, step_count
from keras_optkit.runtime.parts import parts_of
from keras_optkit.runtime.places import place_of
from keras_optkit.runtime.selection import few
from keras_optkit.runtime.slots import (
    ACCUMULATED,
    AVERAGE,
    State,
    class_name,
    counts_updates,
    first_meaning,
)
from keras_optkit.runtime.warning import warn
from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.going_on import over_at

if TYPE_CHECKING:
    import keras


def optimizer_to_continue(model: keras.Model) -> Any:
    """The present optimizer of ``model``.

    Raises:
        ValueError: it has none.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ValueError(
            "keep_state=True, but the model has no optimizer whose state could be kept: leave keep_state out when you "
            "compile for the first time, and load a saved model without compile=False"
        )
    return optimizer


def has_trained(optimizer: Any) -> bool:
    """Whether ``optimizer`` is built, so that its model has the weights that it is trained with."""
    return any(built_for(part) for part in parts_of(optimizer))


def first_updates(old: Any, new: Any, variables: Sequence[Any]) -> dict[int, int]:
    """The update count at which ``new`` starts to count for a variable, by the variable's ``id``, where it is not 0.

    Adam and its relatives correct their moments for how many gradients are in them. Keras has one count for all
    variables. With it, a variable with new moments would get updates 3 to 7 times too large, for about a thousand
    updates.

    Args:
        old: the optimizer whose state is kept.
        new: the one that gets it, not built yet.
        variables: those that ``new`` will be built for.
    """
    parts = _states(old)
    count = _batches(parts) // (new.gradient_accumulation_steps or 1)
    began = {}
    for variable in variables:
        if not counts_updates(new, variable):
            continue
        needed = first_meaning(new, variable)
        state, updates = _that_knows(parts, variable), 0
        if state is not None and needed in {slot.meaning for slot in state.of(variable)}:
            updates = _updates_of(state.optimizer, variable)
        if first := count - updates:
            began[id(variable)] = first
    return began


def carry(old: Any, new: Any, spec: OptimizerSpec, run: RunLength) -> None:
    """Give ``new``, built from ``spec``, what ``old`` knows: the step count, and the state that both have.

    Warns:
        OptimizerWarning: something in ``old`` has no place in ``new``, with all of it; or the schedule is over at the
            step count.
    """
    parts, (target,) = _states(old), _states(new)
    trained = target.optimizer
    step_count(trained).assign(_batches(parts))
    lost = [*_carry_slots(parts, target), *_carry_scalars(old, new)]
    if not any(built_for(state.optimizer) for state in parts):  # as Keras loads it from .h5
        lost.append("anything but the step count (the old optimizer has no state of any variable)")
    _begin_averages(parts, target)
    if class_name(trained) == "Nadam" and "Nadam" not in map(class_name, parts_of(old)):
        _make_up_product(trained)
    if lost and _batches(parts):
        warn(f"keep_state could not carry over {'; '.join(lost)}")
    for text in over_at(spec, _batches(parts), run):
        warn(text)


def _carry_slots(parts: Sequence[State], target: State) -> Iterator[str]:
    """Copy the slots that ``target`` has too, and yield what is lost of the others."""
    untrained: list[str] = []
    new = target.optimizer
    for state in parts:
        part = state.optimizer
        lost: dict[str, list[str]] = defaultdict(list)
        for variable in built_for(part):
            kept = state.of(variable)
            if not knows(new, variable):
                untrained += [place_of(variable).path] * bool(kept)
                continue
            places = _places(state, target, variable)
            for slot in kept:
                if slot.meaning in places:
                    places[slot.meaning].assign(_value(slot.value))
                elif slot.attribute != ACCUMULATED or _pending(part):
                    lost[slot.attribute].append(place_of(variable).path)
        if ACCUMULATED in lost:
            del lost[ACCUMULATED]
            pending = _pending(part)
            batches = f"{pending} batch{'es' * (pending > 1)}"
            yield f"the gradients of {batches} since the last update (gradient_accumulation_steps has changed)"
        names: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for attribute, paths in lost.items():
            names[tuple(paths)].append("moving averages" if attribute == AVERAGE else attribute)
        for of_these, attributes in names.items():
            yield _without_place(attributes, part, new, of_these)
    if untrained:
        yield f"all state of {few(untrained)} (not trained now)"


def _places(state: State, target: State, variable: Any) -> dict[tuple[str, ...], Any]:
    """The slots of ``target`` for ``variable`` that get their values from ``state``, by their meanings."""
    kept = {slot.meaning: slot for slot in state.of(variable)}
    part, new = state.optimizer, target.optimizer
    first = first_meaning(new, variable)
    places = {}
    for slot in target.of(variable):
        old = kept.get(slot.meaning)
        if old is None or tuple(old.value.shape) != tuple(slot.value.shape):
            continue
        if slot.attribute == ACCUMULATED:
            fits = part.gradient_accumulation_steps == new.gradient_accumulation_steps
        else:
            fits = slot.attribute == AVERAGE or first is None or first in kept
        if fits:
            places[slot.meaning] = slot.value
    return places


def _carry_scalars(old: Any, new: Any) -> Iterator[str]:
    """Copy what optimizers have for themselves, such as a loss scale, and yield what has no place."""
    places = {class_name(optimizer): scalars(optimizer) for optimizer in (new, *parts_of(new))}
    for optimizer in dict.fromkeys((old, *parts_of(old))):
        here = places.get(class_name(optimizer), {})
        for name, value in scalars(optimizer).items():
            if name in here:
                here[name].assign(_value(value))
        # Nadam's product follows from the step count.
        if lost := [name for name in scalars(optimizer) if name not in here and name != "_u_product"]:
            yield _without_place(lost, optimizer, new)


def _begin_averages(parts: Sequence[State], target: State) -> None:
    """Start each new average of weights at the weights themselves. Keras would start it at 0."""
    for variable in built_for(target.optimizer):
        part = _that_knows(parts, variable)
        averaged = part is not None and any(slot.attribute == AVERAGE for slot in part.of(variable))
        for slot in target.of(variable):
            if slot.attribute == AVERAGE and not averaged:
                slot.value.assign(_value(variable))


def _make_up_product(nadam: Any) -> None:
    """Give Nadam the product by which it corrects its mean gradient. It follows from the number of updates."""
    updates = max(_updates_of(nadam, variable) for variable in built_for(nadam))
    # From about 0.96**1_000, the other factors are 1 in float64.
    shrinking = 1 - 0.5 * 0.96 ** np.arange(1, min(updates, 1_000) + 1)
    scalars(nadam)["_u_product"].assign(nadam.beta_1**updates * np.prod(shrinking))


def _states(optimizer: Any) -> list[State]:
    return [State(part) for part in parts_of(optimizer)]


def _that_knows(parts: Sequence[State], variable: Any) -> State | None:
    return next((part for part in parts if knows(part.optimizer, variable)), None)


def _batches(parts: Sequence[State]) -> int:
    return max((int(_value(step_count(part.optimizer))) for part in parts), default=0)


def _updates_of(part: Any, variable: Any) -> int:
    """How many updates of ``part`` the moments of ``variable`` are made of."""
    began = part.began(variable) if hasattr(part, "began") else 0
    return int(_value(part.iterations)) - began


def _pending(part: Any) -> int:
    """How many batches are in the accumulated gradients."""
    return int(_value(step_count(part))) % (part.gradient_accumulation_steps or 1)


def _value(variable: Any) -> Any:
    """What is in ``variable``, also under a strategy, where it has a copy on each device."""
    return np.asarray(variable)


def _without_place(attributes: Sequence[str], old: Any, new: Any, paths: Sequence[str] = ()) -> str:
    names = " and ".join(attribute.strip("_") for attribute in attributes)
    which = f" for {few(paths)}" if len(paths) < len(built_for(old)) and paths else ""
    return f"{names} of {class_name(old)}{which} (the new {class_name(new)} keeps nothing that means the same)"
