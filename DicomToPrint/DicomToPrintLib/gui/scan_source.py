"""What the panel works on: a volume of the scene, a series of Slicer's DICOM database, a folder, or a model of the scene."""

from pathlib import Path
from typing import Any

from dicomtoprint import pipeline
from dicomtoprint.errors import InputError
from dicomtoprint.messages import join

from ..mrml import dicom_database, models, volumes
from .background import in_background
from .i18n import tr as _
from .step_results import StepResultStore


def current_database() -> Any:
    """Slicer's DICOM database, or None."""
    return dicom_database.application_database()


def selected_kind(parameters: Any) -> str:
    """What the panel works on: ``series``, ``folder``, ``model``, ``volume`` or nothing."""
    if parameters.series:
        return "series"
    if parameters.folder:
        return "folder"
    if parameters.model is not None:
        return "model"
    return "volume" if parameters.volume is not None else ""


def for_worker(parameters: Any, job: StepResultStore) -> dict[str, Any]:
    """The source as the child process takes it. Raises `InputError` in one sentence."""
    kind = selected_kind(parameters)
    if kind == "series":
        files = dicom_database.series_files(current_database(), parameters.series)
        return {"files": [str(path) for path in files]}
    if kind == "folder":
        if not Path(parameters.folder).exists():
            raise InputError(_("The folder is no longer there: choose the scan again."))
        return {"path": parameters.folder}
    if kind == "volume":
        return _of_volume(parameters.volume, job)
    if kind == "model":
        job.save("given", models.mesh_from_node(parameters.model))
        return {"mesh": True}
    raise InputError(_("No scan is chosen yet: choose a volume or a series in step 1."))


def _of_volume(node: Any, job: StepResultStore) -> dict[str, Any]:
    series = dicom_database.series_of_volume(current_database(), node)
    if series is not None:
        return {"files": [str(path) for path in dicom_database.series_files(current_database(), series)]}
    folder = dicom_database.folder_of_volume(node)
    if folder is not None:
        return {"path": str(folder)}
    volume = volumes.volume_from_node(node)
    in_background(lambda: job.save("volume", volume))
    return {"volume": True}


def for_cli(parameters: Any) -> str:
    """The source as the script takes it."""
    kind = selected_kind(parameters)
    if kind == "series":
        return dicom_database.URI_PREFIX + str(parameters.series)
    if kind == "folder":
        return str(parameters.folder)
    if kind == "model":
        storage = parameters.model.GetStorageNode()
        stored = storage.GetFileName() if storage is not None else None
        return str(stored) if pipeline.is_mesh_file(stored) else "MODEL.stl"
    if kind == "volume":
        try:
            series = dicom_database.series_of_volume(current_database(), parameters.volume)
        except InputError:
            series = None
        storage = parameters.volume.GetStorageNode()
        stored = storage.GetFileName() if storage is not None else dicom_database.folder_of_volume(parameters.volume)
        return dicom_database.URI_PREFIX + series if series else str(stored or "VOLUME.nrrd")
    return "SCAN"


def describe(parameters: Any) -> str:
    """One line on what is chosen, empty for a volume: the chooser shows that itself."""
    kind = selected_kind(parameters)
    if kind == "series":
        store = current_database()
        description = store.descriptionForSeries(parameters.series) if store is not None else ""
        return _("Series in the DICOM database: {name}").format(name=description or _("without a description"))
    if kind == "folder":
        return _("Folder: {name}").format(name=Path(parameters.folder).name)
    return ""


def transform_warning(node: Any) -> str:
    """What a transform over the volume means; empty where there is none."""
    if node is None:
        return ""
    placed = volumes.transform_state(node)
    if placed.bent:
        return _(
            "The volume lies under a bent transform ('{name}'), as Slicer adds for uneven slices or a tilted "
            "gantry. The model is made "
            "from the files' own geometry; harden it to see both in one place."
        ).format(name=placed.transform_name)
    if placed.moved:
        return _(
            "The volume was moved by a transform ('{name}'). The model of a DICOM series stays where the scanner "
            "saw the patient; "
            "harden it, or take the transform away."
        ).format(name=placed.transform_name)
    return ""


def series_list(limit: int = 300) -> list[tuple[str, str]]:
    """(UID, text) of the CT-like series in the database, newest patients last; at most `limit`.

    The text names patient and date: several patients may have series of one description.
    """
    store = current_database()
    if store is None:
        raise InputError(_("Slicer's DICOM database is not open: open the DICOM module once."))
    found: list[tuple[str, str]] = []
    for patient in store.patients():
        for study in store.studiesForPatient(patient):
            for series in store.seriesForStudy(study):
                modality = store.fieldForSeries("Modality", series)
                if modality in ("CT", "MR", "PT", "", None):
                    count = len(list(store.instancesForSeries(series)))
                    number = store.fieldForSeries("SeriesNumber", series)
                    text = _("{patient}  {date}  {modality}  {description}  ({count} images)").format(
                        patient=_patient(store, patient),
                        date=_date(store.fieldForStudy("StudyDate", study)),
                        modality=modality or "?",
                        description=store.descriptionForSeries(series) or _("series {number}").format(number=number),
                        count=count,
                    )
                    found.append((str(series), f"{len(found) + 1}.  {text}"))
    return found[-limit:]


def _patient(store: Any, patient: str) -> str:
    """Name and identifier of a patient of the database, as far as it knows them."""
    name = str(store.nameForPatient(patient) or "").replace("^", " ").strip()
    number = str(store.fieldForPatient("PatientID", patient) or "").strip()
    known = [name, f"[{number}]" if number else ""]
    return join(" ", (word for word in known if word)) or _("no name")


def _date(text: str | None) -> str:
    """A date of a header or of the database, in one way; a dash where there is none."""
    digits = str(text or "").replace("-", "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) == 8 else digits or "-"
