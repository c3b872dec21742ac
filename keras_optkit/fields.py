"""The field types for your own specs: the ones that the package's specs use.

To write your own schedule, subclass ``ScheduleSpec``, with fields of these types and a method ``value``:

```python
from typing import Any

import numpy as np

from keras_optkit import ScheduleSpec, register_spec
from keras_optkit.fields import Rate, Steps, in_steps


@register_spec
class HalfLifeSpec(ScheduleSpec):
    initial_learning_rate: Rate
    half_life: Steps

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.initial_learning_rate * xp.power(0.5, step / in_steps(self.half_life))


print(HalfLifeSpec(initial_learning_rate="0.1", half_life=100).value(200))  # 0.025
```

| type | a field of this type accepts |
|---|---|
| `Rate`, `RateOrZero` | a learning rate per step, > 0 or >= 0; `scale_learning_rate` multiplies it |
| `LearningRate` | a rate > 0, or any schedule |
| `Steps`, `StepsOrZero` | a duration: a number of steps (batches), `"20 epochs"` or `"5%"` of the run |
| `Number`, `Positive`, `NonNegative` | a finite float, > 0, >= 0 |
| `Fraction`, `OpenFraction`, `Momentum` | a float in [0, 1], in (0, 1), in [0, 1) |
| `Count` | a whole number > 0 |
| `Flag` | true or false |
| `Listed[...]`, `Ordered[...]` | a list, kept as a tuple; `Ordered` is not empty |

For any other range, use ``Annotated[float, Range("(0, 0.5]")]`` or ``Annotated[int, Range("[1, 100]")]``.

``conflicts`` yields a ``Conflict(field, rule)`` for each broken rule between fields. In ``value``, use ``in_steps`` to
convert a duration to steps.
"""

from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import (
    Count,
    Flag,
    Fraction,
    Momentum,
    NonNegative,
    Number,
    OpenFraction,
    Positive,
    Range,
    Rate,
    RateOrZero,
    Steps,
    StepsOrZero,
)
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.lists import Listed, Ordered
from keras_optkit.specs.value import Conflict

__all__ = [
    "Conflict",
    "Count",
    "Flag",
    "Fraction",
    "LearningRate",
    "Listed",
    "Momentum",
    "NonNegative",
    "Number",
    "OpenFraction",
    "Ordered",
    "Positive",
    "Range",
    "Rate",
    "RateOrZero",
    "Steps",
    "StepsOrZero",
    "in_steps",
]
