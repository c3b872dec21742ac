"""``Phase``: a part of a schedule that ends. Each schedule lists its own."""

from enum import Enum, auto
from typing import NamedTuple

from keras_optkit.specs.resolving import Path


class Kind(Enum):
    """What happens at the end of a phase."""

    WARMUP = auto()
    """The rate has reached its peak, and another phase follows."""
    DECAY = auto()
    """The rate no longer changes."""
    PERIOD = auto()
    """The curve begins again."""
    PIECE = auto()
    """Another rate or another schedule takes over."""
    STAIR = auto()
    """The rate changes for the first time."""
    ENDLESS = auto()
    """The phase has no end: the field sets the speed of a decay."""


class Phase(NamedTuple):
    """A part of a schedule that ends.

    Attributes:
        kind: what happens at its end.
        name: its name, such as ``"decay"``.
        field: the path, from the schedule, of the field with its length.
        end: the schedule's own step at which it ends; 0 if it is left out or has no end.
        times: the length of the phase divided by the length in the field.
    """

    kind: Kind
    name: str
    field: Path
    end: int
    times: int = 1
