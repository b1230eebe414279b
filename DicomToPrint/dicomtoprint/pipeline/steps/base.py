"""What the model stands on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...errors import RefusedError, UsageError
from ...mesh.core import Mesh
from ...messages import _, join
from ...progress import ProgressCallback
from ...text import pluralize
from .step import PreparationState, SolidStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class Base(SolidStep):
    """`add_base`, with room for the texts that it shall carry: under the largest mesh, and under every other that nothing carries."""

    name = "base"
    largest_mesh_only = True

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.base

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        if settings.base_kind != RunSettings.base_kind and not settings.base:
            raise UsageError(_("{--base-kind} says what base it is: give {--base} too, or leave it out."))

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        largest = max(range(len(state.meshes)), key=lambda index: state.meshes[index].volume)
        super().apply(state, progress)
        if len(state.meshes) == 1:
            return
        from ...preparation.standing import meets_others, standing_apart

        left = []
        for index in standing_apart(state.meshes, largest):
            mesh = state.meshes[index]
            others = [other for number, other in enumerate(state.meshes) if number != index]
            try:
                made, effect = self._based(mesh, state, {})
            except RefusedError:
                left.append(mesh.name)
                continue
            if meets_others(made, mesh, others):
                left.append(mesh.name)
                continue
            state.meshes[index] = made
            state.add_done(self.name, _("{mesh}: {effect}", mesh=mesh.name, effect=effect))
        if left:
            told = _(
                "none under {names}: no base finds room there, so prepare it in a file of its own",
                names=join(", ", left),
            )
            state.add_done(self.name, told)

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        return self._based(mesh, state, _texts_for_base(state))

    def _based(self, mesh: Mesh, state: PreparationState, texts: dict[str, tuple[float, float]]) -> tuple[Mesh, str]:
        from ...preparation import BaseSize, add_base
        from ...preparation.standing import loose_pieces

        names = ("base_mm", "base_rim_mm", "base_sink_mm", "fillet_mm", "column_mm", "base_tilt_deg", "base_neck")
        size = BaseSize(*(state.defaults[name] for name in names))
        kind = state.settings.base_kind
        if texts:
            size = replace(size, thickness=max(size.thickness, state.relief_mm + state.min_wall_mm))
        result = add_base(mesh, kind, size, texts=tuple(texts.values()))
        state.slots.update(zip(texts, result.slots))
        how = [_("sunk in by {sunk_mm:.1f} mm", sunk_mm=result.sunk_mm)] if result.sunk_mm else []
        how += [_("carried by {columns}", columns=pluralize(result.columns, "column"))] if result.columns else []
        how += [] if result.held else [_("held on one side only: what hangs over may need support")]
        if loose := loose_pieces(result.mesh):
            how.append(_("{loose} of its loose pieces do not hang on it", loose=loose))
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
