"""The names used by other libraries and older Keras versions, as data for hints."""

from __future__ import annotations

#: Names in Keras -> names for them elsewhere. If there are several in Keras, the first that the spec has is meant.
KERAS_NAMES = {
    "learning_rate initial_learning_rate max_learning_rate peak_learning_rate learning_rate_multiplier": (
        "lr", "eta", "base_lr", "init_lr", "initial_lr", "start_lr", "learning_rate",
        "initial_learning_rate", "init_value", "base_learning_rate", "start", "value",
    ),
    "learning_rate": (
        "schedule", "scheduler", "lr_schedule", "lr_scheduler", "learning_rate_schedule", "lr_scheduler_type",
        "lr_policy",
    ),
    "end_learning_rate alpha minimum": (
        "floor", "min_lr", "end_lr", "final_lr", "eta_min", "min_learning_rate", "minimum_learning_rate",
        "final_learning_rate", "end_learning_rate", "end_value", "end",
    ),
    "maximum": ("cap",),
    "max_learning_rate peak_learning_rate maximal_learning_rate warmup_target maximum learning_rate": (
        "max_lr", "peak_lr", "max_learning_rate", "peak_learning_rate", "maximal_learning_rate",
        "peak_value", "warmup_learning_rate",
    ),
    "initial_learning_rate": (
        "warmup_init_lr", "warmup_start_lr", "warmup_initial_learning_rate", "warmup_learning_rate_init",
    ),
    "epsilon epsilon_1": ("eps", "epsilon_hat", "adam_epsilon"),
    "beta_1 momentum rho": ("beta1", "b1", "adam_beta1", "momentum", "mu", "beta"),
    "beta_2 rho": ("beta2", "b2", "adam_beta2", "rho", "nu"),
    "rho learning_rate": ("alpha",),
    "weight_decay": ("wd", "weight_decay_rate", "decay_weight", "decoupled_weight_decay"),
    "l1_regularization_strength": ("l1", "l1_reg", "l1_regularization"),
    "l2_regularization_strength weight_decay": ("l2", "l2_reg", "l2_regularization"),
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
    "decay_steps first_decay_steps total_steps steps step_size": (
        "T_max", "T_0", "decay_steps", "total_steps", "num_steps", "max_steps", "step_size", "steps",
        "num_training_steps", "decay_epochs", "transition_steps", "period", "epochs", "lr_decay_steps",
    ),
    "t_mul": ("T_mult", "t_multiplier"),
    "m_mul": ("m_mult", "m_multiplier", "cycle_decay", "lr_mul"),
    "warmup_steps": ("num_warmup_steps", "warmup", "warmup_iters", "warmup_epochs", "warmup_length"),
    "power": ("exponent", "degree"),
    "shape": ("anneal_strategy", "curve", "interpolation", "warmup_method", "decay_type"),
    "learning_rate_multiplier": ("lr_mult", "lr_multiplier", "lr_scale", "learning_rate_scale", "multiplier"),
    "match": ("params", "pattern", "regex", "name", "names", "variables", "layers"),
    "exclude_from_weight_decay": ("no_decay", "exclude", "weight_decay_exclude", "exclude_from_decay"),
    "groups": ("param_groups", "parameter_groups", "layer_groups"),
    "nesterov": ("use_nesterov", "nesterov_momentum"),
}  # fmt: skip

#: Types -> names for them in PyTorch, timm, transformers, optax and older Keras versions.
TYPE_NAMES = {
    "CosineDecay": ("cosine", "cosine_annealing"),
    "CosineDecayRestarts": ("cosine_annealing_warm_restarts", "cosine_with_restarts", "cosine_restarts", "sgdr"),
    "ExponentialDecay": ("exponential", "exp", "step"),
    "PiecewiseConstantDecay": ("multi_step", "stepwise", "piecewise", "piecewise_constant", "milestones"),
    "PolynomialDecay": ("poly", "polynomial", "linear_decay"),
    "Ramp": ("linear",),
    "Constant": ("fixed",),
    "Warmup": ("linear_warmup", "constant_with_warmup", "cosine_with_warmup", "warmup_cosine"),
    "OneCycle": ("1cycle", "super_convergence"),
    "Cyclical": ("cyclic", "triangular"),
    "InverseSqrtDecay": ("noam", "inverse_sqrt", "rsqrt", "transformer"),
    "WarmupStableDecay": ("wsd", "trapezoidal"),
    "Join": ("sequential", "chained", "join_schedules"),
    "SGD": ("momentum", "nesterov", "gradient_descent", "sgdm", "sgdw"),
    "Nadam": ("nadamw",),
    "AdamW": ("bert_adam", "adam_weight_decay", "adamw_torch", "adamw_hf"),
    "ScheduleFreeAdamW": ("schedule_free", "adamw_schedule_free"),
}  # fmt: skip

