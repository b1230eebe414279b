"""`Segmentation` to segmentation nodes and back; edited segments come back as labels on the scan's grid."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomtoprint.errors import InputError
from dicomtoprint.messages import _
from dicomtoprint.volume import Volume, reordered

from .matrices import RAS_TO_LPS, store_exact_affine, to_vtk_matrix

if TYPE_CHECKING:  # the panel opens without the packages that compute
    from dicomtoprint.segmentation import Segmentation

TERMINOLOGY_TAG = "TerminologyEntry"
# What a segment node cannot say: the grey value of its boundary and on which side of it the structure lies.
BOUNDARY_TAG = "DicomToPrint.Boundary"
DARK_TAG = "DicomToPrint.Dark"


def segmentation_to_node(segmentation: "Segmentation", scene: Any, name: str, volume_node: Any = None) -> Any:
    """New segmentation node; the segments share one labelmap. `volume_node` is noted as what it was made on."""
    import slicer
    import vtk

    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    if volume_node is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    labelmap = _oriented_image(segmentation.labels, segmentation.affine)
    # Slicer's editor works on this grid: on the volume's, labels of finer slices would lose them at the first stroke.
    kinds = slicer.vtkSegmentationConverter
    node.GetSegmentation().SetConversionParameter(
        kinds.GetReferenceImageGeometryParameterName(), kinds.SerializeImageGeometry(labelmap)
    )
    for segment in segmentation.segments:
        new = slicer.vtkSegment() if hasattr(slicer, "vtkSegment") else vtk.vtkSegment()
        new.SetName(segment.name)
        new.SetColor(*segment.color)
        new.SetLabelValue(int(segment.label))
        if segment.boundary is not None:
            new.SetTag(BOUNDARY_TAG, repr(float(segment.boundary)))
        if not segment.brighter_than_background:
            new.SetTag(DARK_TAG, "1")
        new.SetTag(TERMINOLOGY_TAG, terminology_entry(segment.terminology))
        new.AddRepresentation("Binary labelmap", labelmap)
        node.GetSegmentation().AddSegment(new, segment.id)
    store_exact_affine(node, segmentation.affine)
    return node


def _oriented_image(labels: np.ndarray, affine: np.ndarray) -> Any:
    import slicer
    from vtk.util.numpy_support import numpy_to_vtk

    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*labels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(labels).ravel(), deep=True))
    image.SetGeometryFromImageToWorldMatrix(to_vtk_matrix(RAS_TO_LPS @ affine))
    return image


def labels_from_node(node: Any, shape: tuple[int, int, int], affine: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels on the grid of `shape` (k, j, i) and `affine` (index to LPS), and the names of the segments, label 1
    first.

    Where segments overlap, the later one wins. Raises `InputError` for a node without segments.
    """
    import slicer

    segmentation = node.GetSegmentation()
    ids = list(segmentation.GetSegmentIDs())
    if not ids:
        raise InputError(
            _("The segmentation '{getname}' has no segments: run step 2 or choose another one.", getname=node.GetName())
        )
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    reference = _oriented_image(np.zeros((1, 1, 1), np.uint8), affine)
    reference.SetExtent(0, shape[2] - 1, 0, shape[1] - 1, 0, shape[0] - 1)
    labels = np.zeros(shape, dtype=np.uint8 if len(ids) < 256 else np.uint16)
    for value, segment_id in enumerate(ids, start=1):
        segment = segmentation.GetSegment(segment_id)
        image = slicer.vtkOrientedImageData()
        shared = segmentation.GetSegmentRepresentation(segment_id, "Binary labelmap")
        if shared is not None:
            image.DeepCopy(shared)
            logic.ApplyParentTransformToOrientedImageData(node, image)
            _place(image, int(segment.GetLabelValue()), reference, labels, value)
    return labels, tuple(segmentation.GetSegment(segment_id).GetName() for segment_id in ids)


def segmentation_from_node(node: Any, grid: Volume, known: "Segmentation | None" = None) -> "Segmentation":
    """The node's segments as labels on the grid of `grid`, without grey values.

    Segments of `known` that are still there, by id, keep their boundary and terminology; voxels that came with them
    keep their
    provenance. Raises `InputError` for a node without segments or with nothing in them.
    """
    from dicomtoprint.segmentation import Segment, Segmentation

    labels, _unused = labels_from_node(node, grid.array.shape, grid.affine)
    counts = np.bincount(labels.ravel())
    before = {segment.id: segment for segment in known.segments} if known is not None else {}
    segments = []
    for value, segment_id in enumerate(node.GetSegmentation().GetSegmentIDs(), start=1):
        count = int(counts[value]) if value < len(counts) else 0
        if not count:
            continue
        shown = node.GetSegmentation().GetSegment(segment_id)
        volume_mm3 = count * grid.voxel_volume
        red, green, blue = (float(part) for part in shown.GetColor())
        color = (red, green, blue)
        if segment_id in before:
            segments.append(
                replace(before[segment_id], label=value, name=shown.GetName(), color=color, volume_mm3=volume_mm3)
            )
        else:
            boundary, bright = _noted(shown)
            segments.append(Segment(segment_id, value, shown.GetName(), color, boundary, {}, volume_mm3, bright))
    if not segments:
        raise InputError(
            _(
                "The segments of '{getname}' are empty within the scan: paint or choose another segmentation.",
                getname=node.GetName(),
            )
        )
    provenance = None
    if known is not None and known.provenance is not None:
        # The anatomy found lies along the patient's axes, the node along the scan's.
        provenance = reordered(known.provenance, known.affine, grid.affine, labels.shape)
    return Segmentation(None, grid.affine, labels, provenance, tuple(segments))


