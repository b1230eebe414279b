"""Text on the model."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...errors import UsageError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from .step import PreparationState, SolidStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class Label(SolidStep):
    """`add_label`: on the base, where that has a place for it."""

    name = "label"
    largest_mesh_only = True

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.label)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        from ...preparation import validate_text

        if settings.label is not None:
            validate_text(settings.label)
        elif settings.label_at or settings.label_raised:
            raise UsageError(
                _("{--label-at} and {--label-raised} are about a label: give {--label:TEXT} too, or leave them out.")
            )

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import add_label

        settings, relief = state.settings, state.relief_mm
        at = settings.label_at
        result = add_label(
            mesh,
            str(settings.label),
            state.letter_height_mm,
            relief,
            raised=settings.label_raised,
            place=None if at is None else (-at[0], -at[1], at[2]),
            smallest=state.min_letter_height_mm,
            wall=state.min_wall_mm,
            slot=state.slots.get("label"),
        )
        state.labels.append(result)
        kind = (
            _("raised {relief:g} mm", relief=relief)
            if settings.label_raised
            else _("engraved {relief:g} mm deep", relief=relief)
        )
        where = _(" on the base") if "label" in state.slots else ""
        return result.mesh, _(
            "'{result}' {kind}{where}, {width:.0f} x {height:.0f} mm",
            result=result.text,
            kind=kind,
            where=where,
            width=result.width,
            height=result.height,
        )
