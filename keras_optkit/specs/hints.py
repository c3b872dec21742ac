"""Names as people write them, and the names that Keras uses today.

What somebody wrote is either a slip of the pen (``decay_stepz``), another library's or an older Keras's word
(``lr``, ``eps``, ``betas``), or something that an optimizer no longer takes (``decay``). Each gets the answer that
lets the writer go on.
"""

from __future__ import annotations

import contextlib
import difflib
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


def canonical(name: str) -> str:
    """The form in which names are compared: case and underscores do not count."""
    return name.replace("_", "").lower()


def nearest_first(name: str, known: Iterable[str]) -> list[str]:
    """All ``known`` names, those most like ``name`` first, equals in alphabetical order."""
    return sorted(known, key=lambda other: (-_likeness(name, other), other))


def explain_unknown_field(name: str, given: Mapping[str, object], spec: type[BaseModel]) -> tuple[str | None, str]:
    """The field of ``spec`` that ``name`` stands for, if one does, and the message to show.

    ``given`` is everything that was written for the spec, so that a message can use the other values.
    """
    fields = spec.model_fields
    word = canonical(name)
    for field in fields:
        if canonical(field) == word:
            return field, f"unknown field, did you mean {field!r}?"
    if word == "decay" and "learning_rate" in fields:
        rates = (value for other, value in given.items() if _means(other, "learning_rate"))
        return None, _instead_of_decay(given[name], next(rates, fields["learning_rate"].default))
    if word == "betas" and "beta_2" in fields:
        return "beta_1", "unknown field, in Keras these are two fields: 'beta_1' and 'beta_2'"
    for field in TODAY.get(word, ()):
        if field in fields:
            return field, f"unknown field, its name in Keras is {field!r}{_unit(word, field, given[name])}"
    if word in GONE:
        return None, f"unknown field: {GONE[word]}"
    best = nearest_first(name, fields)[0]
    if _likeness(name, best) >= 0.6:
        return best, f"unknown field, did you mean {best!r}?"
    return None, f"unknown field, {spec.__name__} has {', '.join(fields)}"


def _means(name: object, field: str) -> bool:
    word = canonical(str(name))
    return word == canonical(field) or field in TODAY.get(word, ())


def _unit(word: str, field: str, value: object) -> str:
    """What to say of a value whose unit is not that of the ``field`` it is meant for."""
    if field == "alpha":
        return ", which is a fraction of the first rate"
    if "epoch" in word:
        return f", which counts steps: write '{value} epochs'"
    return ""


def _likeness(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, canonical(name), canonical(other)).ratio()


def _instead_of_decay(decay: object, rate: object) -> str:
    """What did ``learning_rate / (1 + decay * step)`` in Keras 2, as an expression where the values allow one."""
    values = []
    for value in (rate, decay):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            # By way of its text, in which numpy.float32(0.1) is 0.1.
            values.append(float(str(value)))
    if len(values) == 2 and values[0] > 0 and 0 <= values[1] < math.inf:
        return (
            "Keras no longer has 'decay'; the same schedule is learning_rate=InverseTimeDecaySpec("
            f"initial_learning_rate={values[0]!r}, decay_steps=1, decay_rate={values[1]!r})"
        )
    return "Keras no longer has 'decay'; say it as the learning_rate: a schedule such as InverseTimeDecaySpec"


