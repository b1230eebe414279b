"""Facts of the file against the scan it came from: place and sides, lost and added parts, the text on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...mesh.core import Mesh, transformed
from ...mesh.voxelize import mask_surface, voxelize
from ...messages import _, join
from ...progress import ProgressCallback, subprogress
from ...rules import MISSING, Fact
from ...voxel_components import count_components
from ..scan_reference import LabelFrame, ScanReference
from .mesh import describe_positions, round_sizes, subsample_positions
from .text_label import label_facts

NEAR_VOXELS = 2.0  # a surface lies where it was scanned if 90 % of it is this near to the segment's boundary
MIN_COMPONENT_MM3 = 1.0
# How far beyond a thin wall the voxels reach that say where it is: what the scan's blur makes of its rim.
RIM_MM = 1.5
MOST_PARTS = 200
MOST_SHAPES = 20  # parts that are drawn in pictures

TURNS: tuple[tuple[str, tuple[float, float, float]], ...] = (
    (_("as scanned"), (1.0, 1.0, 1.0)),
    (_("half a turn off (RAS coordinates read as LPS)"), (-1.0, -1.0, 1.0)),
    (_("mirrored left to right"), (-1.0, 1.0, 1.0)),
    (_("mirrored front to back"), (1.0, -1.0, 1.0)),
    (_("mirrored head to foot"), (1.0, 1.0, -1.0)),
)


@dataclass(frozen=True)
class ChangedComponent:
    """A part that was lost or added: its volume, a point in it, and its shape for pictures (None for all but the largest)."""

    volume: float
    place: np.ndarray
    shape: Mesh | None = None


def scan_facts(
    mesh: Mesh, reference: ScanReference, progress: ProgressCallback
) -> tuple[dict[str, Fact], dict[str, tuple[Mesh, ...]]]:
    """Compare with whatever the reference holds; what it does not hold is not judged.

    Also the shapes of the largest lost and added parts by the fact's name, in the order of its places. Both lie where the file has the
    model, even where that was turned for printing.
    """
    back = mesh
    if reference.moved is not None:
        back = transformed(mesh, np.linalg.inv(reference.moved))
    facts = _label_facts(reference)
    shapes: dict[str, tuple[Mesh, ...]] = {}
    placement = _placement(back, reference, subprogress(progress, 0.0, 0.3))
    facts["placement"] = placement
    if reference.mask is not None and reference.affine is not None and placement.value == "as scanned":
        found, critical = _parts_against(back, reference, subprogress(progress, 0.3, 0.95))
        facts.update(critical)
        for name, parts in found.items():
            parts = [_moved(item, reference.moved) for item in parts]
            wanted = {"intended": join(", ", reference.intended)} if name == "added_parts" else {}
            facts[name] = _listed(name, parts, **wanted)
            shapes[name] = tuple(item.shape for item in parts if item.shape is not None)
    texts = tuple(label for label in labels_as_filed(reference) if label.is_text)
    if texts:
        facts.update(label_facts(mesh, texts))
    return facts, shapes


def _label_facts(reference: ScanReference) -> dict[str, Fact]:
    """What is known of the labels that the model was made from, as far as it is."""
    facts = {}
    filled, cut = reference.filled_opening_mm2, reference.cut_by_scan_mm2
    if filled is not None:
        worst = max(filled, key=lambda name: filled[name], default="")
        facts["filled_opening_mm2"] = Fact("filled_opening_mm2", filled.get(worst, 0.0), parameters={"names": worst})
    if cut is not None:
        names = _listed_names(sorted(cut, key=lambda name: -cut[name]))
        facts["cut_by_scan_mm2"] = Fact("cut_by_scan_mm2", float(sum(cut.values())), parameters={"names": names})
    if reference.label_voxel_mm is not None and reference.label_only:
        voxel = reference.scale * reference.label_voxel_mm
        parameters = {"names": _listed_names(reference.label_only), "voxel_mm": voxel}
        facts["label_error_mm"] = Fact("label_error_mm", voxel / 2.0, parameters=parameters)
    return facts


def _listed_names(names: Sequence[str]) -> str:
    return join(", ", names[:3]) + (_(" and {names_count} more", names_count=len(names) - 3) if len(names) > 3 else "")


def labels_as_filed(reference: ScanReference) -> tuple[LabelFrame, ...]:
    """The texts and scale bars where the file has them."""
    return tuple(_turned(label, reference.moved) for label in reference.labels)


def _turned(label: LabelFrame, by: np.ndarray | None) -> LabelFrame:
    """The label where the file has it."""
    if by is None:
        return label
    right, up, outward = (tuple(by[:3, :3] @ axis) for axis in (label.right, label.up, label.outward))
    return replace(label, origin=tuple(by[:3, :3] @ label.origin + by[:3, 3]), right=right, up=up, outward=outward)


def _moved(item: ChangedComponent, by: np.ndarray | None) -> ChangedComponent:
    if by is None:
        return item
    shape = item.shape
    if shape is not None:
        shape = transformed(shape, by)
        shape = replace(shape, points=shape.points.astype(np.float32))
    return ChangedComponent(
        item.volume * abs(float(np.linalg.det(by[:3, :3]))), by[:3, :3] @ item.place + by[:3, 3], shape
    )


def _placement(mesh: Mesh, reference: ScanReference, progress: ProgressCallback) -> Fact:
    if reference.mask is not None and reference.affine is not None and reference.mask.any():
        return _placement_on_mask(mesh, reference.mask, reference.affine, progress)
    if reference.bounds is None:
        return Fact("placement", MISSING)
    scan = np.array(reference.bounds).reshape(3, 2)
    margin = 0.02 * np.ptp(scan, axis=1) + 2.0
    for name, signs in TURNS[:2]:
        points = mesh.points * np.array(signs)
        if np.all(points.min(axis=0) >= scan[:, 0] - margin) and np.all(points.max(axis=0) <= scan[:, 1] + margin):
            return Fact("placement", name, evidence=_("bounds of the scan only: sides cannot be told from them"))
    return Fact(
        "placement", "moved", evidence=_("bounds of the scan"), parameters={"measured": _("it lies outside the scan")}
    )


def _placement_on_mask(mesh: Mesh, mask: np.ndarray, affine: np.ndarray, progress: ProgressCallback) -> Fact:
    """The turn or mirror under which the surface lies nearest to the segment's boundary: about the origin, or in place."""
    from scipy import ndimage
    from scipy.spatial import cKDTree

    edge = mask & ~ndimage.binary_erosion(mask)
    voxels = np.argwhere(edge)[:, ::-1]
    voxels = voxels[np.unique(np.linspace(0, len(voxels) - 1, 200_000).astype(np.int64))]
    boundary = voxels @ affine[:3, :3].T + affine[:3, 3]
    tree = cKDTree(boundary)
    step = float(np.linalg.norm(affine[:3, :3], axis=0).max())
    points = mesh.points[np.unique(np.linspace(0, len(mesh.points) - 1, 4000).astype(np.int64))].astype(np.float64)
    centre = (boundary.min(axis=0) + boundary.max(axis=0)) / 2.0
    away: list[tuple[float, str]] = []
    for index, (name, signs) in enumerate(TURNS):
        progress(index / len(TURNS), _("comparing sides with the scan"))
        turned = points * np.array(signs)
        in_place = turned - (turned.min(axis=0) + turned.max(axis=0)) / 2.0 + centre
        tried = [turned] if index == 0 else [turned, in_place]
        away.append((min(float(np.percentile(tree.query(item)[0], 90)) for item in tried), name))
    identity = away[0][0]
    best, name = min(away)
    evidence = _(
        "90 % of the surface lies within {identity:.2f} mm of the segment's boundary, {best:.2f} mm when {name}",
        identity=identity,
        best=best,
        name=name,
    )
    if identity <= max(NEAR_VOXELS * step, 1.5 * best):
        return Fact("placement", _("as scanned"), evidence=evidence)
    if best <= NEAR_VOXELS * step:
        return Fact("placement", name, evidence=evidence)
    return Fact("placement", "moved", evidence=evidence)


