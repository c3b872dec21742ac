"""What a spec will do, before the run: its learning rates as numbers, as text and as a picture. Without TensorFlow."""

from keras_optkit.preview.describe import describe
from keras_optkit.preview.plot import plot_schedule
from keras_optkit.preview.rates import learning_rates

__all__ = ["describe", "learning_rates", "plot_schedule"]
