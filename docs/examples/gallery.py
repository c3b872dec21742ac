"""Draw the pictures of the guide, each from the code that stands above it.

They are those of the gallery in ``docs/schedules.md`` and the one of ``docs/index.md``, which the README shows too.
Run it with ``python docs/examples/gallery.py``. It writes ``docs/images/*.png``, the same bytes every time.
"""

import re
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

import keras_optkit
from keras_optkit import ScheduleSpec, plot_schedule
from keras_optkit.specs.registry import registered

DOCS = Path(__file__).parents[1]
# A heading, a sentence, the code of a spec, and the picture.
ENTRY = re.compile(r"^### (\w+)\n\n[^#]*?^```python\n(.*?)^```\n\n!\[.*?\]\((.*?)\)$", re.MULTILINE | re.DOTALL)


def read_gallery() -> dict[Path, ScheduleSpec]:
    """The schedules of the gallery, each under the file of its picture."""
    _, gallery = (DOCS / "schedules.md").read_text(encoding="utf-8").split("\n## Gallery\n")
    schedules = {}
    for heading, code, picture in ENTRY.findall(gallery):
        spec = eval(code, vars(keras_optkit).copy())
        assert spec.type == heading, f"{spec.type} stands under the heading {heading}"
        schedules[DOCS / picture] = spec
    return schedules


def draw(spec: ScheduleSpec, picture: Path) -> None:
    """Write the ``picture`` of ``spec``: over the same run and on the same scale for all of them."""
    figure = Figure(figsize=(4.8, 2.8), dpi=100, layout="constrained")
    axes = plot_schedule(spec, steps_per_epoch=100, epochs=10, ax=figure.subplots())
    axes.set_title("")  # the heading in the text says it
    axes.set_ylim(0, 0.105)
    figure.savefig(picture, metadata={"Software": None})  # else matplotlib's version would be in the file


def draw_start() -> Path:
    """Write the picture of ``index.md``: the learning rate of the spec there."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("optimizer = ")[0], names)
    figure = Figure(figsize=(7, 2.8), dpi=100, layout="constrained")
    plot_schedule(names["spec"], steps_per_epoch=85, epochs=20, ax=figure.subplots()).set_title("")
    picture = DOCS / "images" / "start.png"
    figure.savefig(picture, metadata={"Software": None})
    return picture


def main() -> None:
    """Draw every schedule that the package has."""
    schedules = read_gallery()
    missing = registered(ScheduleSpec).keys() - {spec.type for spec in schedules.values()}
    assert not missing, f"the gallery lacks {missing}"
    for picture, spec in schedules.items():
        picture.parent.mkdir(exist_ok=True)
        draw(spec, picture)
        print(picture)
    print(draw_start())


if __name__ == "__main__":
    main()