def content_hash(node: Any, run: Callable[[Callable[[], str]], str] = lambda work: work()) -> str:
    """A short text that changes when voxels of segments do, and stays through saving and loading: which voxels of the box
    around them hold which segment. Names, colours and the place of the whole do not count.
    `run` calls the part that takes long and touches no node.
    """
    images: dict[Any, np.ndarray] = {}
    parts: list[tuple[str, int, np.ndarray]] = []
    segmentation = node.GetSegmentation()
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        image = segment.GetRepresentation("Binary labelmap")
        if image not in images:  # segments share one labelmap
            images[image] = _filled(image)
        parts.append((segment_id, segment.GetLabelValue(), images[image]))
    return run(lambda: _digest(parts))


def expected_content_hash(segmentation: "Segmentation") -> str:
    """The `content_hash` of the node that `segmentation_to_node` makes of it; needs no node."""
    labels = _cropped(segmentation.labels)
    return _digest([(segment.id, int(segment.label), labels) for segment in segmentation.segments])


def _digest(parts: list[tuple[str, int, np.ndarray]]) -> str:
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    for segment_id, value, array in parts:
        digest.update(f"{segment_id} {value} {array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _filled(image: Any) -> np.ndarray:
    """The labels of an oriented image in the box that holds any, as `_cropped`."""
    from vtk.util.numpy_support import vtk_to_numpy

    if image is None or image.IsEmpty():
        return _cropped(np.zeros((0, 0, 0), np.uint16))
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    return _cropped(vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1))


def _cropped(labels: np.ndarray) -> np.ndarray:
    """The labels (k, j, i) in the box that holds any: uint16, contiguous; empty where there are none."""
    filled = [np.flatnonzero(labels.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    if not len(filled[0]):
        return np.zeros((0, 0, 0), np.uint16)
    return np.ascontiguousarray(labels[tuple(slice(at[0], at[-1] + 1) for at in filled)], dtype=np.uint16)


def _noted(segment: Any) -> tuple[float | None, bool]:
    """Boundary and side that `segmentation_to_node` noted on a segment; none and bright for anybody else's."""
    import vtk

    text = vtk.reference("")
    boundary = float(str(text)) if segment.GetTag(BOUNDARY_TAG, text) else None
    return boundary, not segment.HasTag(DARK_TAG)


def _place(image: Any, own: int, reference: Any, labels: np.ndarray, value: int) -> None:
    """Write `value` where `image` holds the segment's `own` value, resampled only if its grid is not the
    reference's.
    """
    import slicer
    from vtk.util.numpy_support import vtk_to_numpy

    if image.IsEmpty():
        return
    resample = slicer.vtkOrientedImageDataResample
    if not resample.DoGeometriesMatchIgnoreOrigin(image, reference) or not _same_origin(image, reference):
        resample.ResampleOrientedImageToReferenceOrientedImage(image, reference, image, False, False)
        if image.IsEmpty():
            return
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    mask = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1) == own
    low = np.maximum([k0, j0, i0], 0)
    high = np.minimum([k1 + 1, j1 + 1, i1 + 1], labels.shape)
    if np.any(high <= low):
        return
    inner = tuple(slice(a - o, b - o) for a, b, o in zip(low, high, (k0, j0, i0)))
    target = labels[tuple(slice(a, b) for a, b in zip(low, high))]
    target[mask[inner]] = value


def _same_origin(image: Any, reference: Any) -> bool:
    return bool(np.allclose(image.GetOrigin(), reference.GetOrigin(), atol=1e-4))


def terminology_entry(terminology: Mapping[str, Mapping[str, str]]) -> str:
    """Slicer's terminology string of a segment: category and type as coded entries, on the DICOM master list."""

    def coded(key: str) -> str:
        entry = terminology.get(key) or {}
        return "^".join(str(entry.get(part, "")) for part in ("scheme", "code", "meaning"))

    category = coded("category")
    if category == "^^":
        category = "SCT^123037004^Anatomical Structure"
    return "~".join(
        [
            "Segmentation category and type - DICOM master list",
            category,
            coded("type"),
            coded("type_modifier"),
            "Anatomic codes - DICOM master list",
            coded("region"),
            coded("region_modifier"),
        ]
    )