def _parts_against(
    mesh: Mesh, reference: ScanReference, progress: ProgressCallback
) -> tuple[dict[str, list[ChangedComponent]], dict[str, Fact]]:
    """Lost and added parts over 1 mm3, and critical regions that were lost; what differs within one voxel of the surface is partial
    volume, and what was raised around a wall that is there its rim: neither is a part."""
    from scipy import ndimage

    assert reference.mask is not None and reference.affine is not None
    mask, origin = _cropped(reference.mask, mesh, reference.affine)
    affine = reference.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ origin
    model = voxelize(mesh, affine, mask.shape, subprogress(progress, 0.0, 0.5))
    progress(0.6, _("looking for lost and added parts"))
    ball = ndimage.generate_binary_structure(3, 2)
    near_model = ndimage.binary_dilation(model, ball)
    absent = mask & ~near_model
    if reference.raised is not None:
        raised = _cropped(reference.raised, mesh, reference.affine, reference.mask)[0]
        absent &= ~_beside(model, absent & raised, affine)
    found = {"lost_parts": _parts(mask & ~model, absent, affine)}
    progress(0.8, _("looking for lost and added parts"))
    found["added_parts"] = _parts(model & ~mask, model & ~ndimage.binary_dilation(mask, ball), affine)
    if not reference.critical:
        return found, {}
    critical: dict[str, np.ndarray] = {}
    for name, region in reference.critical.items():
        gone = _cropped(region, mesh, reference.affine, reference.mask)[0] & absent
        if gone.any():
            critical[name] = affine[:3, :3] @ np.argwhere(gone).mean(axis=0)[::-1] + affine[:3, 3]
    where = np.array(list(critical.values())).reshape(-1, 3)
    if reference.moved is not None:
        where = where @ reference.moved[:3, :3].T + reference.moved[:3, 3]
    names = {"names": join(", ", critical)}
    fact = Fact(
        "critical_lost",
        len(critical),
        where=describe_positions(where),
        places=subsample_positions(where),
        parameters=names,
    )
    return found, {"critical_lost": fact}


