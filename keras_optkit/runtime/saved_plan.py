"""A plan in an optimizer's config: what was chosen for each variable, so that it holds after loading."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras_optkit.runtime.places import Place, place_of
from keras_optkit.runtime.plan import Plan, Planned
from keras_optkit.runtime.selection import Treatment


class _Entry(NamedTuple):
    """What was chosen for one variable, and what identifies it."""

    path: str
    shape: tuple[int, ...]
    treatment: Treatment
    own_path: str
    """Keras's path. Configs from 0.1.0 lack this and the next field."""
    trainable: bool

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> _Entry:
        how = dict(entry)
        path, shape = how.pop("path"), tuple(how.pop("shape"))
        own_path, trainable = how.pop("own_path", path), how.pop("trainable", True)
        return cls(path, shape, Treatment(**how), own_path, trainable)

    def fits(self, variable: Any) -> bool:
        """Whether ``variable`` can be this one, by its shape, its name and its layer's name.

        The rest of a path may change when a model is loaded, and so may the numbers that Keras adds to its names.
        """
        return tuple(variable.shape) == self.shape and _names_agree(self.own_path, place_of(variable).path)

    def is_at(self, path: str) -> bool:
        """Whether ``path`` and this one's path are equal, or one ends with the other."""
        return any(
            f"/{mine}".endswith(f"/{path}") or f"/{path}".endswith(f"/{mine}") for mine in (self.path, self.own_path)
        )


def _names_agree(one: str, other: str) -> bool:
    names = ([re.sub(r"_\d+$", "", name) for name in reversed(_last_names(path))] for path in (one, other))
    # The path of a weight that a model holds itself may have the model's name or not.
    return all(mine == theirs for mine, theirs in zip(*names, strict=False))


@dataclass(frozen=True)
class SavedPlan:
    """The entries of a config, as they were written."""

    entries: tuple[Mapping[str, Any], ...]

    def plan_for(self, variables: Sequence[Any]) -> Plan | None:
        """The plan for ``variables``; None if they cannot be matched with the entries.

        They are those that were trainable when the model was saved, or all: a subclassed model is loaded with nothing
        frozen.
        """
        entries = [_Entry.read(entry) for entry in self.entries]
        for candidates in ([entry for entry in entries if entry.trainable], entries):
            if found := _by_path(candidates, variables) or _by_order(candidates, variables):
                pairs = zip(variables, found, strict=True)
                return Plan(tuple(Planned(variable, Place(entry.path), entry.treatment) for variable, entry in pairs))
        return None


def _by_path(entries: Sequence[_Entry], variables: Sequence[Any]) -> Sequence[_Entry] | None:
    by_end = defaultdict(set)  # without it, each of a thousand variables would be compared with a thousand entries
    for entry in entries:
        for path in (entry.path, entry.own_path):
            by_end[_last_names(path)].add(entry)
    found = []
    for variable in variables:
        path = place_of(variable).path
        candidates = [entry for entry in by_end[_last_names(path)] if entry.is_at(path) and entry.fits(variable)]
        if len(candidates) != 1:
            return None
        found += candidates
    return found if len(set(found)) == len(found) else None


def _last_names(path: str) -> tuple[str, ...]:
    """The names of a variable and of its layer."""
    return tuple(path.split("/")[-2:])


def _by_order(entries: Sequence[_Entry], variables: Sequence[Any]) -> Sequence[_Entry] | None:
    fits = len(entries) == len(variables) and all(map(_Entry.fits, entries, variables))
    return entries if fits else None


def saved(plan: Plan) -> SavedPlan:
    """``plan`` as it goes into a config, with the variables that are trainable now marked as such."""
    return SavedPlan(
        tuple(
            {
                "path": place.path,
                "own_path": place_of(variable).path,
                "shape": list(variable.shape),
                "trainable": bool(variable.trainable),
                **treatment._asdict(),
            }
            for variable, place, treatment in plan.planned
        )
    )
