"""``LearningRateMonitor``: the learning rate among the logs of training. Imports keras only in functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.made_for import warn_of_another_run
from keras_optkit.runtime.parts import parts_of

if TYPE_CHECKING:
    from keras.callbacks import Callback
else:

    class Callback:
        """Stands for ``keras.callbacks.Callback`` until keras is imported."""


class LearningRateMonitor(Callback):
    """Keras callback that adds the optimizer's current learning rate to ``logs``, as a float.

    It does so at the end of each batch and epoch, under ``"learning_rate"``, so that the progress bar, ``History``,
    ``CSVLogger`` and ``TensorBoard`` show it; callbacks after this one in the list see it. After a step it is the rate
    of the next step, as in Keras's own callbacks.

    When training begins, it warns if ``fit`` has other epochs, or other steps per epoch, than those for which the
    durations of the spec became steps.

    With groups, the rate of the group that matches ``match`` is under ``"learning_rate/match"``. If
    several optimizers train the model, as with Keras's ``MultiOptimizer``, the rate of each is under
    ``"learning_rate/name"``, with the optimizer's name.

    Args:
        groups: whether to add the rates of groups. Layer-wise groups make a long progress bar.

    Examples:
        >>> ramp = RampSpec(initial_learning_rate=0.075, end_learning_rate=0.0, steps=3)
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model = compile_with(model, SGDSpec(learning_rate=ramp), loss="mse")
        >>> x, y = np.ones((32, 1)), np.ones((32, 1))  # one batch
        >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[LearningRateMonitor()])
        >>> [round(rate, 4) for rate in history.history["learning_rate"]]
        [0.05, 0.025, 0.0]
    """

    def __init__(self, *, groups: bool = True) -> None:
        self.become_callback()
        super().__init__()
        self.groups = groups

    @staticmethod
    def become_callback() -> None:
        """Makes this a class of Keras's callbacks, which it cannot be from the start without importing keras."""
        import keras

        LearningRateMonitor.__bases__ = (keras.callbacks.Callback,)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Compares the run that begins with the one that the optimizer was made for.

        Warns:
            OptimizerWarning: durations became steps for other ``steps_per_epoch`` or ``epochs`` than ``fit`` has.
        """
        model: Any = self.model
        params: Any = self.params or {}
        if model.optimizer is not None:
            for part in parts_of(model.optimizer):
                warn_of_another_run(part, params.get("steps"), params.get("epochs"))

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the rates to the logs of the batch."""
        self._add_rates(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the rates to the logs of the epoch."""
        self._add_rates(logs)

    def _add_rates(self, logs: dict[str, Any] | None) -> None:
        model: Any = self.model
        if logs is not None and model.optimizer is not None:
            logs.update(_rates(model.optimizer, self.groups))


def _rates(optimizer: Any, groups: bool) -> Iterator[tuple[str, float]]:
    """The rates of ``optimizer``, or of those in it, each with its key in the logs."""
    from keras_optkit.runtime.grouped import Grouped

    parts = parts_of(optimizer)
    names = [part.name for part in parts]
    for number, (part, name) in enumerate(zip(parts, names, strict=True)):
        key, rate = "learning_rate", float(part.learning_rate)
        if len(parts) > 1:
            key += f"/{name}" if names.count(name) == 1 else f"/{name}_{number}"
        yield key, rate
        if groups and isinstance(part, Grouped):
            for group in part.groups:
                yield f"{key}/{group.match}", rate * group.learning_rate_multiplier