def _beside(model: np.ndarray, voxels: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """(k, j, i) bool: those of the voxels that lie within `RIM_MM` of one of the model."""
    result = np.zeros_like(voxels)
    at = np.argwhere(voxels)
    reach = np.ceil(RIM_MM / np.linalg.norm(affine[:3, :3], axis=0)).astype(int)
    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach[::-1]), indexing="ij"), axis=-1).reshape(-1, 3)
    steps = steps[np.linalg.norm(steps[:, ::-1] @ affine[:3, :3].T, axis=1) <= RIM_MM]
    near = np.zeros(len(at), dtype=bool)
    for step in steps:
        there = np.clip(at + step, 0, np.array(model.shape) - 1)
        near |= model[tuple(there.T)]
    result[tuple(at[near].T)] = True
    return result


def _cropped(
    mask: np.ndarray, mesh: Mesh, affine: np.ndarray, like: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The mask around both its own voxels (those of `like`) and the mesh, with 3 voxels to spare, and the crop's (i, j, k) origin."""
    inverse = np.linalg.inv(affine)
    points = mesh.points.astype(np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
    own = [np.flatnonzero((mask if like is None else like).any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]
    low = np.array([rows[0] if len(rows) else 0 for rows in own])
    high = np.array([rows[-1] if len(rows) else 0 for rows in own])
    size = np.array(mask.shape[::-1])
    # Outside the volume the mesh is looked at too, up to a volume's width: parts may have been added there.
    low = np.maximum(np.minimum(low, np.floor(points.min(axis=0)).astype(int)) - 3, -size)
    high = np.minimum(np.maximum(high, np.ceil(points.max(axis=0)).astype(int)) + 3, 2 * size)
    result = np.zeros(tuple((high - low + 1)[::-1]), dtype=bool)
    inner_low, inner_high = np.maximum(low, 0), np.minimum(high, size - 1)
    source = tuple(slice(a, b + 1) for a, b in zip(inner_low[::-1], inner_high[::-1]))
    target = tuple(slice(a - o, b - o + 1) for a, b, o in zip(inner_low[::-1], inner_high[::-1], low[::-1]))
    result[target] = mask[source]
    return result, low.astype(np.float64)


def _parts(difference: np.ndarray, core: np.ndarray, affine: np.ndarray) -> list[ChangedComponent]:
    """Each connected part of the difference that has a core, over 1 mm3, the largest first; its place is its voxel nearest to its
    middle."""
    from scipy import ndimage

    if not core.any():
        return []
    near = ndimage.binary_dilation(core, ndimage.generate_binary_structure(3, 2)) & difference
    label, counts = count_components(near)
    volume = counts[1:] * abs(float(np.linalg.det(affine[:3, :3])))
    boxes = ndimage.find_objects(label)
    found: list[ChangedComponent] = []
    for index in np.argsort(-volume, kind="stable"):
        if volume[index] <= MIN_COMPONENT_MM3 or len(found) >= MOST_PARTS:
            break
        box = boxes[index]
        low = np.array([side.start for side in box])
        own = label[box] == index + 1
        voxels = np.argwhere(own)
        middle = voxels[np.argmin(((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1))] + low
        place = affine[:3, :3] @ middle[::-1] + affine[:3, 3]
        there = affine.copy()
        there[:3, 3] += affine[:3, :3] @ low[::-1]
        shape = mask_surface(own, there) if len(found) < MOST_SHAPES else None
        found.append(ChangedComponent(float(volume[index]), place, shape))
    return found


def _listed(name: str, parts: list[ChangedComponent], **more: object) -> Fact:
    centres = np.array([item.place for item in parts]).reshape(-1, 3)
    return Fact(
        name,
        len(parts),
        where=describe_positions(centres),
        places=subsample_positions(centres, MOST_PARTS),
        parameters={
            "largest": parts[0].volume if parts else 0.0,
            "volumes": [round(item.volume, 2) for item in parts],
            **more,
        },
        sizes=round_sizes(item.volume for item in parts),
        size_unit="mm3",
    )
