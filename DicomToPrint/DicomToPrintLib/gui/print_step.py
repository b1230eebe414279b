"""Step 4: how it will be printed, and whether the written file will print."""

from functools import partial
from typing import Any

import qt

from dicomtoprint.config.options import DEFAULT_KEEP_OUT_RADIUS_MM
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.messages import join

from ..mrml.models import with_origin
from . import widgets
from .findings_table import FindingsTable
from .i18n import format_figure
from .i18n import tr as _
from .markups_binding import MarkupsBinding, last_point
from .next_texts import findings_text
from .option_controls import OptionControls
from .preset_titles import builtin_presets, printers_for_process
from .quick_fixes import available_quick_fixes
from .step_view import StepView, node_selector
from .texts import verdict_text


class PrintStep(StepView):
    """Process, printer, verdict, findings that turn the views, one-click remedies and the tools of preparation."""

    key = "print"
    tip = _("Prepare the model, write it, read it back and judge what was written.")

    def build_controls(self) -> None:
        self.process = widgets.combo_box(
            builtin_presets("processes"),
            _("The print technology; its limits are used."),
            self.guarded_slot(self._process),
            "process",
        )
        self.form.addRow(_("Process"), self.process)
        self.printer = widgets.combo_box(
            [("", _("usual for the process"))],
            _("The build volume."),
            self.guarded_slot(lambda key: self.panel.change(printer=key or None)),
            "printer",
        )
        self.form.addRow(_("Printer"), self.printer)
        tip = _("Width x depth x height in mm of a printer that is not listed.")
        self.size = self.line("printer", tip, "printerSize", _("own size, such as 250x210x210"))
        self.form.addRow("", self.size)
        self.slicer = widgets.combo_box(
            [("", _("not asked")), *((name, name) for name in builtin_names("slicers"))],
            _("Ask a slicer that is installed here for printing time, material, layers and islands."),
            self.guarded_slot(lambda key: self.panel.change(slice_with=key or None)),
            "slicer",
        )
        self.form.addRow(_("Slicer"), self.slicer)

    def build_results(self) -> None:
        self.figures = widgets.text_label(selectable=True)
        self.layout.addWidget(self.figures)
        self.remedies = qt.QGridLayout()
        self.layout.addLayout(self.remedies)
        self.findings = FindingsTable(
            self.layout,
            "printFindings",
            self.action_slot(self.panel.results.go_to_place),
            self.action_slot(self.panel.copy),
            self.guarded_slot(self.panel.results.go_to_place),
        )
        items = [
            ("", _("show plain colour")),
            ("Wall", _("show wall thickness")),
            ("Provenance", _("show what was measured, what added")),
        ]
        self.overlay = widgets.combo_box(
            items,
            _("Colour the model by wall thickness or by where its surface comes from."),
            self.action_slot(lambda key: self.panel.results.show_overlay(key, "print")),
            "printOverlay",
        )
        self.layout.addWidget(self.overlay)
        tip = _("The model of step 3: as it was before it was thickened, hollowed or cut.")
        self.before = self.before_box(_("Show it before preparation"), tip)
        self.layout.addWidget(self.before)

    def build_advanced(self) -> None:
        self.group, self.tools = widgets.collapsible_form(_("Prepare the model"), self.layout)
        self.controls = OptionControls(self)
        for build in (
            self._build_size,
            self._build_walls,
            self._build_cuts,
            self._build_split,
            self._build_whole,
            self._build_marks,
        ):
            build(self.tools)
        self.group.collapsed = True
        self.clear()

    def _build_size(self, form: Any) -> None:
        for setting in ("scale", "mirror"):
            self.controls.add_row(form, setting)

    def _build_walls(self, form: Any) -> None:
        for setting in ("thicken", "hollow", "shell"):
            self.controls.add_row(form, setting)
        self.escape_holes = self.controls.add_row(form, "escape_holes")
        self.escape = MarkupsBinding(
            self.panel,
            "drain_hole_positions",
            _("Where the escape holes shall be, instead of the lowest place."),
            _("Hole"),
        )
        form.addRow(_("Places of holes"), self.escape.widget)

    def _build_cuts(self, form: Any) -> None:
        self.plane = node_selector(
            self.panel.watch, "vtkMRMLMarkupsPlaneNode", _("Cut by this plane of the scene."), "cutPlane"
        )
        self.cut = self.button(
            _("Cut here"),
            _("Cut along the chosen plane."),
            lambda: self.panel.add_cut(self.plane.currentNode()),
            "addCut",
        )
        self.uncut = self.button(_("No cuts"), _("Take all cuts back."), self.panel.no_cuts, "noCuts")
        form.addRow(_("Plane"), self.plane)
        form.addRow("", widgets.hbox(self.cut, self.uncut))
        self.cuts = widgets.text_label()
        form.addRow("", self.cuts)
        self.keeps = {
            side: widgets.check_box(
                text,
                _("Keep only this side of the cuts (front and back: of oblique planes); none ticked keeps every part."),
                self.guarded_slot(lambda on, side=side: self._keep(side, on)),
                f"keep-{side}",
            )
            for side, text in _sides().items()
        }
        kept = list(self.keeps.values())
        self.keep_label = widgets.text_label(_("Keep only"), wrap=False)
        form.addRow(self.keep_label, widgets.hbox(*kept[:4]))
        form.addRow("", widgets.hbox(*kept[4:]))

    def _build_split(self, form: Any) -> None:
        form.addRow(widgets.hbox(self.controls.make("split"), self.controls.make("pins")))
        self.joints = [
            self.controls.add_row(form, setting) for setting in ("joint", "fit", "pin_diameter", "joint_clearance")
        ]
        tip = _("Places that no cut of the split may come near, such as a fracture or a foramen.")
        self.avoid = MarkupsBinding(self.panel, "keep_out_regions", tip, _("Keep whole"), self._marked)
        form.addRow(_("Keep whole"), self.avoid.widget)
        self.margin = widgets.double_spin_box(
            1.0,
            200.0,
            1.0,
            " mm",
            _("How far from these places cuts stay."),
            self.guarded_slot(self._margin),
            "avoidMargin",
        )
        form.addRow(_("Distance of cuts"), self.margin)
        self.magnet_width = self._magnet("magnetDiameter", _("Diameter of round magnets across the cuts."))
        self.magnet_height = self._magnet("magnetHeight", _("Height of the magnets."))
        form.addRow(_("Magnets"), widgets.hbox(self.magnet_width, self.magnet_height))

    def _build_whole(self, form: Any) -> None:
        self.controls.add_row(form, "struts")
        form.addRow(widgets.hbox(self.controls.make("wrap"), self.controls.make("orient")))
        bases = [
            ("", _("none")),
            ("plate", _("flat plate")),
            ("foot", _("foot of the model's own outline")),
            ("stand", _("stand with columns")),
        ]
        self.base = widgets.combo_box(
            bases,
            _("What the model stands on."),
            self.guarded_slot(lambda key: self.panel.change(base=bool(key), base_kind=key or "plate")),
            "base",
        )
        form.addRow(_("Base"), self.base)

    def _build_marks(self, form: Any) -> None:
        tip = _("Text on the model. Put no patient's name on it unless you must.")
        self.label = self.line("label", tip, "labelText")
        self.raised = self.controls.make("label_raised")
        form.addRow(_("Label"), widgets.hbox(self.label, self.raised))
        self.label_at = MarkupsBinding(
            self.panel, "label_at", _("Put the label nearest to this point."), _("Label place"), last_point
        )
        form.addRow(_("Place of the label"), self.label_at.widget)
        self.controls.add_row(form, "scale_bar")
        self.controls.add_others(form)

    def show_again(self) -> None:
        widgets.set_property_silently(self.before, "checked", False)
        self.panel.results.show_overlay(str(self.overlay.currentData), self.key)

    def refresh(self) -> None:
        settings = self.panel.settings
        widgets.select_silently(self.process, settings.process)
        self._fill_printers(settings.process)
        widgets.select_silently(self.printer, settings.printer or "")
        listed_printer = settings.printer is None or self.printer.findData(settings.printer) >= 0
        widgets.set_text_silently(self.size, None if listed_printer else settings.printer)
        widgets.select_silently(self.slicer, settings.slice_with or "")
        self.controls.refresh(settings)
        cuts = [_("{axis} = {at:g} mm", axis=axis, at=at) for axis, at in settings.cuts]
        cuts += [
            _("oblique at {place}").format(place=", ".join(format_figure(v, ".0f") for v in plane[:3]))
            for plane in settings.oblique_cuts
        ]
        self.cuts.text = join(", ", cuts)
        self.cuts.visible = self.uncut.enabled = bool(cuts)
        for side, box in self.keeps.items():
            widgets.set_property_silently(box, "checked", side in settings.kept_sides)
            box.visible = self.keep_label.visible = bool(cuts)
        for widget, is_shown in (
            (self.escape_holes, settings.hollow is not None),
            (self.escape.widget, settings.hollow is not None),
            (self.avoid.widget, settings.split),
            (self.margin, settings.split),
            (self.label_at.widget, settings.label is not None),
            *((widget, settings.pins) for widget in self.joints),
        ):
            widgets.set_row_visible(self.tools, widget, is_shown)
        widgets.set_property_silently(
            self.margin,
            "value",
            settings.keep_out_regions[0][3] if settings.keep_out_regions else DEFAULT_KEEP_OUT_RADIUS_MM,
        )
        self.raised.enabled = settings.label is not None
        width, height = settings.magnets or (0.0, 0.0)
        widgets.set_property_silently(self.magnet_width, "value", width)
        widgets.set_property_silently(self.magnet_height, "value", height)
        widgets.select_silently(self.base, settings.base_kind if settings.base else "")
        widgets.set_text_silently(self.label, settings.label)

    def _magnet(self, name: str, tip: str) -> Any:
        return widgets.double_spin_box(
            0.0, 50.0, 0.5, " mm", tip, self.guarded_slot(lambda value: self._magnets()), name, _("none")
        )

    def _magnets(self) -> None:
        """Either size alone brings the other along: a magnet of 5 x 2 mm is a common one."""
        width, height = float(self.magnet_width.value), float(self.magnet_height.value)
        before = self.panel.settings.magnets
        if before is None and (width or height):
            self.panel.change(magnets=(width or 5.0, height or 2.0))
        else:
            self.panel.change(magnets=(width, height) if width and height else None)

    def _marked(self, places: Any) -> tuple[tuple[float, ...], ...]:
        return tuple((*place, float(self.margin.value)) for place in places)

    def _margin(self, value: float) -> None:
        self.panel.change(
            keep_out_regions=tuple((*place[:3], float(value)) for place in self.panel.settings.keep_out_regions)
        )

    def _keep(self, side: str, is_on: bool) -> None:
        kept = self.panel.settings.kept_sides
        self.panel.change(kept_sides=(*kept, side) if is_on else tuple(one for one in kept if one != side))

    def _fill_printers(self, process: str) -> None:
        widgets.set_items_silently(self.printer, [("", _("usual for the process")), *printers_for_process(process)])

    def _process(self, key: str) -> None:
        self.panel.change(process=key, printer=None)

    def clear(self) -> None:
        super().clear()
        widgets.clear_layout(self.remedies)
        self.findings.show(())
        for widget in (self.figures, self.overlay, self.before):
            widget.visible = False
        widgets.set_property_silently(self.before, "checked", False)

    def show(self, result: Any) -> str:
        readiness = result["readiness"]
        self.findings.show(readiness.findings)
        self.figures.text = format_mesh_stats(readiness.mesh)
        for widget in (self.figures, self.overlay, self.before):
            widget.visible = True
        widgets.set_property_silently(self.before, "checked", False)
        self.summary = _("{findings}, {verdict}").format(
            findings=findings_text(self.findings.count_of_weight), verdict=verdict_text(str(readiness.verdict))
        )
        widgets.update_badge(self.chip, str(readiness.verdict))
        self.panel.results.wall_limit = readiness.process.limit("wall_supported_mm")
        prepared = result["prepared"].model.meshes
        self.panel.results.keep_meshes(
            "print", with_origin(readiness.meshes, prepared) or prepared, str(self.overlay.currentData)
        )
        self.panel.results.keep_findings(
            "print-findings", _("Print findings"), readiness.findings, readiness.as_json(), with_places=True
        )
        widgets.clear_layout(self.remedies)
        for index, (text, change) in enumerate(available_quick_fixes(tuple(readiness.findings), self.panel.settings)):
            apply = partial(self.panel.apply_remedy, change)
            button = self.button(text, _("Set this and check again."), apply, "remedy-" + next(iter(change)))
            self.remedies.addWidget(button, index, 0)
        return "needs you" if readiness.verdict == "not-ready" else "done"


def _sides() -> dict[str, str]:
    """The sides of cuts that can be kept, in words."""
    return {
        "R": _("right"),
        "L": _("left"),
        "A": _("anterior"),
        "P": _("posterior"),
        "S": _("superior"),
        "I": _("inferior"),
        "front": _("front"),
        "back": _("back"),
    }


def format_mesh_stats(mesh: Any) -> str:
    """Size and counts of the written file in a few words."""
    bounds = mesh.get("bounds_mm")
    size = ""
    if bounds:
        size = _("{x} x {y} x {z} mm").format(
            x=format_figure(bounds[1] - bounds[0], ".1f"),
            y=format_figure(bounds[3] - bounds[2], ".1f"),
            z=format_figure(bounds[5] - bounds[4], ".1f"),
        )
    return _("{size}, {volume} ml, parts: {parts}, {triangles} triangles").format(
        size=size,
        volume=format_figure(float(mesh.get("volume_mm3") or 0.0) / 1000.0, ".1f"),
        parts=mesh.get("components", 0),
        triangles=format_figure(int(mesh.get("triangles") or 0), ","),
    )
