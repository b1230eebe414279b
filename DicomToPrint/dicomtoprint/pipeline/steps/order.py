"""Which steps there are and in which order they are done."""

from typing import TYPE_CHECKING

from ...config.registry import Registry
from ...config.run_settings import RunSettings
from ...errors import UsageError
from ...messages import _
from .step import PreparationStep

if TYPE_CHECKING:
    from ...printability import PrintProcess

# In the order in which they are done. `crop` and `cut` are the same cuts: the first where a side is kept.
STEPS: Registry[type[PreparationStep]] = Registry(
    _("preparation step"),
    "dicomtoprint.preparation_steps",
    {
        "scale and mirror": "pipeline.steps.scale:ScaleAndMirror",
        "wrap": "pipeline.steps.wrap:Wrap",
        "thicken": "pipeline.steps.thicken:Thicken",
        "hollow": "pipeline.steps.hollow:Hollow",
        "shell": "pipeline.steps.shell:Shell",
        "struts": "pipeline.steps.struts:Struts",
        "crop": "pipeline.steps.cut:Crop",
        "base": "pipeline.steps.base:Base",
        "label": "pipeline.steps.label:Label",
        "scale bar": "pipeline.steps.scale_bar:ScaleBar",
        "cut": "pipeline.steps.cut:Cut",
        "split": "pipeline.steps.split:Split",
        "join": "pipeline.steps.join:Join",
        "crumbs": "pipeline.steps.split:Crumbs",
        "orient": "pipeline.steps.orient:Orient",
        "scale compensation": "pipeline.steps.compensate:Compensate",
    },
)


def steps_in_order(settings: RunSettings) -> list[PreparationStep]:
    """All built-in steps, and of those of installed packages the ones that `settings.steps` name, each after the step that it follows.

    Raises `UsageError` for a name that no package brings, and for a step that follows one that does not exist.
    """
    steps = [STEPS.get(name)() for name in STEPS.names]
    for name, _value in settings.steps:
        if name in STEPS.names:
            continue  # built in, and asked for by ``--step``
        step = STEPS.get(name)()
        phase = [index for index, other in enumerate(steps) if other.phase is step.phase]
        before = [index for index in phase if not step.after or steps[index].name == step.after]
        if not before:
            raise UsageError(
                _(
                    "The preparation step '{name}' comes after '{after}', which is no step of its phase: update "
                    "its package.",
                    name=name,
                    after=step.after,
                )
            )
        steps.insert(max(before) + 1, step)
    return steps


def validate_steps(settings: RunSettings, process: "PrintProcess") -> None:
    """Raises `UsageError` for settings of preparation that contradict one another or cannot be done."""
    for step in steps_in_order(settings):
        step.validate(settings, process)


def needs_preparation(settings: RunSettings) -> bool:
    """True where a step of preparation is asked for."""
    return any(step.is_requested(settings) for step in steps_in_order(settings))


def needs_solid_steps(settings: RunSettings) -> bool:
    """True where a step of preparation is asked for that adds to the solid, or takes from it or turns it."""
    return any(step.uses_solids and step.is_requested(settings) for step in steps_in_order(settings))
