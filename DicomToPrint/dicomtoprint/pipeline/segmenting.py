"""From a volume to labelled anatomy: by a preset, from a given segmentation, or from the labels of a backend."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import in_patient_axes
from .backends import label_scan

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..segmentation import Segmentation
    from ..volume import Volume

FROM_SEGMENTATION = "from-segmentation"


def segment(
    volume: "Volume",
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
    given: "Segmentation | None" = None,
) -> "Segmentation":
    """Labelled anatomy of a volume; or the given segmentation (`given`, a file of the settings, or the labels of their backend) with the
    volume's grey values. One that brings grey values of its own was found before and edited by hand: its boundaries stay as they are."""
    from ..segmentation import (
        choose_segments,
        keep_largest_islands,
        load_anatomy,
        read_labelmap,
        refine_labelmap,
        smooth_labels,
    )
    from ..segmentation import segment as segment_volume

    volume = in_patient_axes(volume)
    if given is not None and given.volume is not None:
        return smooth_labels(with_scan_edge(given, volume), settings.smooth_labels or 0.0)
    if given is None and settings.segmentation:
        given = read_labelmap(
            Path(settings.segmentation),
            names=settings.label_names,
            cutoff=settings.label_cutoff,
            wanted=settings.labels,
            scan=volume,
        )
    if given is None:
        given = label_scan(volume, settings, subprogress(progress, 0.0, 0.8))
        progress = subprogress(progress, 0.0 if given is None else 0.8, 1.0)
    if given is not None:
        given = choose_segments(given, settings.labels, settings.merge)
        if settings.largest_island:
            given = keep_largest_islands(given)
        # The default anatomy is meant for scans; a given segmentation says itself what it holds.
        name = FROM_SEGMENTATION if settings.anatomy == RunSettings.anatomy else settings.anatomy
        found = refine_labelmap(given, volume, load_anatomy(name), progress=progress)
        found = with_scan_edge(replace(found, figures={**given.figures, **found.figures}), volume)
        found = smooth_labels(found, settings.smooth_labels or 0.0)
        left = _settings_not_used(settings)
        return replace(found, notes=(*found.notes, _not_used(left))) if left else found
    found = segment_volume(
        volume,
        load_anatomy(settings.anatomy),
        threshold=settings.threshold,
        seeds_lps=settings.seeds_lps,
        roi_lps=settings.roi_lps,
        least_branch_mm=settings.least_branch,
        progress=progress,
    )
    return with_scan_edge(found, volume)


def with_scan_edge(found: "Segmentation", volume: "Volume") -> "Segmentation":
    """The segmentation with the area that the scan's edge cuts of each structure in its figures; a vessel tells its ends by itself."""
    from ..segmentation import cut_by_scan

    if "vessel_ends" in found.figures:
        return found
    return replace(found, figures={**found.figures, "cut_by_scan_mm2": cut_by_scan(found, volume)})


def _settings_not_used(settings: RunSettings) -> "list[str]":
    """What was chosen for finding structures, in words: a given segmentation needs none of it."""
    asked = (
        (_("threshold"), settings.threshold),
        (_("seeds"), settings.seeds),
        (_("region of interest"), settings.roi),
        (_("least branch"), settings.least_branch),
    )
    return [words for words, value in asked if value]


def _not_used(left: "list[str]") -> str:
    return _(
        "Not used, since the given segmentation says itself what the structures are: {left}.", left=join(", ", left)
    )


def anatomy_name(settings: RunSettings) -> str:
    """The anatomy that a run is about: a given segmentation is not of bone because that is the default for scans."""
    is_default = settings.anatomy == RunSettings.anatomy
    return FROM_SEGMENTATION if (settings.segmentation or settings.segment_with) and is_default else settings.anatomy
