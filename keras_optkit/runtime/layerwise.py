"""Layer-wise learning-rate decay: the groups of a model. Imports keras only in functions."""

from __future__ import annotations

import numbers
import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_optkit.runtime.keras_internals import sublayers
from keras_optkit.runtime.places import check_is_model, places_in
from keras_optkit.runtime.selection import paths_like
from keras_optkit.runtime.warning import warn
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.numbers import SMALLEST
from keras_optkit.specs.patterns import compiled_by_re
from keras_optkit.specs.tracebacks import short_traceback

if TYPE_CHECKING:
    import keras

#: Below this, the layers nearest the input hardly train, and a model probably has more layers than one thought.
_SMALL = 1e-3
_BY = (
    "to count blocks instead of layers, pass by=..., a regular expression such as r'block_?(\\d+)' that finds the "
    "block's name in a layer's path"
)
_FEWER = "choose a larger decay, or a pattern that finds larger blocks"


@short_traceback
def layerwise_groups(model: keras.Model, decay: float, *, by: str | None = None) -> list[ParamGroup]:
    r"""The groups of layer-wise learning-rate decay: full rate at the head, less for each layer towards the input.

    The last layer with weights has the multiplier 1, the one before it ``decay``, then ``decay**2`` and so on. Layers
    are counted in the order in which the model holds them. Those of a model within the model are counted one by one;
    any other layer made of layers (attention, a recurrent cell) counts as one. Weights that a model holds itself, such
    as a class token or a position embedding, belong to its layer nearest the input.

    Deep models are counted by block, as timm does: in a ResNet50, which has 107, the first layer would get 0.75**106
    of the rate. ``by`` says which part of a layer's path names its block. Layers before the first block are the stem,
    those after the last one the head, and one between two blocks belongs to the block before it.
    Sources: Howard and Ruder 2018, arXiv:1801.06146; Clark et al. 2020, arXiv:2003.10555.

    Args:
        model: a Sequential, Functional or subclassed model that has its weights.
        decay: in (0, 1].
        by: a regular expression, searched in the path of each layer. Its first group, or the whole match if it has
            none, is the name of the block.

    Raises:
        TypeError: ``model`` is not a Keras 3 model.
        ValueError: ``decay`` is out of its range, ``model`` has no weights to train yet, or ``by`` is not a regular
            expression or is found in no layer, or a multiplier is less than float32 can hold.

    Warns:
        OptimizerWarning: without ``by``, some layer has less than a thousandth of the rate; or ``by`` gives one name to
            layers with another block between them.

    Examples:
        >>> model = keras.applications.ResNet50(weights=None, input_shape=(32, 32, 3))
        >>> groups = layerwise_groups(model, 0.75, by=r"conv\d_block\d+")
        >>> len({group.learning_rate_multiplier for group in groups})  # the stem, 16 blocks and the head
        18
        >>> groups[0]
        ParamGroup(match='conv1_conv/', learning_rate_multiplier=0.00751694681821391)
    """
    check_is_model(model)
    if isinstance(decay, bool) or not isinstance(decay, numbers.Real) or not 0 < float(decay) <= 1:
        raise ValueError(f"decay must be a number in (0, 1], received {in_short(decay)}")
    pattern = None if by is None else _compiled(by)
    owned = _owned(model, pattern)
    if not owned:
        raise ValueError("the model has no weights to train: build it, for example with an Input, before this")
    blocks = {layer: layer for layer in owned} if pattern is None else _blocks(list(owned), pattern)
    from_input = {block: number for number, block in enumerate(dict.fromkeys(blocks.values()))}
    last = len(from_input) - 1
    smallest = float(decay) ** last
    if smallest < (SMALLEST if pattern else _SMALL):
        text = f"the first of {len(from_input)} {'blocks' if pattern else 'layers'} has {smallest:.1g} of the rate"
        remedy = _FEWER if pattern else _BY
        if smallest < SMALLEST:
            raise ValueError(f"{text}, which float32 cannot hold: {remedy}")
        warn(f"{text}: {remedy}")
    multipliers = {layer: float(decay) ** (last - from_input[block]) for layer, block in blocks.items()}
    return [
        ParamGroup(match=part.pattern, learning_rate_multiplier=multipliers[part.layer])
        for part in _most_specific_first(owned)
    ]


def _compiled(by: object) -> re.Pattern[str]:
    try:
        if isinstance(by, str) and by:
            return compiled_by_re(by)
        raise ValueError("must be a regular expression")
    except ValueError as error:
        raise ValueError(f"by {error}, received {by!r}") from None