def _by_word(names: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """``{today's names: words}`` turned round, so that the table below can be read and written by meaning."""
    return {canonical(word): tuple(today.split()) for today, words in names.items() for word in words}


#: Words from elsewhere, by canonical spelling -> the names they may have in Keras; the first that a spec has is meant.
TODAY = _by_word(
    {
        "learning_rate initial_learning_rate max_learning_rate peak_learning_rate": (
            "lr", "eta", "base_lr", "init_lr", "initial_lr", "start_lr", "learning_rate",
            "initial_learning_rate", "init_value", "base_learning_rate",
        ),
        "learning_rate": (
            "schedule", "scheduler", "lr_schedule", "lr_scheduler", "learning_rate_schedule",
        ),
        "end_learning_rate alpha": (
            "min_lr", "end_lr", "final_lr", "eta_min", "min_learning_rate", "minimum_learning_rate",
            "final_learning_rate", "end_value",
        ),
        "max_learning_rate peak_learning_rate maximal_learning_rate warmup_target": (
            "max_lr", "peak_lr", "max_learning_rate", "peak_learning_rate", "maximal_learning_rate",
            "peak_value", "warmup_learning_rate",
        ),
        "epsilon epsilon_1": ("eps", "epsilon_hat", "adam_epsilon"),
        "beta_1 momentum rho": ("beta1", "b1", "adam_beta1", "momentum", "mu", "beta"),
        "beta_2 rho": ("beta2", "b2", "adam_beta2", "rho", "nu"),
        "rho learning_rate": ("alpha",),
        "weight_decay": ("wd", "l2", "weight_decay_rate", "decay_weight", "decoupled_weight_decay"),
        "clipnorm": ("clip_norm", "grad_clip_norm"),
        "clipvalue": ("clip_value", "clip_grad", "clip_grad_value", "clip"),
        "global_clipnorm": (
            "max_grad_norm", "max_norm", "clip_grad_norm", "gradient_clip_val", "gradient_clip",
            "grad_clip", "gradient_clip_norm", "global_clip_norm", "clip_global_norm",
        ),
        "use_ema": ("ema", "ema_enabled", "average", "use_moving_average"),
        "ema_momentum": ("ema_decay", "ema_rate", "average_decay", "moving_average_decay"),
        "ema_overwrite_frequency": ("ema_frequency", "ema_update_frequency", "ema_every"),
        "gradient_accumulation_steps": (
            "accumulation_steps", "accumulate_grad_batches", "accumulate_steps", "accum_steps",
            "grad_accum_steps", "gradient_accumulation", "gradient_accumulation_step",
        ),
        "loss_scale_factor": ("loss_scale", "initial_scale"),
        "decay_rate": ("gamma", "decay", "decay_factor", "rate"),
        "boundaries": ("milestones", "bounds", "drops"),
        "values": ("lrs", "rates", "learning_rates", "lr_values"),
        "decay_steps first_decay_steps total_steps": (
            "T_max", "T_0", "decay_steps", "total_steps", "num_steps", "max_steps", "step_size", "steps",
            "num_training_steps", "decay_epochs", "transition_steps", "period", "epochs", "lr_decay_steps",
        ),
        "t_mul": ("T_mult", "t_multiplier"),
        "m_mul": ("m_mult", "m_multiplier", "cycle_decay", "lr_mul"),
        "warmup_steps": ("num_warmup_steps", "warmup", "warmup_iters", "warmup_epochs", "warmup_length"),
        "power": ("exponent", "degree"),
        "learning_rate_multiplier": ("lr_mult", "lr_multiplier", "lr_scale", "learning_rate_scale", "multiplier"),
        "match": ("params", "pattern", "regex", "name", "names", "variables", "layers"),
        "exclude_from_weight_decay": ("no_decay", "exclude", "weight_decay_exclude", "exclude_from_decay"),
        "groups": ("param_groups", "parameter_groups", "layer_groups"),
        "nesterov": ("use_nesterov", "nesterov_momentum"),
        "type": ("class_name", "optimizer", "kind", "_target_", "cls", "identifier"),
    }
)  # fmt: skip

#: Words that no optimizer takes any more, or never took, -> what to do instead.
GONE = {
    canonical(word): text
    for words, text in (
        ("nesterov", "only SGD has 'nesterov'; Adam with Nesterov momentum is the Nadam optimizer"),
        ("amsgrad", "only Adam and AdamW have 'amsgrad'"),
        ("dampening", "Keras has no dampening; leave it out"),
        ("jit_compile", "jit_compile belongs to compile: compile_with(model, spec, jit_compile=...)"),
        ("is_legacy_optimizer experimental_run_tf_function", "a leftover of Keras 2; leave it out"),
        (
            "gradient_aggregator gradient_transformers experimental_aggregate_gradients",
            "Keras 3 has no such hook; clip with clipnorm, clipvalue or global_clipnorm",
        ),
        (
            "foreach fused capturable differentiable maximize",
            "a PyTorch option that Keras does not have; leave it out",
        ),
        ("parameters var_list params", "a spec knows no variables; compile_with(model, spec) brings them together"),
        ("config", "write the fields beside 'type', not inside 'config'"),
        ("module registered_name build_config", "a part of Keras's serialized form; leave it out"),
    )
    for word in words.split()
}