#: Names of optimizers and schedules that Keras does not have -> the remedy.
NO_TYPES = (
    (
        "radam rectifiedadam lars novograd adabelief prodigy adan sophia shampoo lookahead adamod yogi ranger madgrad",
        "Keras does not have it, and the closest are AdamW, Lamb and ScheduleFreeAdamW",
    ),
    ("reducelronplateau plateau", "a schedule does not see metrics: use keras.callbacks.ReduceLROnPlateau"),
    (
        "lambda function custom learningrate",
        "write a subclass of ScheduleSpec with a method value(step), and register it with register_spec",
    ),
)

#: Arguments that an optimizer no longer has, or never had -> the remedy.
GONE = (
    ("class_name optimizer kind _target_ cls identifier", "'type' alone names the spec, so delete this"),
    (
        "warmup warmup_steps num_warmup_steps warmup_epochs warmup_iters warmup_ratio warmup_proportion",
        "a warm-up is a schedule: learning_rate=WarmupSpec(schedule=..., warmup_steps=...)",
    ),
    (
        "decay_steps total_steps num_training_steps max_steps lr_decay_steps decay_epochs T_max decay_rate staircase",
        "it belongs to a schedule: learning_rate=CosineDecaySpec(...), for example",
    ),
    (
        "floor min_lr eta_min min_learning_rate minimum_learning_rate minimum",
        "to put a floor under a schedule, use ClampSpec(schedule=..., minimum=...)",
    ),
    ("nesterov", "only SGD has 'nesterov'; Adam with Nesterov momentum is the Nadam optimizer"),
    ("amsgrad", "only Adam and AdamW have 'amsgrad'"),
    ("include_in_weight_decay", "every variable is decayed; list the exceptions in exclude_from_weight_decay"),
    (
        "offset",
        "to start a schedule later, make it a piece of a JoinSpec, or put a WarmupSpec without overlay before it",
    ),
    ("dampening", "Keras has no dampening; delete it"),
    (
        "jit_compile loss metrics loss_weights run_eagerly steps_per_execution",
        "it belongs to compile: compile_with(model, spec, {}=...)",
    ),
    ("is_legacy_optimizer experimental_run_tf_function", "Keras 3 removed it; delete it"),
    (
        "gradient_aggregator gradient_transformers experimental_aggregate_gradients",
        "Keras 3 has no such hook; clip with clipnorm, clipvalue or global_clipnorm",
    ),
    (
        "foreach fused capturable differentiable maximize",
        "it is an option of PyTorch that Keras does not have; delete it",
    ),
    ("parameters var_list params", "a spec has no variables; compile_with(model, spec) takes those of the model"),
    (
        "epochs num_epochs steps_per_epoch",
        "it belongs to the run: pass steps_per_epoch=... and epochs=... to compile_with, build_optimizer or describe",
    ),
    ("batch_size", "it belongs to fit; run_of(data, epochs=..., batch_size=...) counts the steps"),
    ("cycle_momentum base_momentum max_momentum", "a schedule changes the learning rate only; delete it"),
    ("stable_steps", "the stable phase is the rest of total_steps after warmup_steps and decay_steps; delete it"),
    ("last_epoch verbose", "Keras counts the steps itself; delete it"),
    (
        "d_model model_size",
        "the Transformer's schedule peaks at (d_model * warmup_steps) ** -0.5: set peak_learning_rate to that number",
    ),
    ("config kwargs args arguments options", "write the fields beside 'type', not inside {!r}"),
    ("module registered_name build_config", "it is a part of Keras's serialized form; delete it"),
)