def _owned(model: keras.Model, by: re.Pattern[str] | None) -> dict[str, list[str]]:
    """The path of each layer that counts, from the input to the head, and the paths of the variables it trains."""
    trained = {id(variable) for variable in model.trainable_variables}
    variables = dict.fromkeys(place.path for key, place in places_in(model).items() if key in trained)
    owned: dict[str, list[str]] = {layer: [] for layer in _layers_that_count(model, "", list(variables), by)}
    for variable in variables:
        around = [layer for layer in owned if variable.startswith(layer)]
        if around:
            owned[max(around, key=len)].append(variable)
        else:  # a weight of a model: to the first layer in there
            inside = variable[: variable.rfind("/") + 1]
            owned[next(layer for layer in owned if layer.startswith(inside))].append(variable)
    # A layer that is in several places has its variables in the first.
    return {layer: own for layer, own in owned.items() if own}


def _layers_that_count(layer: Any, path: str, variables: list[str], by: re.Pattern[str] | None) -> list[str]:
    """The paths of the layers inside of ``layer``; its own path if only ``layer`` itself has weights."""
    import keras

    found = []
    for sublayer in sublayers(layer):
        inner = f"{path}{sublayer.name}/"
        if not sublayer.trainable_variables:
            continue
        holds_blocks = by is not None and not by.search(inner[:-1]) and any(map(by.search, _within(inner, variables)))
        if isinstance(sublayer, keras.Model) or holds_blocks:
            found += _layers_that_count(sublayer, inner, variables, by)
        else:
            found.append(inner)
    return found or [path]


def _within(layer: str, variables: list[str]) -> list[str]:
    return [variable.rpartition("/")[0] for variable in variables if variable.startswith(layer)]


def _blocks(layers: list[str], by: re.Pattern[str]) -> dict[str, object]:
    """The block of each of ``layers``."""
    found = {layer: match for layer in layers if (match := by.search(layer[:-1]))}
    if not found:
        raise ValueError(f"by: {by.pattern!r} is found in no layer; {paths_like(by.pattern, layers, 'layers')}")
    names = {layer: (match[1] if by.groups else None) or match[0] for layer, match in found.items()}
    _warn_of_names_that_come_again(names, by)
    last = next(reversed(names))
    blocks: dict[str, object] = {}
    block: object = "stem"
    for layer in layers:
        if layer in names:
            block = ("block", names[layer])
        blocks[layer] = block
        if layer == last:
            block = "head"
    return blocks


def _warn_of_names_that_come_again(names: dict[str, str], by: re.Pattern[str]) -> None:
    first: dict[str, str] = {}
    before = None
    for layer, name in names.items():
        if name != before and name in first:
            warn(
                f"by={by.pattern!r} names {name!r} as the block of {first[name]!r} and of {layer!r}, with another "
                "block between them: if these are two blocks, let the pattern find more of the path",
            )
            return
        first.setdefault(name, layer)
        before = name


class _Part(NamedTuple):
    """Some of a layer's variables: all within a path, or a single one."""

    layer: str
    path: str
    is_variable: bool

    @property
    def pattern(self) -> str:
        return re.escape(self.path) + "$" * self.is_variable

    def finds(self, variable: str) -> bool:
        """Whether the pattern, beginning at any component, is found in the path of ``variable``."""
        if self.is_variable:
            return f"/{variable}".endswith(f"/{self.path}")
        return f"/{self.path}" in f"/{variable}"


def _most_specific_first(owned: dict[str, list[str]]) -> list[_Part]:
    """All layers in parts, ordered so that the first part that finds a variable belongs to the variable's own layer.

    The path ``"dense/"`` is also found in ``block/dense/kernel``, so ``"block/dense/"`` has to come before it. With
    the variables ``a/b/kernel`` and ``b/a/kernel``, ``"a/"`` and ``"b/"`` would each have to come before the other:
    each of their variables becomes a part of its own, and these can always be ordered.
    """
    one_by_one = {""}  # a model with no layers, which has no path to search for
    while True:
        parts: dict[_Part, list[str]] = {}
        for layer, variables in owned.items():
            inside = [] if layer in one_by_one else [each for each in variables if each.startswith(layer)]
            if inside:
                parts[_Part(layer, layer, is_variable=False)] = inside
            for variable in sorted({*variables}.difference(inside)):
                parts[_Part(layer, variable, is_variable=True)] = [variable]
        before = {
            part: {other for other, own in parts.items() if other != part and any(map(part.finds, own))}
            for part in parts
        }
        try:
            return list(TopologicalSorter(before).static_order())
        except CycleError as error:
            one_by_one |= {part.layer for part in error.args[1]}
