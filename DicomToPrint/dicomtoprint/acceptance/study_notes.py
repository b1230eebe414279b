"""What is to say of a study as a whole, beside the verdicts on its series."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ..dicom import Series, Study
from ..messages import _

MIN_PARTS = 3


def study_notes(study: Study) -> tuple[str, ...]:
    """Sentences on a study: several patients, one scan that was split into series of one slice each."""
    notes = []
    if study.patients > 1:
        notes.append(
            _("The input holds images of {count} patients: choose the folder of one, or name a series.").format(
                count=study.patients
            )
        )
    for count in _split_scans(study.series):
        notes.append(
            _(
                "{count} series of one slice each are one scan, split by an anonymiser or an export: ask for it as one "
                "series, with one Series Instance UID (0020,000E)."
            ).format(count=count)
        )
    return tuple(notes)


def _split_scans(series: tuple[Series, ...]) -> list[int]:
    """Sizes of groups of single slices that lie beside one another in one direction with one matrix."""
    groups: dict[tuple[object, ...], list[Series]] = defaultdict(list)
    for one in series:
        if len(one) == 1 and not one.localizers:
            key = tuple(
                str(one.column(name)[0]) for name in ("Rows", "Columns", "PixelSpacing", "ImageOrientationPatient")
            )
            groups[key].append(one)
    return [len(group) for group in groups.values() if len(group) >= MIN_PARTS and _beside_one_another(group)]


def _beside_one_another(group: list[Series]) -> bool:
    places = np.vstack([one.table("ImagePositionPatient", 3) for one in group])
    if np.isnan(places).any():
        return True  # an anonymiser that splits a scan may take the positions too
    return len(np.unique(places.round(3), axis=0)) == len(group)
