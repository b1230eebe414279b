"""What the model stands on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...errors import UsageError
from ...mesh.core import Mesh
from ...messages import _, join
from ...progress import ProgressCallback
from ...text import pluralize
from .step import PreparationState, SolidStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class Base(SolidStep):
    """`add_base`, with room for the texts that it shall carry."""

    name = "base"
    largest_mesh_only = True

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.base

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        if settings.base_kind != RunSettings.base_kind and not settings.base:
            raise UsageError(_("{--base-kind} says what base it is: give {--base} too, or leave it out."))

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import BaseSize, add_base

        names = ("base_mm", "base_rim_mm", "base_sink_mm", "fillet_mm", "column_mm", "base_tilt_deg", "base_neck")
        size = BaseSize(*(state.defaults[name] for name in names))
        kind, texts = state.settings.base_kind, _texts_for_base(state)
        if texts:
            size = replace(size, thickness=max(size.thickness, state.relief_mm + state.min_wall_mm))
        result = add_base(mesh, kind, size, texts=tuple(texts.values()))
        state.slots.update(zip(texts, result.slots))
        how = [_("sunk in by {sunk_mm:.1f} mm", sunk_mm=result.sunk_mm)] if result.sunk_mm else []
        how += [_("carried by {columns}", columns=pluralize(result.columns, "column"))] if result.columns else []
        how += [] if result.held else [_("held on one side only: what hangs over may need support")]
        told = {
            "plate": _("a plate of {added_mm3:.0f} mm3 added, {how}"),
            "foot": _("a foot of {added_mm3:.0f} mm3 added, {how}"),
            "stand": _("a stand of {added_mm3:.0f} mm3 added, {how}"),
        }
        return result.mesh, told[kind].format(added_mm3=result.added_mm3, how=join(", ", how))


def _texts_for_base(state: PreparationState) -> dict[str, tuple[float, float]]:
    """Width and height in mm of the texts that the base shall carry, by the step that puts them there."""
    from ...preparation import scale_bar_extent, text_extent

    settings = state.settings
    texts: dict[str, tuple[float, float]] = {}
    if settings.base_kind == "foot":
        return texts
    if settings.label and settings.label_at is None:
        texts["label"] = text_extent(settings.label, state.letter_height_mm)
    if settings.scale_bar:
        texts["scale bar"] = scale_bar_extent(settings.scale_bar, state.scale_bar_size)
    return texts
