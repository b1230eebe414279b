"""Step 3: the closed surface, and how far it lies from the scan."""

from typing import Any

import qt

from dicomtoprint.messages import join

from . import widgets
from .answer_controls import ChecklistControls
from .i18n import format_figure
from .i18n import tr as _
from .step_view import StepView
from .texts import without_options


class SurfaceStep(StepView):
    """Deviation budget, figures, overlays and undo."""

    key = "model"
    tip = _("Make the closed surface of the anatomy.")

    def build_results(self) -> None:
        self.figures = widgets.text_label(selectable=True)
        self.layout.addWidget(self.figures)
        items = [
            ("", _("show plain colour")),
            ("Deviation", _("show deviation from the scan")),
            ("Provenance", _("show what was measured, what added")),
        ]
        self.overlay = widgets.combo_box(
            items,
            _("Colour the model by how far it lies from the scan, or by where its surface comes from."),
            self.action_slot(lambda key: self.panel.results.show_overlay(key, "model")),
            "modelOverlay",
        )
        self.undo = self.button(
            _("Undo"), _("Go back to the model before this one."), self.panel.undo_model, "undoModel"
        )
        self.layout.addLayout(widgets.hbox(self.overlay, self.undo))
        self.before = self.before_box(
            _("Show the model as it was given"), _("As it was before repair and simplification.")
        )
        self.layout.addWidget(self.before)
        self.checklist = ChecklistControls(self)

    def build_advanced(self) -> None:
        self.group, form = widgets.collapsible_form(_("Advanced"), self.layout)
        self.deviation = self.number(
            "max_deviation",
            0.0,
            5.0,
            0.05,
            _("How far smoothing and simplifying may move the surface."),
            _("as the use needs"),
        )
        form.addRow(_("Allowed deviation"), self.deviation)
        self.triangles = qt.QSpinBox()
        self.triangles.objectName = "triangles"
        self.triangles.setRange(1000, 5_000_000)
        self.triangles.singleStep = 50_000
        self.triangles.keyboardTracking = False
        self.triangles.toolTip = _("The file never has more triangles than this.")
        self.triangles.connect("valueChanged(int)", self.setting("triangles"))
        form.addRow(_("Most triangles"), self.triangles)
        tip = _("Repair a given model that is no closed surface; off: refuse it, and say why.")
        self.repair = self.check("repair", _("Repair a given model"), tip)
        form.addRow("", self.repair)
        self.mends = (
            self._mend(
                form,
                "max_loss",
                _("Repair may lose"),
                _("Repair of a given model: no piece may lie farther from the result than this."),
                _("as the process"),
            ),
            self._mend(
                form,
                "thicken_sheet",
                _("Thicken open sheets"),
                _("Repair of a given model: open sheets become solids of this thickness."),
                _("off"),
            ),
            self._mend(
                form,
                "drop_shells_below",
                _("Drop shells below"),
                _("Repair of a given model: loose shells smaller than this go."),
                _("off"),
            ),
        )
        self.group.collapsed = True
        self.clear()

    def _mend(self, form: Any, name: str, text: str, tip: str, off: str) -> tuple[str, Any]:
        """The name of a setting in mm and its field."""
        widget = self.number(name, 0.0, 50.0, 0.1, tip, off)
        form.addRow(text, widget)
        return name, widget

    def show_again(self) -> None:
        widgets.set_property_silently(self.before, "checked", False)
        self.panel.results.show_overlay(str(self.overlay.currentData), self.key)

    def refresh(self) -> None:
        settings = self.panel.settings
        widgets.set_property_silently(self.deviation, "value", settings.max_deviation or 0.0)
        widgets.set_property_silently(self.triangles, "value", settings.triangles)
        widgets.set_property_silently(self.repair, "checked", settings.repair)
        for name, widget in self.mends:
            widgets.set_property_silently(widget, "value", getattr(settings, name) or 0.0)
        self.undo.enabled = self.panel.can_undo_model()
        # Of a scan's model the anatomy is asked about where it was found, in step 2.
        is_made = self.panel.results.has_given_model() and self.panel.state.is_finished(self.key)
        self.checklist.ask("" if is_made else None)

    def clear(self) -> None:
        super().clear()
        for widget in (self.figures, self.overlay, self.before):
            widget.visible = False
        widgets.set_property_silently(self.before, "checked", False)

    def show(self, result: Any) -> str:
        lines = [format_surface_stats(mesh, figures) for mesh, figures in zip(result.meshes, result.figures)]
        self.figures.text = join("\n", [*lines, *map(without_options, result.notes)])
        self.figures.visible = self.overlay.visible = True
        self.before.visible = self.panel.results.has_given_model()
        widgets.set_property_silently(self.before, "checked", False)
        self.panel.results.keep_meshes("model", result.meshes, str(self.overlay.currentData))
        self.summary = _short_stats(result)
        valid = all(figures.get("valid", True) for figures in result.figures)
        widgets.update_badge(
            self.chip,
            "accept" if valid else "warn",
            _("closed surface") if valid else _("the surface still has defects; the print check names them"),
        )
        return "done"


def _short_stats(result: Any) -> str:
    """The model in a few words: triangles, and how far most of the surface lies from the scan at most."""
    text = _("{triangles} triangles").format(
        triangles=format_figure(sum(len(mesh.triangles) for mesh in result.meshes), ",")
    )
    far = [figures["p95_deviation_mm"] for figures in result.figures if figures.get("p95_deviation_mm") is not None]
    return text + (_(", 95 % within {p95} mm").format(p95=format_figure(max(far), ".2f")) if far else "")


def format_surface_stats(mesh: Any, figures: Any) -> str:
    """A mesh's figures in one line."""
    volume = figures.get("volume_mm3") or mesh.volume
    line = _("{name}: {volume} ml, {triangles} triangles").format(
        name=mesh.name, volume=format_figure(volume / 1000.0, ".1f"), triangles=format_figure(len(mesh.triangles), ",")
    )
    p95, largest = figures.get("p95_deviation_mm"), figures.get("max_deviation_mm")
    if p95 is not None and largest is not None:
        line += _("; 95 % within {p95} mm of the scan's boundary, at most {largest} mm").format(
            p95=format_figure(p95, ".2f"), largest=format_figure(largest, ".2f")
        )
    modelled = figures.get("provenance_area_percent", {}).get("modelled", 0.0)
    if modelled > 0.0:
        line += _("; {share} % of the surface are modelled walls").format(share=format_figure(modelled, ".1f"))
    return line
