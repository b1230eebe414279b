"""De-identification by the basic profile of PS3.15 annex E, with the table of the package dicom-anonymizer."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from ..errors import MissingDependencyError
from ..messages import _

PACKAGE = "dicom-anonymizer"
TABLE = "dicomfields_2026c"
_CODE = ("113100", "DCM", "Basic Application Confidentiality Profile")
# What is no person and what a reader of the images needs; the profile itself keeps all of it.
_KEPT = {(0x0008, 0x0016), (0x0002, 0x0010)}
# The package's dummy date has a year that readers refuse; ours is one that no CT was made on, which acceptance asks about.
_ITS_DUMMY, _DUMMY = "00010101", "19000101"


def require() -> None:
    """Raises `MissingDependencyError` where the package that knows the profile is not installed."""
    _actions()


@cache
def _actions() -> Mapping[tuple[int, ...], Callable[[Dataset, Any], None]]:
    try:
        from dicomanonymizer.simpledicomanonymizer import initialize_actions
    except ImportError:
        raise MissingDependencyError(
            _(
                "{--deidentify} needs the package {package}, which is not installed: install it (pip install "
                "{package}) or leave the option out.",
                package=PACKAGE,
            )
        ) from None
    return dict(initialize_actions(TABLE))


def deidentify(dataset: Dataset) -> None:
    """Applies the basic profile to a data set and to every data set inside it, and says so in it.

    Private attributes go. UIDs are replaced alike in all objects of one run; dates become one that cannot be.

    Raises
    ------
    MissingDependencyError
        Where the package with the profile's table is not installed.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # the package prints what it stumbles over, values among it
        _clean(dataset)
    _make_readable(dataset)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "PS3.15 Basic Application Level Confidentiality Profile"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = _CODE
    dataset.DeidentificationMethodCodeSequence = [code]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


def _clean(dataset: Dataset) -> None:
    dataset.remove_private_tags()
    ranges = [(tag, action) for tag, action in _actions().items() if len(tag) > 2]
    for element in list(dataset):
        place = (element.tag.group, element.tag.element)
        if place in _KEPT:
            continue
        action = _actions().get(place) or next(
            (
                own
                for tag, own in ranges
                if place[0] & tag[2] == tag[0] & tag[2] and place[1] & tag[3] == tag[1] & tag[3]
            ),
            None,
        )
        if action is not None:
            _apply(action, dataset, element)
        if element.VR == "SQ" and element.tag in dataset:
            for item in dataset[element.tag].value or []:
                _clean(item)


def _apply(action: Callable[[Dataset, Any], None], dataset: Dataset, element: DataElement) -> None:
    """An action of the table. On a sequence the package makes new UIDs of the classes of its images too: they stay."""
    classes = [str(one.value) for one in _class_elements(element)]
    action(dataset, (element.tag.group, element.tag.element))
    left = _class_elements(dataset[element.tag]) if element.tag in dataset else []
    if len(left) == len(classes):
        for one, uid in zip(left, classes):
            one.value = uid


def _class_elements(element: DataElement) -> list[DataElement]:
    if element.VR != "SQ":
        return []
    return [one for item in element.value or [] for one in item.iterall() if one.keyword == "ReferencedSOPClassUID"]


def _make_readable(dataset: Dataset) -> None:
    """Dummy values instead of those that readers refuse, and of a Study ID, which a DICOMDIR needs."""
    for element in dataset.iterall():
        if element.VR in ("DA", "DT") and str(element.value).startswith(_ITS_DUMMY):
            element.value = _DUMMY if element.VR == "DA" else f"{_DUMMY}000000"
    if not dataset.get("StudyID"):
        dataset.StudyID = "1"


def says_burned_in(dataset: Dataset) -> bool:
    """True for an image whose pixels may hold a name: it says so, or it is a picture of a screen."""
    words = [str(word).upper() for word in (dataset.get("ImageType") or [])]
    return (
        str(dataset.get("BurnedInAnnotation", "")).upper() == "YES"
        or str(dataset.get("ConversionType", "")) in ("WSD", "SI", "SD", "DI", "DF")
        or any("SCREEN" in word for word in words)
    )
