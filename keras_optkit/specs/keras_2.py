"""Converts the optimizer configs of older Keras versions to today's arguments.

Optimizers of Keras before 2.11, and later those of ``keras.optimizers.legacy``, divide their rate by
``1 + decay * step`` and write each number as a float32. Source: ``OptimizerV2`` in Keras 2.15.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from keras_optkit.specs.base import Spec
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.schedules import InverseTimeDecaySpec, ScheduleSpec

#: The package under which Keras 2 registered its own optimizers.
CUSTOM = "Custom"
#: The package under which TensorFlow Addons registered its optimizers.
ADDONS = "Addons"
#: Its optimizers with weight decay -> the specs that train the same way.
OF_ADDONS = {"AdamW": "AdamWSpec", "SGDW": "SGDSpec"}
SCHEDULES_OF_KERAS_2 = {"LinearCosineDecay", "NoisyLinearCosineDecay"}

# Arguments that no optimizer has today.
_GONE = ("jit_compile", "is_legacy_optimizer")
_DECAYS = ("decay", "schedule_decay")  # schedule_decay is Nadam's name for it before 2.3
#: The defaults of Keras 2 that differ from today's.
_DEFAULTS: dict[str, dict[str, Any]] = {"Lion": {"learning_rate": 1e-4}, "RMSprop": {"ema_overwrite_frequency": 100}}
_SCALE = {"initial_scale": 2.0**15, "dynamic_growth_steps": 2000}
_UNSET = {"ema_momentum": 0.99}


def of_name_alone(name: str) -> dict[str, Any]:
    """The serialized form of an optimizer that ``compile`` got by ``name``: Keras 2 saves the name alone."""
    return {"class_name": name, "config": {"is_legacy_optimizer": False}}


def wrote_keras_2(config: object) -> bool:
    """Whether ``config`` is that of an optimizer of Keras 2.11 to 2.15."""
    return isinstance(config, Mapping) and "is_legacy_optimizer" in config


def modernized(cls: type[Spec], config: dict[Any, Any]) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
    """``config`` in today's arguments, and the arguments that have no equivalent, each with the reason."""
    fields = _DEFAULTS.get(cls._type, {}) | config if wrote_keras_2(config) else dict(config)
    not_kept: list[tuple[str, str]] = []
    if any(word in fields for word in ("lr", *_DECAYS)):
        if cls._type == "Adagrad" and "name" not in fields and "decay" in fields:
            fields.setdefault("initial_accumulator_value", 0.0)  # Keras before 2.4 always started at 0
        fields = {key: shortest(value) for key, value in fields.items()}
    if "lr" in fields:
        rate = fields.pop("lr")
        if fields.setdefault("learning_rate", rate) != rate:
            not_kept.append(("lr", f"differs from learning_rate, {in_short(fields['learning_rate'])}: delete one"))
    fields["learning_rate"] = shortest(fields.get("learning_rate", cls.model_fields["learning_rate"].default))
    for word in _DECAYS:
        if decay := fields.pop(word, None):
            not_kept += _decayed(cls, fields, word, decay)
    if cls._type == "Muon" and "muon_a" in fields and "rms_rate" not in fields:
        not_kept.append(("rms_rate", "Muon before Keras 3.13 scales its steps in a way that no spec can describe"))
    if fields.get("epsilon", 0) is None:  # Keras 2 then used its global default, which is the default of all specs
        del fields["epsilon"]
    if cls._type == "RMSprop" and not fields.get("use_ema") and fields.get("ema_overwrite_frequency") == 100:
        del fields["ema_overwrite_frequency"]  # the default up to Keras 3.3; it has no effect without use_ema
    return {key: value for key, value in fields.items() if key not in _GONE}, not_kept


def _decayed(cls: type[Spec], fields: dict[Any, Any], word: str, decay: object) -> list[tuple[str, str]]:
    """Adds the ``decay``, which Keras 2 calls ``word``, to ``fields``; returns the reason if that is not possible."""
    rate = fields["learning_rate"]
    if cls._type == "Nadam":
        if decay == 1:
            return []
        reason = (
            f"in Keras 2, {word}={in_short(decay)} of Nadam set how fast its momentum grows. Keras 3 always uses 1; "
            "delete it to train with that"
        )
    elif isinstance(rate, (Mapping, ScheduleSpec)):
        reason = (
            f"Keras 2 divides the rate of the schedule by 1 + {in_short(decay)} * step. No spec does that; write your "
            "own ScheduleSpec"
        )
    else:
        fields["learning_rate"] = {
            "type": InverseTimeDecaySpec._type,
            "initial_learning_rate": rate,
            "decay_steps": 1,
            "decay_rate": decay,
        }
        return []
    return [(word, reason)]


class LossScale(NamedTuple):
    """The contents of a ``LossScaleOptimizer``: an optimizer, and the factor if it is fixed."""

    inner: object
    fixed: object
    not_kept: list[str]


def loss_scale(config: Mapping[Any, Any]) -> LossScale:
    """The contents of a ``LossScaleOptimizer`` with this ``config``, of any Keras version."""
    rest = {key: value for key, value in config.items() if key != "name"}
    # TensorFlow before 2.4 used the keys "optimizer" and "loss_scale".
    inner = rest.pop("inner_optimizer", None) or rest.pop("optimizer", None)
    old: Any = rest.pop("loss_scale", None)
    if isinstance(old, Mapping) and isinstance(old.get("config"), Mapping):
        written = old["config"]
        rest["dynamic"] = "loss_scale_value" not in written
        rest["initial_scale"] = written.get("loss_scale_value", written.get("initial_loss_scale"))
        rest["dynamic_growth_steps"] = written.get("increment_period")
        if written.get("multiplier", 2) != 2:
            rest["multiplier"] = written["multiplier"]
    elif old is not None:
        rest["loss_scale"] = old
    scale, growth = (rest.pop(name, None) for name in _SCALE)
    if not rest.pop("dynamic", True):
        return LossScale(inner, scale, _lost(rest))
    adapting = zip(_SCALE.items(), (scale, growth), strict=True)
    return LossScale(inner, None, _lost(rest | {name: value for (name, usual), value in adapting if value != usual}))


def _lost(settings: Mapping[Any, Any]) -> list[str]:
    return [
        f"no spec has the {in_short(name)} of a LossScaleOptimizer, here {in_short(value)}; take the spec of its "
        "inner optimizer, and wrap the optimizer that you build from it"
        for name, value in settings.items()
        if value is not None and value is not False and value != _UNSET.get(name)
    ]


def shortest(value: Any) -> Any:
    """The shortest decimal with the same float32, if ``value`` is a float32 with all its digits; otherwise ``value``.

    For 0.0010000000474974513, this is 0.001.
    """
    if type(value) is not float:
        return value
    for digits in range(1, 10):
        number = float(f"{value:.{digits}g}")
        if _as_float32(number) == value:
            return number
    return value


def _as_float32(number: float) -> float | None:
    try:
        rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return None
    return rounded
