"""How a model stands: whether its weight lies over what it stands on, and a pose in which it would."""

from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh
from .build_volume_fit import Rotation, convex_hull_vertices, describe_rotation


@dataclass(frozen=True)
class StablePose:
    """`stands` as it is; `contact_mm2` is the area of what touches the plate (its hull); `rotation` puts the model on the face of its hull
    that is largest among those it would stand on, None where there is none."""

    stands: bool
    contact_mm2: float
    rotation: Rotation | None


def find_stable_pose(mesh: Mesh, touch_mm: float = 0.05) -> StablePose:
    """Pose of a closed solid, z up. Its weight is that of a full solid; `touch_mm` above the lowest point still touches the plate."""
    centre = center_of_mass(mesh)
    bottom = mesh.points[mesh.points[:, 2] < mesh.points[:, 2].min() + touch_mm][:, :2].astype(np.float64)
    stands, area = _over(bottom, centre[:2])
    return StablePose(stands, area, _best_face(mesh, centre))


def center_of_mass(mesh: Mesh) -> np.ndarray:
    """(3,) centre of mass of the solid in mm; the mean of the points where the volume is not positive."""
    middle = mesh.points.mean(axis=0, dtype=np.float64)
    corners = mesh.points.astype(np.float64)[mesh.triangles] - middle
    six = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
    if six.sum() <= 0:
        return middle
    return middle + (corners.sum(axis=1) * six[:, None]).sum(axis=0) / (4.0 * six.sum())


def _over(points: np.ndarray, centre: np.ndarray) -> tuple[bool, float]:
    """Whether the centre lies well inside the hull of the points (by 2 % of its size), and the hull's area."""
    from scipy.spatial import ConvexHull, QhullError

    if len(points) < 3:
        return False, 0.0
    try:
        hull = ConvexHull(points)
    except QhullError:
        return False, 0.0
    inside = hull.equations[:, :2] @ centre + hull.equations[:, 2]
    return bool(inside.max() < -0.02 * np.sqrt(hull.volume)), float(hull.volume)


def _best_face(mesh: Mesh, centre: np.ndarray) -> Rotation | None:
    """The rotation that lays the largest standing face of the convex hull on the plate; faces within 2 degrees count as one."""
    from scipy.spatial import ConvexHull, QhullError

    points = convex_hull_vertices(mesh.points)
    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):
        return None
    corners = points[hull.simplices]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2.0
    normals = hull.equations[:, :3]
    best: tuple[float, np.ndarray] | None = None
    for index in np.argsort(-area)[:100]:
        normal = normals[index]
        same = normals @ normal > 0.9994
        total = float(area[same].sum())
        if best is not None and total <= best[0]:
            continue
        matrix = _down(normal)
        level = points @ matrix.T
        touching = level[level[:, 2] < level[:, 2].min() + 0.05][:, :2]
        if _over(touching, (matrix @ centre)[:2])[0]:
            best = (total, matrix)
    return describe_rotation(best[1]) if best is not None else None


def _down(normal: np.ndarray) -> np.ndarray:
    """The shortest rotation that takes `normal` to -z."""
    from scipy.spatial.transform import Rotation as Turn

    target = np.array([0.0, 0.0, -1.0])
    axis = np.cross(normal, target)
    sine, cosine = np.linalg.norm(axis), float(normal @ target)
    if sine < 1e-9:
        return np.eye(3) if cosine > 0 else np.diag([1.0, -1.0, -1.0])
    return Turn.from_rotvec(axis / sine * np.arctan2(sine, cosine)).as_matrix()
