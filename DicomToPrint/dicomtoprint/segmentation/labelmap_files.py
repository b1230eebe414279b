"""Given segmentations read from files: label maps in NIfTI and NRRD (Slicer's own too), stacks of masks, and DICOM."""

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, UsageError
from ..messages import _, join
from ..text import pluralize
from ..volume import Volume, affine_from_sitk
from ..voxel_components import count_components, label_voxel_counts, largest_component
from .dicom_labelmaps import LabelArray
from .dicom_segmentations import read_dicom_segmentation
from .labelmap_styles import LabelStyle, NrrdSegment, load_label_names, nifti_styles, nrrd_segments
from .types import Segment, Segmentation

HUE_STEP = 0.381966
OVERLAP_NOTE = _("Segments of the file overlap: where they do, the later one was taken.")


class EmptyLabelmapError(InputError):
    """A file of labels without a labelled voxel."""


def read_labelmap(
    path: Path,
    *,
    names: str | None = None,
    cutoff: float | None = None,
    wanted: Sequence[str] = (),
    scan: Volume | None = None,
) -> Segmentation:
    """Labels of a NIfTI, NRRD (`.seg.nrrd` with names and colours), DICOM SEG, Label Map or RT Structure Set file, at their true place,
    without grey values.

    Parameters
    ----------
    path
        The file. Structures are named as it says: in the header of a Slicer segmentation, a LabelTable in a NIfTI header
        (TotalSegmentator), the segments of a DICOM object. A fourth dimension is a stack of masks, one a structure.
    names
        A table of names by value, built-in or a .json file, in place of those of the file.
    cutoff
        Probability from which a voxel belongs to a structure, for files of probabilities (0 to 1). None: such a file is refused.

    wanted
        Structures of a structure set that are wanted, by name; empty: all but the outline of the body.
    scan
        The scan of a structure set, whose contours are filled in its pixels.

    Where segments overlap, the later one wins and a note says so, in a structure set the smaller one; of probabilities the largest does.
    Raises `InputError` in one sentence where the file is no segmentation or holds no labelled voxel, `UsageError` for unknown names or a
    cut-off outside 0 to 1.
    """
    path = Path(path)
    if cutoff is not None and not 0.0 < cutoff < 1.0:
        raise UsageError(_("The cut-off of a probability lies between 0 and 1, not at {cutoff:g}.", cutoff=cutoff))
    table = load_label_names(names) if names else {}
    if not path.is_file():
        raise InputError(_("{path} was not found: give a NIfTI, NRRD or DICOM SEG file.", path=path.name))
    notes: tuple[str, ...] = ()
    if _is_dicom(path):
        found, notes = read_dicom_segmentation(path, wanted, scan)
    else:
        found, notes = _read_image(path, cutoff)
    if found.overlap:
        notes = (*notes, OVERLAP_NOTE)
    segments = _segments(found.labels, found.affine, {**found.styles, **table})
    if not segments:
        raise EmptyLabelmapError(_("{path} holds no labelled voxel: choose another segmentation.", path=path.name))
    return Segmentation(None, found.affine, found.labels, None, segments, notes)


def choose_segments(given: Segmentation, wanted: Sequence[str], merge: bool = False) -> Segmentation:
    """The structures named in `wanted` (by name, identifier or value, several with commas between; empty: all), joined into one
    with `merge`.

    Raises `UsageError` that lists what there is where one is not found.
    """
    chosen = [segment for name in wanted for segment in _named(given, name)] if wanted else list(given.segments)
    kept = tuple(dict.fromkeys(segment.label for segment in chosen))
    segments = tuple(segment for segment in given.segments if segment.label in kept)
    labels = given.labels
    if len(segments) < len(given.segments) or merge:
        rank = np.zeros(int(labels.max()) + 1, dtype=labels.dtype)
        for segment in segments:
            rank[segment.label] = segments[0].label if merge else segment.label
        labels = rank[labels]
    if merge and len(segments) > 1:
        name = (
            join(" + ", (s.name for s in segments))
            if len(segments) <= 3
            else _("{segments_count} structures", segments_count=len(segments))
        )
        segments = (replace(segments[0], name=name, volume_mm3=sum(s.volume_mm3 for s in segments)),)
    return replace(given, labels=labels, segments=segments)


