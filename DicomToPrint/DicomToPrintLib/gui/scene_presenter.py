"""What the panel puts into the scene and takes from it; the panel's own hands on nodes."""

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import slicer

from dicomtoprint.config.options import settings_of_step
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import InputError, OutputError, UsageError
from dicomtoprint.rules import Finding

from ..mrml import extension_backends, models, segmentations, step_nodes, views, volumes
from ..mrml.findings_nodes import show_marks_of
from ..mrml.markups import plane_ras
from ..mrml.scene import node_or_none
from .background import in_background, in_turns
from .i18n import format_figure
from .i18n import tr as _
from .panel_context import PanelContext
from .scan_source import current_database
from .step_results import SEGMENTATION_PLACEHOLDER

# Attributes of the segmentation that step 2 made: its voxels then, and what was chosen.
CONTENT_HASH_ATTRIBUTE = "DicomToPrint.Content"
SETTINGS_ATTRIBUTE = "DicomToPrint.MadeWith"


class ScenePresenter:
    """Nodes of the job: made by the steps, read back from the user's hands."""

    def __init__(self, panel: PanelContext) -> None:
        self._panel = panel
        self._delivered: tuple[Path, ...] = ()
        self.wall_limit: float | None = None  # mm, of the process that was last checked for

    @property
    def _scene(self) -> Any:
        return slicer.mrmlScene

    @property
    def _job_name(self) -> str:
        return _("DicomToPrint")

    # -- results -----------------------------------------------------------------------------------------------------

    def keep_findings(
        self, role: str, name: str, findings: Sequence[Finding], content: Mapping[str, Any], with_places: bool
    ) -> None:
        """Table, JSON and places of a step's findings."""
        titles = (
            _("Rule"),
            _("Outcome"),
            _("Severity"),
            _("Measured"),
            _("Limit"),
            _("Where"),
            _("Message"),
            _("Remedy"),
        )
        step_nodes.show_findings(self._scene, self._job_name, role, name, findings, content, titles, with_places)

    def keep_anatomy(self, segmentation: Any) -> Any:
        """The result as a segmentation node; what the user gave or edited stays theirs."""
        parameters = self._panel.parameters
        given = node_or_none(parameters.given) or (
            node_or_none(parameters.segmentation) if self._panel.job.has("edited") else None
        )
        if given is not None:
            parameters.segmentation = given
            return given
        volume = self.volume_node() or self._opened_volume()
        node = step_nodes.show_anatomy(self._scene, self._job_name, _("Anatomy to print"), segmentation, volume)
        parameters.segmentation = node
        node.SetAttribute(CONTENT_HASH_ATTRIBUTE, self._panel.job.load("content"))
        node.SetAttribute(SETTINGS_ATTRIBUTE, self._anatomy_settings())
        return node

    def _anatomy_settings(self) -> str:
        """What is chosen for the anatomy, as an attribute of the node that it makes."""
        settings = self._panel.settings
        return json.dumps([getattr(settings, name) for name in settings_of_step("anatomy")])

    def geometry_note(self) -> str:
        """A sentence where the loaded volume does not lie where the files say; empty where it does."""
        volume = node_or_none(self._panel.parameters.volume)
        if volume is None or not self._panel.job.has("grid"):
            return ""
        offset = volumes.max_corner_distance(volume, *self._panel.job.load("grid"))
        if offset is None:
            return _("The loaded volume has another grid than its files; the model follows the files.")
        if offset > 0.05:
            return _(
                "The loaded volume lies up to {offset} mm away from where its files say; the model follows the files."
            ).format(offset=format_figure(offset, ".1f"))
        return ""

    def _opened_volume(self) -> Any:
        """A scan that came from a folder or was not loaded is put into the scene, so that there is something to look
        at.
        """
        opened = self._panel.job.load("opened")
        series = opened.series.series if opened.series is not None else None
        node = volumes.volume_to_node(opened.volume, self._scene, _("Scan"), series)
        self.keep_scan(node)
        views.show_volume(node)
        return node

    def keep_scan(self, node: Any) -> None:
        """The chosen scan as a node, in place of another that the panel put into the scene."""
        step_nodes.remove_step_nodes(self._scene, self._job_name, "scan-volume")
        step_nodes.add_to_run_folder(self._scene, self._job_name, node, "scan-volume")

    def keep_meshes(self, role: str, meshes: Sequence[Any], overlay: str) -> None:
        """Model nodes; the model step's own are hidden behind those of the print step."""
        made = step_nodes.add_meshes(self._scene, self._job_name, meshes, role, self._overlay(overlay))
        other = "model" if role == "print" else "print"
        if role == "model":
            step_nodes.remove_step_nodes(self._scene, self._job_name, other)
        else:
            for node in step_nodes.nodes_of_step(self._scene, self._job_name, other):
                node.SetDisplayVisibility(False)
        if made and role == "model":
            anatomy = self.anatomy_node()
            if anatomy is not None and anatomy.GetDisplayNode() is not None:
                anatomy.GetDisplayNode().SetVisibility3D(False)
            given = node_or_none(self._panel.parameters.model)
            if given is not None:
                given.SetDisplayVisibility(False)
        # Each of these is drawn in every view.
        turned = [views.show_models] if made and role == "model" else []
        in_turns(*map(self._panel.guarded_slot, [*turned, lambda: models.show_in_slices(made)]))

    def _overlay(self, key: str) -> models.ScalarOverlay | None:
        titles = {"Deviation": _("Deviation (mm)"), "Wall": _("Wall (mm)"), "Provenance": _("Where from")}
        names = (_("measured"), _("bridged"), _("cut"), _("added"), _("modelled"))
        return models.default_overlays(titles, names, *([self.wall_limit] if self.wall_limit else [])).get(key)

    def show_overlay(self, key: str, role: str) -> None:
        """Colour the models of a step."""
        nodes, legend = step_nodes.nodes_of_step(self._scene, self._job_name, role), True
        coloured = []
        for node in nodes:  # metal has no boundary to deviate from
            coloured.append(models.show_overlay(node, self._overlay(key), with_legend=legend))
            legend = legend and not coloured[-1]
        if nodes and not any(coloured):
            raise InputError(_("This model does not carry that colouring: run the step again."))

    def has_given_model(self) -> bool:
        """True where a model of the scene takes the place of a scan."""
        return self._panel.state is not None and node_or_none(self._panel.parameters.model) is not None

    def show_before(self, role: str, is_before: bool) -> None:
        """A step's models as they were before it, or its result."""
        own, given = step_nodes.nodes_of_step(self._scene, self._job_name, role), self._panel.parameters.model
        before = (
            [node_or_none(given)] if role == "model" else step_nodes.nodes_of_step(self._scene, self._job_name, "model")
        )
        models.show_instead(before if is_before else own, own if is_before else before)

    def turn_to(self, step: str) -> None:
        """What belongs to a step is seen: its models, and neither marks nor legends of another."""
        role = {"model": "model", "print": "print", "files": "print"}.get(step, "")
        step_nodes.turn_to(self._scene, self._job_name, role)

    def keep_review(self, path: Path, limit: float | None) -> None:
        """The model in the colours of how far the printed part lies from it, in place of the others."""
        overlay = models.part_overlay(_("Part from model (mm)"), limit or 0.5)
        step_nodes.show_review(self._scene, self._job_name, path, overlay)

    # -- places ------------------------------------------------------------------------------------------------------

    def go_to_slice(self, finding: Finding) -> None:
        """Slice views to the first slice that a scan's finding names."""
        volume = self.volume_node()
        if not finding.places or volume is None:
            raise InputError(_("This finding names no slice of a loaded volume."))
        point = views.slice_center(volume, finding.places[0])
        if point is None:
            raise InputError(_("The loaded volume has no such slice."))
        views.jump_slices(self._scene, point)

    def go_to_place(self, finding: Finding) -> None:
        """Every view to the first place of a print's finding, and its mark shown."""
        if not finding.places:
            raise InputError(_("This finding concerns the whole model: it has no single place."))
        views.jump_slices(self._scene, finding.places[0])
        views.jump_cameras(self._scene, finding.places[0])
        for node in step_nodes.nodes_of_step(self._scene, self._job_name, "print-findings"):
            if node.IsA("vtkMRMLMarkupsNode") and node.GetDisplayNode() is not None:
                show_marks_of(node, finding)

    def restore(self, step: str) -> bool:
        """Take a step's result from the nodes of a reopened scene; False where they do not hold it whole.

        The scan itself is opened and judged again by the step that needs it.
        """
        if step == "scan":
            return True
        if step not in ("anatomy", "model"):
            return False
        segmentation, volume, job = self.anatomy_node(), self.volume_node(), self._panel.job
        if segmentation is None or volume is None:
            return False
        if not job.has("anatomy"):
            grid = volumes.volume_from_node(volume)
            job.save("anatomy", replace(segmentations.segmentation_from_node(segmentation, grid), volume=grid))
        model = step_nodes.restore_model(self._scene, self._job_name) if step == "model" else None
        if model is not None:
            job.save("model", model)
        return step == "anatomy" or model is not None

    # -- nodes of the user -------------------------------------------------------------------------------------------

    def anatomy_node(self) -> Any:
        """The segmentation that is worked on."""
        return node_or_none(self._panel.parameters.segmentation) if self._panel.state is not None else None

    def volume_node(self) -> Any:
        """The chosen volume, or the scan that was put into the scene."""
        if self._panel.state is None:
            return None
        found = step_nodes.nodes_of_step(self._scene, self._job_name, "scan-volume")
        return node_or_none(self._panel.parameters.volume) or (found[0] if found else None)

    def given_segmentation(self) -> Any:
        """The user's own or edited segmentation as labels, or None where the anatomy is to be found automatically.

        An edited one lies on the grid of what was found: the result "anatomy", or "found" since that no longer counts.
        """
        parameters, job = self._panel.parameters, self._panel.job
        given = node_or_none(parameters.given)
        if given is not None:
            volume = self.volume_node()
            if volume is None:
                raise InputError(_("Load the scan that this segmentation was made on first."))
            found = segmentations.segmentation_from_node(given, volumes.volume_from_node(volume))
            return extension_backends.with_origin(found, given)
        node = node_or_none(parameters.segmentation)
        if node is None or not self.edited(node):
            return None
        if not job.has("anatomy") and not job.has("found") and not self.restore("anatomy"):
            return None
        known = job.load("anatomy" if job.has("anatomy") else "found")
        return segmentations.segmentation_from_node(node, known.volume, known)

    def given_node(self) -> Any:
        """The segmentation of the scene that the user chose; None where there is none."""
        return node_or_none(self._panel.parameters.given) if self._panel.state is not None else None

    def is_given(self) -> bool:
        """True where the user gave a segmentation, or has edited the one that was found."""
        node = node_or_none(self._panel.parameters.segmentation)
        return node_or_none(self._panel.parameters.given) is not None or (node is not None and self.edited(node))

    def given_file(self) -> str:
        """The file of the user's segmentation, or a name that stands for it until it is exported."""
        node = node_or_none(self._panel.parameters.given)
        storage = node.GetStorageNode() if node is not None else None
        return str((storage.GetFileName() if storage is not None else None) or SEGMENTATION_PLACEHOLDER)

    def edited(self, node: Any) -> bool:
        """True where the user changed the segments since the step made them."""
        noted = node.GetAttribute(CONTENT_HASH_ATTRIBUTE)
        return noted is not None and noted != segmentations.content_hash(node, in_background)

    def resolve_manual_edits(self) -> None:
        """Ask whether edits by hand still count where other settings were chosen since; if not, they stay in the scene."""
        node = node_or_none(self._panel.parameters.segmentation)
        if node is None or node_or_none(self._panel.parameters.given) is not None or not self.edited(node):
            return
        now = self._anatomy_settings()
        if node.GetAttribute(SETTINGS_ATTRIBUTE) != now and self._panel.dialogs.confirm(
            _("Edited by hand"),
            _(
                "The segmentation was edited by hand, and other settings were chosen since. Find the anatomy anew? "
                "The edited segmentation stays in the scene."
            ),
        ):
            self._set_aside(node)
        else:
            node.SetAttribute(SETTINGS_ATTRIBUTE, now)

    def _set_aside(self, node: Any) -> None:
        step_nodes.add_to_run_folder(self._scene, self._job_name, node, "edited")
        node.SetName(self._scene.GenerateUniqueName(_("{name} (edited)").format(name=node.GetName())))
        self._panel.parameters.segmentation = None

    def remove_scan_nodes(self) -> None:
        """Another scan was chosen: what this one left is no grid and no edit for it."""
        self._panel.release_editor()
        step_nodes.remove_step_nodes(self._scene, self._job_name, "scan-volume")
        node = node_or_none(self._panel.parameters.segmentation)
        if node is not None and node is not node_or_none(self._panel.parameters.given):
            if self.edited(node):
                self._set_aside(node)
            self._panel.parameters.segmentation = None

    def cut_of(self, node: Any, settings: RunSettings) -> dict[str, Any]:
        """The settings with a markups plane as one more cut: by its axis where it faces one, else as an oblique plane.

        Raises `UsageError` where no plane is chosen.
        """
        if node is None:
            raise UsageError(_("No plane is chosen: place one with the Markups module first."))
        origin, normal = plane_ras(node)
        axis = max(range(3), key=lambda index: abs(normal[index]))
        if abs(normal[axis]) > 0.9999:
            return {"cuts": (*settings.cuts, ("RAS"[axis], round(origin[axis], 2)))}
        plane = tuple(round(value, 4) for value in (*origin, *normal))
        return {"oblique_cuts": (*settings.oblique_cuts, plane)}

    def harden(self, node: Any) -> None:
        """Apply the transform to a volume."""
        if node_or_none(node) is not None:
            volumes.harden_transform(node)

    def toggle_preview(self) -> None:
        """Segments in 3D."""
        node = self.anatomy_node()
        if node is None or node.GetDisplayNode() is None:
            raise InputError(_("There is no segmentation to show: run this step first."))
        display = node.GetDisplayNode()
        showing = display.GetVisibility3D() and node.GetSegmentation().ContainsRepresentation("Closed surface")
        if not showing:
            node.CreateClosedSurfaceRepresentation()
        display.SetVisibility3D(not showing)

    def open_segment_editor(self) -> None:
        """Switch to Slicer's Segment Editor."""
        self._panel.release_editor()
        slicer.util.selectModule("SegmentEditor")

    # -- files -------------------------------------------------------------------------------------------------------

    def deliver(self, made: Path, names: Sequence[str]) -> list[str]:
        """Copy whole files of the job into the chosen folder; each appears there under its name only when it is whole.

        What the panel wrote there before and what a run names by numbers goes, unless it is among them. Raises
        `OutputError`.
        """
        if not self._panel.output_folder():  # the line was emptied while the step ran
            raise OutputError(_("No folder is chosen any more: choose one in step 5 and write the files again."))
        target = Path(self._panel.output_folder())
        for name in names:
            _deliver(made / name, target / name)
        written = {target / name for name in names}
        before = {path for path in self._delivered if path.is_relative_to(target)}
        for old in (before | set(target.glob("pictures/place-*.svg"))) - written:
            with contextlib.suppress(OSError):
                old.unlink(missing_ok=True)
        self._delivered = tuple(sorted(written))
        return list(names)

    def open_report(self) -> None:
        """The report in the browser."""
        report = Path(self._panel.output_folder()) / "report.html"
        if not report.is_file():
            raise InputError(_("The report is not in the folder any more: write the files again."))
        self._panel.dialogs.open_file(str(report))

    def store_dicom(self) -> None:
        """The DICOM files that step 5 wrote into the DICOM database; others in the folder are none of them."""
        store = current_database()
        files = [path for path in self._delivered if path.suffix.lower() == ".dcm" and path.is_file()]
        if store is None or not files:
            raise InputError(
                _("There is no DICOM file to save: tick DICOM and write the files, with the database open.")
            )
        for path in files:
            store.insert(str(path), True, False)


def _deliver(made: Path, place: Path) -> None:
    draft = place.with_name(f".{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, draft)
        os.replace(draft, place)
    except OSError as error:
        if isinstance(error, PermissionError) and error.filename2 is not None:  # the folder was writable until here
            message = _("'{name}' cannot be replaced: close it in other programs, or choose another folder in step 5.")
            raise OutputError(message.format(name=place.name)) from None
        message = _("The folder cannot be written ({reason}): choose another in step 5.")
        raise OutputError(message.format(reason=error.strerror or type(error).__name__)) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
