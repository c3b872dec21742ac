"""Draw the pictures of the guide, each from the code above it.

There is one for each schedule in ``docs/gallery.md``, one for the section on warm-ups of ``docs/schedules.md``, one for
``docs/index.md`` and the README, and one for the range test in ``docs/recipes.md``.
Run it with ``python docs/examples/gallery.py``. It writes ``docs/images/*.png``, with the same bytes every time on one
machine.
"""

import re
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

import keras_optkit
from keras_optkit import ScheduleSpec, learning_rates, plot_schedule

DOCS = Path(__file__).parents[1]
# A heading, a sentence, the code of a spec, and the picture.
ENTRY = re.compile(
    r"^## (\w+)\n\n[^#]*?^```python\n(.*?)^```\n\n!\[.*?\]\((.*?)\)$", re.MULTILINE | re.DOTALL
)

# Grey can be read on white and on black, so that the pictures suit light and dark pages.
GREY = "#808080"
STYLE: Any = {  # matplotlib types each key
    "savefig.transparent": True,
    **dict.fromkeys(
        ["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"], GREY
    ),
}


def read_gallery() -> dict[Path, ScheduleSpec]:
    """Return the schedules of the gallery by the file of their picture."""
    gallery = (DOCS / "gallery.md").read_text(encoding="utf-8")
    schedules = {}
    for heading, code, picture in ENTRY.findall(gallery):
        spec = eval(code, vars(keras_optkit).copy())
        assert spec.type == heading, f"{spec.type} is under the heading {heading}"
        schedules[DOCS / picture] = spec
    return schedules


def draw(spec: ScheduleSpec, picture: Path) -> None:
    """Save the ``picture`` of ``spec``. All pictures have the same run and the same scale."""
    figure = Figure(figsize=(4.8, 2.8), dpi=100, layout="constrained")
    axes = plot_schedule(spec, steps_per_epoch=100, epochs=10, ax=figure.subplots())
    axes.set_title("")  # the text has a heading
    axes.set_ylim(0, 0.105)
    # Without this, the file contains matplotlib's version.
    figure.savefig(picture, metadata={"Software": None})


def draw_overlay() -> Path:
    """Save the picture of one schedule with both kinds of warm-up, and return its path."""
    names = vars(keras_optkit).copy()
    text = (
        (DOCS / "schedules.md")
        .read_text(encoding="utf-8")
        .split("\n### Before the schedule or over it\n")[1]
    )
    exec(text.split("```python\n")[1].split("```")[0], names)
    figure = Figure(figsize=(7, 3.2), dpi=100, layout="constrained")
    axes = figure.subplots()
    plot_schedule(names["before"], steps_per_epoch=100, epochs=10, ax=axes).set_title("")
    axes.lines[0].set_label("before: schedule(step - warmup_steps)")
    for name, label, style in (
        ("over", "over, overlay=True: schedule(step)", "-"),
        ("cosine", "the schedule alone", ":"),
    ):
        axes.plot(
            learning_rates(names[name], steps_per_epoch=100, epochs=10), style, label=label
        )
    axes.axvline(300, color=GREY, linewidth=0.8)
    axes.annotate(" end of the warm-up", (300, 0.003), color=GREY)
    axes.set_ylim(0, 0.15)
    axes.legend(loc="upper right", frameon=False)
    picture = DOCS / "images" / "warmup_overlay.png"
    figure.savefig(picture, metadata={"Software": None})
    return picture


def draw_start() -> Path:
    """Save the picture of ``index.md``, the learning rate of its spec, and return its path."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    names = vars(keras_optkit).copy()
    section = text.split("\n## See the curve before you train\n")[1]
    exec(section.split("```python\n")[1].split("```")[0], names)
    figure = Figure(figsize=(7, 2.8), dpi=100, layout="constrained")
    axes = plot_schedule(names["schedule"], steps_per_epoch=57, epochs=10, ax=figure.subplots())
    axes.set_title("")
    picture = DOCS / "images" / "start.png"
    figure.savefig(picture, metadata={"Software": None})
    return picture


def draw_range_test() -> Path:
    """Save the picture of the range test in ``recipes.md``, which trains for it, and return its path."""
    text = (
        (DOCS / "recipes.md")
        .read_text(encoding="utf-8")
        .split("\n## Finding a learning rate\n")[1]
    )
    picture = DOCS / "images" / "range_test.png"
    names: dict[str, Any] = {}
    exec(
        text.split('"range_test.py"\n')[1]
        .split("```")[0]
        .replace('"range_test.png"', f'"{picture}"'),
        names,
    )
    return picture


def main() -> None:
    """Draw every schedule of the package."""
    schedules = read_gallery()
    public = [
        getattr(keras_optkit, name) for name in keras_optkit.__all__ if name.endswith("Spec")
    ]
    names = {
        cls.model_fields["type"].default
        for cls in public
        if issubclass(cls, ScheduleSpec) and not cls.is_kind
    }
    missing = names - {spec.type for spec in schedules.values()}
    assert not missing, f"the gallery lacks {missing}"
    with rc_context(STYLE):
        for picture, spec in schedules.items():
            picture.parent.mkdir(exist_ok=True)
            draw(spec, picture)
            print(picture)
        print(draw_overlay())
        print(draw_start())
        print(draw_range_test())


if __name__ == "__main__":
    main()