def keep_largest_islands(given: Segmentation) -> Segmentation:
    """Of each structure its largest connected part (over faces) alone; what went is noted by structure."""
    from scipy import ndimage

    labels, segments, notes, went = given.labels.copy(), [], [], 0.0
    boxes = ndimage.find_objects(labels)
    for segment in given.segments:
        box = boxes[segment.label - 1] if segment.label <= len(boxes) else None
        if box is None:
            segments.append(segment)
            continue
        own = labels[box] == segment.label
        gone = own & ~largest_component(own)
        labels[box][gone] = 0
        share = float(np.count_nonzero(gone)) / float(np.count_nonzero(own))
        segments.append(replace(segment, volume_mm3=segment.volume_mm3 * (1.0 - share)))
        went += share * segment.volume_mm3
        if share:
            islands = len(count_components(gone)[1]) - 1
            notes.append(
                _(
                    "{segment}: its largest part was kept, as asked; {islands} of {share:.0f} mm3 went.",
                    segment=segment.name,
                    islands=pluralize(islands, "island"),
                    share=share * segment.volume_mm3,
                )
            )
    figures = {**given.figures, "other_parts_mm3": went}
    return replace(given, labels=labels, segments=tuple(segments), notes=(*given.notes, *notes), figures=figures)


def _named(given: Segmentation, text: str) -> list[Segment]:
    """The structures that `text` names: the whole of it, which may hold a comma, or the names between its commas."""
    if found := _called(given, text):
        return found
    names = [name for name in text.split(",") if name.strip()]
    for name in names:
        if not _called(given, name):
            known = join(", ", (_("{label} {s}", label=s.label, s=s.name) for s in given.segments[:20]))
            more = len(given.segments) - 20
            raise UsageError(
                _(
                    "The segmentation holds no structure '{name}': choose of {known}{more}.",
                    name=name.strip(),
                    known=known,
                    more=_(" and {more} more", more=more) if more > 0 else "",
                )
            )
    return [segment for name in names for segment in _called(given, name)]


def _called(given: Segmentation, name: str) -> list[Segment]:
    """The structures of that value, identifier or name, whatever the case; an underscore is as good as a blank."""

    def plain(text: str) -> str:
        return text.strip().casefold().replace("_", " ")

    return [s for s in given.segments if plain(name) in (plain(s.name), plain(s.id), str(s.label))]


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        raise InputError(_("{path} cannot be opened: check its rights.", path=path.name)) from None


def _read_image(path: Path, cutoff: float | None) -> tuple[LabelArray, tuple[str, ...]]:
    import SimpleITK as sitk

    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError:
        raise InputError(
            _("{path} cannot be read as a segmentation: give a NIfTI, NRRD or DICOM SEG file.", path=path.name)
        ) from None
    dimension = image.GetDimension()
    if dimension not in (3, 4):
        raise InputError(
            _("{path} has {dimension} dimensions: give one label map of three.", path=path.name, dimension=dimension)
        )
    affine = affine_from_sitk(image)
    facts = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    array = sitk.GetArrayFromImage(image)
    axis = 0 if dimension == 4 else -1  # of the layers, where there are several
    layers = [array] if array.ndim == 3 else list(np.moveaxis(array, axis, 0))
    named = nrrd_segments(facts, path.name)
    if named:
        return _named_layers(layers, affine, named, path.name), ()
    styles, notes = nifti_styles(path)
    if len(layers) > 1 and not _is_stack_of_masks(layers):
        raise InputError(
            _(
                "{path} holds {layers_count} label maps: give one, or a stack of masks with one structure in each.",
                path=path.name,
                layers_count=len(layers),
            )
        )
    if cutoff is not None and all(_is_probability(layer) for layer in layers):
        return LabelArray(_most_probable(layers, cutoff), affine, styles), notes
    if len(layers) == 1:
        return LabelArray(_whole_numbers(layers[0], path.name), affine, styles), notes
    stack = [
        NrrdSegment(n, 1, styles.get(n + 1, LabelStyle(f"label-{n + 1}", _("Label {n}", n=n + 1))))
        for n in range(len(layers))
    ]
    return _named_layers(layers, affine, stack, path.name), notes


