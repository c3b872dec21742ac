"""``Phase``: a part of a schedule that ends, as each schedule tells it of itself."""

from enum import Enum, auto
from typing import NamedTuple

from keras_optkit.specs.resolving import Path


class Kind(Enum):
    """What the end of a phase is."""

    WARMUP = auto()
    """The rate is at its peak, and another phase follows."""
    DECAY = auto()
    """The rate has come to rest."""
    PERIOD = auto()
    """The curve begins again."""
    PIECE = auto()
    """Another rate or another schedule takes over."""
    STAIR = auto()
    """The rate changes for the first time."""
    ENDLESS = auto()
    """There is none: the field says in how many steps a decay falls by so much."""


class Phase(NamedTuple):
    """A part of a schedule that ends.

    Attributes:
        kind: what its end is.
        name: what it is called, such as ``"decay"``.
        field: where its length was written, from the schedule on.
        end: the schedule's own step at which it is over; 0 if it is left out, or has no end.
        times: how often the written length fits into the phase.
    """

    kind: Kind
    name: str
    field: Path
    end: int
    times: int = 1
