"""``LearningRateMonitor``: the learning rate among the logs of training. Importing this module imports keras."""

from __future__ import annotations

from typing import Any, cast

import keras

from keras_optkit.runtime.grouped import Grouped


class LearningRateMonitor(keras.callbacks.Callback):
    """Puts the optimizer's current learning rate into ``logs`` under ``"learning_rate"``, as a float.

    It does so at the end of each batch and epoch, so that the progress bar, ``History``, ``CSVLogger`` and
    ``TensorBoard`` show it; callbacks after this one in the list see it. With groups, the rate of group ``match`` is
    under ``"learning_rate/match"``. After a step it is the rate of the next step, as in Keras's own callbacks.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the rates to the logs of the batch."""
        self._add_rates(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the rates to the logs of the epoch."""
        self._add_rates(logs)

    def _add_rates(self, logs: dict[str, Any] | None) -> None:
        if logs is None:
            return
        optimizer: Any = cast(keras.Model, self.model).optimizer
        rate = float(optimizer.learning_rate)
        logs["learning_rate"] = rate
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = optimizer.inner_optimizer
        if isinstance(optimizer, Grouped):
            for group in optimizer.groups:
                logs[f"learning_rate/{group.match}"] = rate * group.learning_rate_multiplier