def _named_layers(
    layers: Sequence[np.ndarray], affine: np.ndarray, named: Sequence[NrrdSegment], file: str
) -> LabelArray:
    """One label a segment, in the order of `named`."""
    labels, overlap = np.zeros(layers[0].shape, dtype=np.uint16), False
    for number, layer in enumerate(layers):
        whole = _whole_numbers(layer, file)
        for label, segment in enumerate(named, start=1):
            if segment.layer == number:
                hit = whole == segment.value
                overlap |= bool(labels[hit].any())
                labels[hit] = label
    return LabelArray(labels, affine, {n: segment.style for n, segment in enumerate(named, start=1)}, overlap)


def _is_stack_of_masks(layers: Sequence[np.ndarray]) -> bool:
    return all(layer.min() >= 0 and layer.max() <= 1 for layer in layers)


def _is_probability(layer: np.ndarray) -> bool:
    return layer.dtype.kind == "f" and bool(layer.min() >= 0.0 and layer.max() <= 1.0)


def _most_probable(layers: Sequence[np.ndarray], cutoff: float) -> np.ndarray:
    """The number of the layer with the largest probability, from `cutoff` on; of one at a time, so that no stack is copied."""
    best, labels = np.full(layers[0].shape, cutoff, dtype=np.float32), np.zeros(layers[0].shape, dtype=np.uint16)
    for number, layer in enumerate(layers, start=1):
        hit = (layer > best) | ((layer == best) & (labels == 0))
        labels[hit], best[hit] = number, layer[hit]
    return labels


def _whole_numbers(layer: np.ndarray, name: str) -> np.ndarray:
    """Labels as uint16; refuses grey values and probabilities."""
    low, high = layer.min(), layer.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > np.iinfo(np.uint16).max:
        raise InputError(
            _(
                "{name} holds values from {low:g} to {high:g}, so it is no label map: choose the "
                "segmentation, not the scan.",
                name=name,
                low=low,
                high=high,
            )
        )
    whole = layer.astype(np.uint16)
    if layer.dtype.kind == "f" and not np.array_equal(whole, layer):
        way = (
            _("say from which probability a voxel counts ({--label-cutoff} 0.5)")
            if high <= 1.0
            else _("export it as labels")
        )
        raise InputError(_("{name} holds fractions, so it is no label map: {way}.", name=name, way=way))
    if np.count_nonzero(label_voxel_counts(whole)) > 1000:
        raise InputError(
            _(
                "{name} holds more than 1000 different values, so it is no label map: choose the "
                "segmentation, not the scan.",
                name=name,
            )
        )
    return whole


def _segments(labels: np.ndarray, affine: np.ndarray, styles: Mapping[int, LabelStyle]) -> tuple[Segment, ...]:
    voxel = float(abs(np.linalg.det(affine[:3, :3])))
    segments = []
    for label, count in enumerate(label_voxel_counts(labels)):
        if label == 0 or count == 0:
            continue
        style = styles.get(label, LabelStyle(f"label-{label}", _("Label {label}", label=label)))
        color = style.color or colorsys.hsv_to_rgb((0.1 + HUE_STEP * (label - 1)) % 1.0, 0.45, 0.92)
        codes: Mapping[str, Any] = style.terminology or {}
        segments.append(Segment(style.id, label, style.name, color, None, codes, float(count) * voxel))
    return tuple(segments)
