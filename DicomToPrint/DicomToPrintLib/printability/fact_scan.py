"""Facts of the file against the scan it came from: place and sides, lost and added parts, the text on it."""

from dataclasses import replace

import numpy as np

from ..findings import MISSING, Fact
from ..measure.voxelise import voxelised
from ..mesh import Mesh
from ..progress import Progress, part
from .fact_label import label_facts
from .fact_mesh import as_places, in_words
from .reference import ScanReference

NEAR_VOXELS = 2.0  # a surface lies where it was scanned if 90 % of it is this near to the segment's boundary
LEAST_MM3 = 1.0

TURNS: tuple[tuple[str, tuple[float, float, float]], ...] = (
    ("as scanned", (1.0, 1.0, 1.0)),
    ("half a turn off (RAS coordinates read as LPS)", (-1.0, -1.0, 1.0)),
    ("mirrored left to right", (-1.0, 1.0, 1.0)),
    ("mirrored front to back", (1.0, -1.0, 1.0)),
    ("mirrored head to foot", (1.0, 1.0, -1.0)),
)


def scan_facts(mesh: Mesh, reference: ScanReference, progress: Progress) -> dict[str, Fact]:
    """Compare with whatever the reference holds; what it does not hold is not judged."""
    back = mesh
    if reference.moved is not None:
        inverse = np.linalg.inv(reference.moved)
        back = replace(mesh, points=mesh.points.astype(np.float64) @ inverse[:3, :3].T + inverse[:3, 3])
    facts: dict[str, Fact] = {}
    placement = _placement(back, reference, part(progress, 0.0, 0.3))
    facts["placement"] = placement
    if reference.mask is not None and reference.affine is not None and placement.value == "as scanned":
        facts.update(_parts_against(back, reference, part(progress, 0.3, 0.95)))
    if reference.labels:
        facts.update(label_facts(mesh, reference.labels))
    return facts


def _placement(mesh: Mesh, reference: ScanReference, progress: Progress) -> Fact:
    if reference.mask is not None and reference.affine is not None and reference.mask.any():
        return _placement_on_mask(mesh, reference.mask, reference.affine, progress)
    if reference.bounds is None:
        return Fact("placement", MISSING)
    scan = np.array(reference.bounds).reshape(3, 2)
    margin = 0.02 * np.ptp(scan, axis=1) + 2.0
    for name, signs in TURNS[:2]:
        points = mesh.points * np.array(signs)
        if np.all(points.min(axis=0) >= scan[:, 0] - margin) and np.all(points.max(axis=0) <= scan[:, 1] + margin):
            return Fact("placement", name, evidence="bounds of the scan only: sides cannot be told from them")
    return Fact(
        "placement", "moved", evidence="bounds of the scan", parameters={"measured": "it lies outside the scan"}
    )


def _placement_on_mask(mesh: Mesh, mask: np.ndarray, affine: np.ndarray, progress: Progress) -> Fact:
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
        progress(index / len(TURNS), "comparing sides with the scan")
        turned = points * np.array(signs)
        in_place = turned - (turned.min(axis=0) + turned.max(axis=0)) / 2.0 + centre
        tried = [turned] if index == 0 else [turned, in_place]
        away.append((min(float(np.percentile(tree.query(item)[0], 90)) for item in tried), name))
    identity = away[0][0]
    best, name = min(away)
    evidence = f"90 % of the surface lies within {identity:.2f} mm of the segment's boundary, {best:.2f} mm when {name}"
    if identity <= max(NEAR_VOXELS * step, 1.5 * best):
        return Fact("placement", "as scanned", evidence=evidence)
    if best <= NEAR_VOXELS * step:
        return Fact("placement", name, evidence=evidence)
    return Fact("placement", "moved", evidence=evidence)


def _parts_against(mesh: Mesh, reference: ScanReference, progress: Progress) -> dict[str, Fact]:
    """Lost and added parts over 1 mm3; what differs within one voxel of the surface is partial volume, not a part."""
    from scipy import ndimage

    assert reference.mask is not None and reference.affine is not None
    mask, origin = _cropped(reference.mask, mesh, reference.affine)
    affine = reference.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ origin
    model = voxelised(mesh, affine, mask.shape, part(progress, 0.0, 0.5))
    voxel = abs(float(np.linalg.det(affine[:3, :3])))
    progress(0.6, "looking for lost and added parts")
    ball = ndimage.generate_binary_structure(3, 2)
    lost = _parts(mask & ~model, mask & ~ndimage.binary_dilation(model, ball), affine, voxel)
    progress(0.8, "looking for lost and added parts")
    added = _parts(model & ~mask, model & ~ndimage.binary_dilation(mask, ball), affine, voxel)
    wanted = ", ".join(reference.intended)
    facts = {"lost_parts": _listed("lost_parts", lost), "added_parts": _listed("added_parts", added, intended=wanted)}
    critical = []
    for name, region in reference.critical.items():
        small = _cropped(region, mesh, reference.affine, reference.mask)[0]
        if np.any(small & mask & ~ndimage.binary_dilation(model, ball)):
            critical.append(name)
    if reference.critical:
        facts["critical_lost"] = Fact("critical_lost", len(critical), parameters={"names": ", ".join(critical)})
    return facts


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


def _parts(
    difference: np.ndarray, core: np.ndarray, affine: np.ndarray, voxel: float
) -> list[tuple[float, np.ndarray]]:
    """(mm3, centre LPS) of each connected part of the difference that has a core, over 1 mm3, the largest first."""
    from scipy import ndimage

    if not core.any():
        return []
    near = ndimage.binary_dilation(core, ndimage.generate_binary_structure(3, 2)) & difference
    label, count = ndimage.label(near)
    volume = np.bincount(label.ravel(), minlength=count + 1)[1:] * voxel
    found = []
    for index in np.flatnonzero(volume > LEAST_MM3):
        k, j, i = ndimage.center_of_mass(label == index + 1) if count < 50 else np.argwhere(label == index + 1)[0]
        found.append((float(volume[index]), affine[:3, :3] @ np.array([i, j, k]) + affine[:3, 3]))
        if len(found) >= 200:
            break
    return sorted(found, key=lambda item: -item[0])


def _listed(name: str, parts: list[tuple[float, np.ndarray]], **more: object) -> Fact:
    centres = np.array([centre for _, centre in parts]).reshape(-1, 3)
    return Fact(
        name,
        len(parts),
        where=in_words(centres),
        places=as_places(centres),
        parameters={
            "largest": parts[0][0] if parts else 0.0,
            "volumes": [round(volume, 2) for volume, _ in parts],
            **more,
        },
    )
