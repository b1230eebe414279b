"""Step 4: how it will be printed, and whether the written file will print."""

from functools import partial
from typing import Any

import qt
from slicer.i18n import tr as _

from . import parts
from .findings_view import FindingsView
from .names import listed, printers_of
from .remedies import offers
from .step import StepView, node_selector


class PrintStep(StepView):
    """Process, printer, verdict, findings that turn the views, one-click remedies and the tools of preparation."""

    key = "print"
    tip = _("Prepare the model, write it, read it back and judge what was written.")

    def build_controls(self) -> None:
        self.process = parts.combo(
            listed("Processes"), _("The print technology; its limits are used."), self.safe(self._process), "process"
        )
        self.form.addRow(_("Process"), self.process)
        self.printer = parts.combo(
            [("", _("usual for the process"))],
            _("The build volume."),
            self.safe(lambda key: self.panel.change(printer=key or None)),
            "printer",
        )
        self.form.addRow(_("Printer"), self.printer)

    def build_results(self) -> None:
        self.figures = parts.label(selectable=True)
        self.layout.addWidget(self.figures)
        self.remedies = qt.QGridLayout()
        self.layout.addLayout(self.remedies)
        self.findings = FindingsView(
            self.layout, "printFindings", self.safe(self.panel.results.go_to_place), self.safe(self.panel.copy)
        )
        items = [
            ("", _("show plain colour")),
            ("Wall", _("show wall thickness")),
            ("Provenance", _("show what was measured, what added")),
        ]
        self.overlay = parts.combo(
            items,
            _("Colour the model by wall thickness or by where its surface comes from."),
            self.safe(lambda key: self.panel.results.show_overlay(key, "print")),
            "printOverlay",
        )
        self.layout.addWidget(self.overlay)

    def build_advanced(self) -> None:
        self.group, form = parts.advanced(_("Prepare the model"), self.layout)
        self.thicken = self.number("thicken", 0.0, 20.0, 0.1, _("Thicken walls that are thinner than this."), _("off"))
        form.addRow(_("Thicken walls below"), self.thicken)
        self.hollow = self.number(
            "hollow", 0.0, 50.0, 0.5, _("Hollow the model to this wall, with holes to drain."), _("off")
        )
        form.addRow(_("Hollow to a wall of"), self.hollow)
        self.plane = node_selector("vtkMRMLMarkupsPlaneNode", _("Cut by this plane of the scene."), "cutPlane")
        self.cut = self.button(
            _("Cut here"),
            _("Cut along the chosen plane."),
            lambda: self.panel.add_cut(self.plane.currentNode()),
            "addCut",
        )
        self.uncut = self.button(_("No cuts"), _("Take all cuts back."), self.panel.no_cuts, "noCuts")
        form.addRow(_("Plane"), parts.row(self.plane, self.cut, self.uncut))
        self.cuts = parts.label()
        form.addRow("", self.cuts)
        self.boxes = {
            "split": self.check("split", _("Split to fit the printer"), _("Into the fewest parts that fit.")),
            "pins": self.check("pins", _("Pins across cuts"), _("Pins and holes that bring the parts together again.")),
            "struts": self.check(
                "struts",
                _("Struts between loose parts"),
                _("Bars that hold fragments in their place; coloured as added."),
            ),
            "base": self.check("base", _("Base"), _("A flat base to stand on.")),
            "wrap": self.check("wrap", _("Outer surface only"), _("Fill everything inside.")),
            "orient": self.check(
                "orient", _("Turn for printing"), _("Less overhang; the file then no longer lies as scanned.")
            ),
        }
        names = list(self.boxes)
        for first, second in zip(names[::2], names[1::2]):
            form.addRow(parts.row(self.boxes[first], self.boxes[second]))
        self.label = qt.QLineEdit()
        self.label.objectName = "labelText"
        self.label.toolTip = _("Text on the model. Put no patient's name on it unless you must.")
        self.label.connect(
            "editingFinished()", self.safe(lambda: self.panel.change(label=self.label.text.strip() or None))
        )
        form.addRow(_("Label"), self.label)
        self.group.collapsed = True
        self.clear()

    def refresh(self) -> None:
        settings = self.panel.settings
        parts.choose(self.process, settings.process)
        self._fill_printers(settings.process)
        parts.choose(self.printer, settings.printer or "")
        parts.put(self.thicken, "value", settings.thicken or 0.0)
        parts.put(self.hollow, "value", settings.hollow or 0.0)
        for name, box in self.boxes.items():
            parts.put(box, "checked", getattr(settings, name))
        cuts = [f"{axis} = {at:g} mm" for axis, at in settings.cuts]
        cuts += [_("oblique at {place}").format(place=", ".join(f"{v:.0f}" for v in plane[:3])) for plane in settings.planes]
        self.cuts.text = ", ".join(cuts)
        self.cuts.visible = self.uncut.enabled = bool(cuts)
        if not self.label.hasFocus():
            parts.put(self.label, "text", settings.label or "")

    def _fill_printers(self, process: str) -> None:
        wanted = [("", _("usual for the process")), *printers_of(process)]
        box = self.printer
        if [str(box.itemData(index)) for index in range(box.count)] == [key for key, _title in wanted]:
            return
        was = box.blockSignals(True)
        box.clear()
        for key, text in wanted:
            box.addItem(text, key)
        box.blockSignals(was)

    def _process(self, key: str) -> None:
        self.panel.change(process=key, printer=None)

    def clear(self) -> None:
        super().clear()
        parts.clear(self.remedies)
        self.findings.show(())
        for widget in (self.figures, self.overlay):
            widget.visible = False

    def show(self, result: Any) -> str:
        readiness = result["readiness"]
        self.findings.show(readiness.findings)
        self.figures.text = mesh_line(readiness.mesh)
        for widget in (self.figures, self.overlay):
            widget.visible = True
        parts.show_chip(self.chip, str(readiness.verdict))
        self.panel.results.keep_meshes(
            "print", readiness.meshes or result["prepared"].model.meshes, str(self.overlay.currentData)
        )
        self.panel.results.keep_findings(
            "print-findings", _("Print findings"), readiness.findings, readiness.as_json(), with_places=True
        )
        parts.clear(self.remedies)
        for index, (text, change) in enumerate(offers(tuple(readiness.findings), self.panel.settings)):
            apply = partial(self.panel.apply_remedy, change)
            button = self.button(text, _("Set this and check again."), apply, "remedy-" + next(iter(change)))
            self.remedies.addWidget(button, index // 2, index % 2)
        return "needs you" if readiness.verdict == "not-ready" else "done"


def mesh_line(mesh: Any) -> str:
    """Size and counts of the written file in a few words."""
    bounds = mesh.get("bounds_mm")
    size = ""
    if bounds:
        size = _("{x} x {y} x {z} mm").format(
            x=f"{bounds[1] - bounds[0]:.1f}", y=f"{bounds[3] - bounds[2]:.1f}", z=f"{bounds[5] - bounds[4]:.1f}"
        )
    return _("{size}, {volume} ml, {parts} part(s), {triangles} triangles").format(
        size=size,
        volume=f"{float(mesh.get('volume_mm3') or 0.0) / 1000.0:.1f}",
        parts=mesh.get("components", 0),
        triangles=f"{int(mesh.get('triangles') or 0):,}",
    )
