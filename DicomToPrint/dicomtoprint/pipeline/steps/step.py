"""What a step of preparation is, and what the steps of one model share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from ...config.run_settings import RunSettings
from ...errors import RefusedError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from ..displacements import displacement_summary
from ..joints import preparation_defaults

if TYPE_CHECKING:
    from ...preparation import LabelResult, LabelSlot, Plane, ScaleBarSize
    from ...printability import PrintProcess
    from ...reconstruction import ProcessingStep

# Used where a process names no limit of its own, mm.
EMBOSS_HEIGHT_MM, EMBOSS_WIDTH_MM = 0.8, 0.4
MIN_RELIEF_MM, MAX_RELIEF_MM = 0.5, 1.0


class Phase(Enum):
    """When a step is done: the frame of the print first, then its shape; what only moves finished parts comes last."""

    FRAME = "frame"
    SHAPE = "shape"
    PLACE = "place"


@dataclass
class PreparationState:
    """The model as it stands between two steps, and what they share.

    Parameters
    ----------
    settings
        The settings of the run, with places where the print has them.
    process
        The print process; its limits set clearances, hole diameters and letter sizes (mm).
    meshes
        The meshes of the model (LPS mm); steps replace them.
    defaults
        Sizes used where the settings name none (mm), as of `preparation_defaults`.
    labels
        The texts put on the model so far.
    slots
        Places that a base offers for texts, by the step that fills them.
    planes
        The planes of all cuts so far.
    done
        What was done, for the record.
    split_parts
        The meshes that were split, and how many parts were made of each.
    matrix
        (4, 4) from the patient to the print, LPS mm; None: they are the same.
    moved
        For each mesh the transform from the patient to the print; None: it was not moved.
    compensation
        The last of these transforms alone, where the printer's own scale is made up for.
    """

    settings: RunSettings
    process: "PrintProcess"
    meshes: list[Mesh]
    defaults: Mapping[str, float] = field(default_factory=preparation_defaults)
    labels: "list[LabelResult]" = field(default_factory=list)
    slots: "dict[str, LabelSlot]" = field(default_factory=dict)
    planes: "list[Plane]" = field(default_factory=list)
    done: "list[ProcessingStep]" = field(default_factory=list)
    split_parts: tuple[Sequence[Mesh], Sequence[int]] = ((), ())
    matrix: np.ndarray | None = None
    moved: list[np.ndarray | None] = field(default_factory=list)
    compensation: np.ndarray | None = None

    @property
    def relief_mm(self) -> float:
        """Height of raised and depth of engraved marks."""
        return max(min(self.process.limit("emboss_height_mm") or EMBOSS_HEIGHT_MM, MAX_RELIEF_MM), MIN_RELIEF_MM)

    @property
    def min_letter_height_mm(self) -> float:
        """The smallest letters whose strokes the process can still make."""
        from ...images.lettering import STROKE

        stroke_mm = self.process.limit("emboss_width_mm") or EMBOSS_WIDTH_MM
        return max(stroke_mm / STROKE, self.defaults["least_letters_mm"])

    @property
    def letter_height_mm(self) -> float:
        """The height that letters have where there is room."""
        return max(self.defaults["letters_mm"], self.min_letter_height_mm)

    @property
    def min_wall_mm(self) -> float:
        """The thinnest wall that the process prints: so much stays behind engraved marks."""
        return self.process.limit("wall_supported_mm") or self.defaults["least_wall_mm"]

    @property
    def scale_bar_size(self) -> "ScaleBarSize":
        """Sizes of a scale bar's lines and figures."""
        from ...preparation import ScaleBarSize

        return ScaleBarSize(*(self.defaults[f"scale_bar_{name}_mm"] for name in ("stroke", "tick", "letters")))

    def add_done(self, name: str, effect: str) -> None:
        """Note for the record what a step did."""
        from ...reconstruction import ProcessingStep

        self.done.append(ProcessingStep(name, effect))


class PreparationStep:
    """One step of preparation. A step of an installed package is asked for by ``--step NAME`` or ``--step NAME=VALUE``.

    Attributes
    ----------
    name
        Its name in the registry, and in the record unless it says otherwise.
    phase
        When it is done.
    after
        For a step of an installed package: the built-in step of the same phase that it follows; empty: all of them.
    uses_solids
        True where it adds to the solid, takes from it or turns it: with manifold3d.
    """

    name = ""
    phase = Phase.SHAPE
    after = ""
    uses_solids = True

    def is_requested(self, settings: RunSettings) -> bool:
        """True where the settings ask for it."""
        return self.name in dict(settings.steps)

    def value(self, settings: RunSettings) -> str:
        """VALUE of ``--step NAME=VALUE``; empty where none is given."""
        return dict(settings.steps).get(self.name, "")

    def is_due(self, settings: RunSettings) -> bool:
        """True where it runs: for most steps where it is requested."""
        return self.is_requested(settings)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        """Raises `UsageError` for settings of this step that contradict others or cannot be done, requested or not."""

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        """Do it on the model of `state`, in place. Raises `RefusedError` where it cannot keep its promise."""
        raise NotImplementedError


class SolidStep(PreparationStep):
    """A step that makes of one closed mesh another, for every mesh of the model or for the largest alone."""

    largest_mesh_only = False

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        """The changed mesh and what was done to it, in a few words. Raises `RefusedError`."""
        raise NotImplementedError

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        meshes = state.meshes
        indices = list(range(len(meshes)))
        if self.largest_mesh_only:
            indices = [max(indices, key=lambda index: meshes[index].volume)]
        for index in indices:
            mesh = meshes[index]
            try:
                meshes[index], effect = self.change(mesh, state, progress)
            except RefusedError as error:  # of seven steps, the sentence must say which
                raise RefusedError(_("{name}: {error}", name=self.name.capitalize(), error=error)) from error
            volumes = _("volume {volume:.0f} to {volume2:.0f} mm3", volume=mesh.volume, volume2=meshes[index].volume)
            displacement = displacement_summary([mesh], [meshes[index]])
            state.add_done(
                self.name,
                _(
                    "{mesh}: {effect}; {volumes}; {displacement}",
                    mesh=mesh.name,
                    effect=effect,
                    volumes=volumes,
                    displacement=displacement,
                ),
            )
