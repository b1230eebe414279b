"""What lies where in the phantom: solids, materials and the truth about them, in LPS mm around the origin.

Everything fits into 140 x 140 x 112 mm at scale 1. A larger `scale` enlarges the bones, the body and the distances
between objects; balls, plates, walls and the joint gap keep their sizes, so that their truth does not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from .solids import Ball, Box, EllipticCylinder, GyroidSheets, InsetSolid, Point, RoundCone, Shell, Solid, Union

AIR_HU, SOFT_HU, CANCELLOUS_HU, CORTICAL_HU = -1000.0, 40.0, 300.0, 1200.0
PLATES_MM = (0.5, 1.0, 1.5, 2.0, 3.0)
BALL_DIAMETER_MM = 10.0
CORTEX_MM = 3.0
CUP_WALL_MM = 3.5
SHELL_WALL_MM = 2.0
TRABECULA_MM = 0.9
PLATE_LENGTH_MM, PLATE_HEIGHT_MM = 22.0, 16.0


@dataclass(frozen=True)
class GroundTruth:
    """What is known exactly about a phantom.

    `volumes_mm3` per object and material (``femur outer`` with its cavity, ``femur`` bone only), `distances_mm`
    (``balls`` centre to centre, ``joint gap``, ``ball diameter``), `walls_mm` thicknesses, `landmarks_lps` points,
    `bounds_mm` per object (xmin, xmax, ymin, ymax, zmin, zmax), `boundary_hu` half-maximum grey value between cortical
    bone and soft tissue, `hu` the materials, `objects` names of the separate bone objects, largest first; the first
    one carries the mark.
    """

    volumes_mm3: Mapping[str, float]
    distances_mm: Mapping[str, float]
    walls_mm: Mapping[str, float]
    landmarks_lps: Mapping[str, Point]
    boundary_hu: float
    bounds_mm: Mapping[str, tuple[float, float, float, float, float, float]]
    hu: Mapping[str, float]
    objects: tuple[str, ...]
    scale: float = 1.0
    gap_mm: float = 1.5
    defects: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class PhantomGeometry:
    """Solids of the phantom. `bones` are separate from each other; `inner` replaces bone by another material inside
    them; `lattice` is bone in that again."""

    bones: Mapping[str, Solid]
    inner: Mapping[str, tuple[Solid, float]]
    lattice: Solid | None
    body: Solid
    couch: Solid
    couch_core: Solid
    implant: Solid
    scale: float
    gap_mm: float


def _turned(degrees_z: float, degrees_x: float) -> tuple[Point, Point, Point]:
    cz, sz, cx, sx = (f(np.radians(a)) for a in (degrees_z, degrees_x) for f in (np.cos, np.sin))
    turn_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    turn_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    rows = (turn_z @ turn_x).T
    return _point(rows[0]), _point(rows[1]), _point(rows[2])


def _point(values: np.ndarray) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _at(scale: float, *point: float) -> Point:
    return _point(scale * np.asarray(point))


def _comb(scale: float) -> dict[str, Box]:
    """A turned bar on the shaft with plates of known thickness and a raised letter L on its front (patient's left is
    +x)."""
    axes = _turned(7.0, 5.0)
    turn = np.asarray(axes).T
    centre = np.asarray(_at(scale, -16.7, -7.0, -28.0))
    half = (5.0 * scale, 22.0, 9.0)

    def box(offset: tuple[float, float, float], size: tuple[float, float, float]) -> Box:
        where = centre + turn @ np.asarray(offset)
        return Box(_point(where), size, axes)

    boxes = {"bar": box((0.0, 0.0, 0.0), half)}
    embedded = 2.0
    for number, thickness in enumerate(PLATES_MM):
        length = PLATE_LENGTH_MM + embedded
        offset = (half[0] - embedded + length / 2, -17.0 + 8.5 * number, 0.0)
        boxes[f"plate {thickness:g} mm"] = box(offset, (length / 2, thickness / 2, PLATE_HEIGHT_MM / 2))
    # Seen from the front, the patient's left is on the right: the foot of the letter points to +x.
    boxes["mark L stroke"] = box((-2.5, -half[1] - 1.0, 0.0), (1.5, 2.5, 7.0))
    boxes["mark L foot"] = box((0.0, -half[1] - 1.0, -5.5), (4.0, 2.5, 1.5))
    return boxes


@lru_cache(maxsize=8)
def build_geometry(scale: float = 1.0, gap_mm: float = 1.5, trabeculae_mm: float = 0.0) -> PhantomGeometry:
    """The solids at a scale, with `gap_mm` between the head and its cup; `trabeculae_mm` > 0 is the period of sheets
    of bone in the core, which is then marrow instead of even cancellous bone."""
    head = Ball(_at(scale, -22, -4, 26), 15.0 * scale)
    femur = Union(
        (
            RoundCone(_at(scale, -30, -8, -40), _at(scale, -28, -6, 4), 10.0 * scale, 9.0 * scale),
            RoundCone(_at(scale, -28, -6, 4), head.centre, 9.0 * scale, 8.0 * scale),
            head,
            Ball(_at(scale, -28, -5, -41), 12.0 * scale),
        )
    )
    core = Union(tuple(InsetSolid(part, CORTEX_MM) for part in femur.parts))
    normal = np.array([0.35, -0.1, 1.0])
    normal /= np.linalg.norm(normal)
    cup = Shell(head.centre, head.radius + gap_mm + CUP_WALL_MM, CUP_WALL_MM, _point(normal), 2.0 * scale)
    shell = Shell(_at(scale, 32, -12, 30), 16.0 * scale, SHELL_WALL_MM)
    first = np.asarray(_at(scale, 28, -22, -16))
    second = first + scale * np.array([10.0, 20.0, -20.0])
    return PhantomGeometry(
        bones={
            "femur": Union((femur, *_comb(scale).values())),
            "cup": cup,
            "hollow shell": shell,
            "ball 1": Ball(_point(first), BALL_DIAMETER_MM / 2),
            "ball 2": Ball(_point(second), BALL_DIAMETER_MM / 2),
        },
        inner={"cancellous": (core, SOFT_HU if trabeculae_mm else CANCELLOUS_HU)},
        lattice=GyroidSheets(trabeculae_mm, TRABECULA_MM, core) if trabeculae_mm else None,
        body=EllipticCylinder((0.0, -6.0 * scale), (62.0 * scale, 54.0 * scale)),
        couch=Box((0.0, 58.0 * scale, 0.0), (52.0 * scale, 6.0, 1e4)),
        couch_core=Box((0.0, 58.0 * scale, 0.0), (52.0 * scale - 1.5, 4.5, 1e4)),
        implant=RoundCone(_at(scale, -28.5, -6.5, -30), _at(scale, -28, -6, 0), 4.0, 4.0),
        scale=scale,
        gap_mm=gap_mm,
    )


def object_distances(scale: float = 1.0, gap_mm: float = 1.5) -> dict[str, Solid]:
    """Named solids, each with `.distance(points)`: the bones, and the parts of the comb on the femur."""
    return {**build_geometry(scale, gap_mm).bones, **_comb(scale)}


def signed_distance(points_lps: np.ndarray, scale: float = 1.0, gap_mm: float = 1.5) -> np.ndarray:
    """Distance in mm of (n, 3) LPS points to the outer surface of the bones, negative inside.

    Cavities count as inside (the cancellous core, the hollow of the shell). Exact outside and on the surface; inside,
    near edges where solids overlap, a bound.
    """
    points = np.asarray(points_lps, dtype=np.float64)
    bones = dict(build_geometry(scale, gap_mm).bones)
    shell = bones["hollow shell"]
    assert isinstance(shell, Shell)
    bones["hollow shell"] = Ball(shell.centre, shell.radius)
    return np.minimum.reduce([bone.distance(points) for bone in bones.values()])


def boundary_distance(
    points_lps: np.ndarray, scale: float = 1.0, gap_mm: float = 1.5, trabeculae_mm: float = 0.0
) -> np.ndarray:
    """Distance in mm to any face of the bone material, inner faces too; negative in bone.

    On the inner face of the cortex the iso surface at `boundary_hu` lies a little deeper, since cancellous bone is
    brighter than soft tissue: by 0.37 times the standard deviation of the point spread function. Not so with
    `trabeculae_mm`. A blurred ball of radius r measures smaller by sigma^2 / r in radius, as in any scan.
    """
    points = np.asarray(points_lps, dtype=np.float64)
    what = build_geometry(scale, gap_mm, trabeculae_mm)
    material = np.minimum.reduce([bone.distance(points) for bone in what.bones.values()])
    inside = np.minimum.reduce([solid.distance(points) for solid, _ in what.inner.values()])
    bone = np.maximum(material, -inside)
    return bone if what.lattice is None else np.minimum(bone, what.lattice.distance(points))


def _integrate(solid: Solid, bounds: tuple[float, ...], step: float) -> tuple[float, tuple[float, ...]]:
    """Volume of a solid by a smoothed indicator on a grid of `step` mm, and its bounds from the same samples."""
    edge = 8 * step
    corners = [np.arange(low, high, edge) + edge / 2 for low, high in zip(bounds[::2], bounds[1::2])]
    cells = np.stack(np.meshgrid(*corners, indexing="ij"), axis=-1).reshape(-1, 3)
    middle, reach = solid.distance(cells), edge * np.sqrt(0.75) + step
    fine = (np.arange(8) - 3.5) * step
    offsets = np.stack(np.meshgrid(fine, fine, fine, indexing="ij"), axis=-1).reshape(-1, 3)
    points = (cells[np.abs(middle) <= reach][:, None, :] + offsets).reshape(-1, 3)
    distance = solid.distance(points)
    volume = (middle < -reach).sum() * edge**3 + np.clip(0.5 - distance / step, 0, 1).sum() * step**3
    # A sample's own distance says how far the surface is at most: outside it, or inside it.
    low, high = (points + distance[:, None]).min(axis=0), (points - distance[:, None]).max(axis=0)
    return float(volume), tuple(float(v) for pair in zip(low, high) for v in pair)


def _shell_volume(shell: Shell) -> float:
    """Volume of a spherical shell, cut by its plane if it has one (difference of two ball caps)."""

    def cap(radius: float) -> float:
        height = radius - (shell.offset if shell.normal is not None else -radius)
        return np.pi * height * height * (3 * radius - height) / 3

    return float(cap(shell.radius) - cap(shell.radius - shell.wall))


def _around(bounds: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Bounds (xmin, xmax, ...) around several."""
    each = np.asarray(bounds)
    return tuple(float(f(each[:, axis])) for axis, f in enumerate((np.min, np.max) * 3))


@lru_cache(maxsize=8)
def ground_truth(scale: float = 1.0, gap_mm: float = 1.5) -> GroundTruth:
    """Volumes, distances and walls of the phantom at a scale. Ball, shell and plate figures are exact; the volume and
    the bounds of the femur come from the solids on a grid (volume to about 0.1 %, bounds to about 0.1 mm)."""
    geometry = build_geometry(scale, gap_mm)
    outer, femur_bounds, core = _femur_figures(geometry, scale)
    first, second = _balls(geometry)
    return GroundTruth(
        volumes_mm3=_volumes(geometry, outer, core),
        distances_mm={
            "balls": float(np.linalg.norm(np.subtract(first.centre, second.centre))),
            "joint gap": gap_mm,
            "ball diameter": BALL_DIAMETER_MM,
        },
        walls_mm={
            "cortex": CORTEX_MM,
            "cup": CUP_WALL_MM,
            "hollow shell": SHELL_WALL_MM,
            **{f"plate {t:g} mm": t for t in PLATES_MM},
        },
        landmarks_lps=_landmarks(geometry, scale),
        boundary_hu=(CORTICAL_HU + SOFT_HU) / 2,
        bounds_mm={"femur": femur_bounds, **_sphere_bounds(geometry)},  # type: ignore[dict-item]
        hu={"air": AIR_HU, "soft": SOFT_HU, "cancellous": CANCELLOUS_HU, "cortical": CORTICAL_HU},
        objects=tuple(geometry.bones),
        scale=scale,
        gap_mm=gap_mm,
    )


def _balls(geometry: PhantomGeometry) -> list[Ball]:
    return [solid for solid in geometry.bones.values() if isinstance(solid, Ball)]


def _shell(geometry: PhantomGeometry, name: str) -> Shell:
    solid = geometry.bones[name]
    assert isinstance(solid, Shell)
    return solid


def _femur_figures(geometry: PhantomGeometry, scale: float) -> tuple[float, tuple[float, ...], float]:
    """Volume in mm3 of the femur with its core, its bounds in mm, and the volume of the core."""
    femur = geometry.bones["femur"]
    assert isinstance(femur, Union)
    # A grid resolves thin plates badly: they are boxes, and are added as such.
    plates = tuple(box for name, box in _comb(scale).items() if name.startswith("plate"))
    solid = Union(tuple(one for one in femur.parts if one not in plates))
    region = tuple(scale * v for v in (-48.0, 12.0, -36.0, 36.0, -58.0, 46.0))
    outer, bounds_solid = _integrate(solid, region, 0.7 * scale)
    outer += sum(PLATES_MM) * PLATE_LENGTH_MM * PLATE_HEIGHT_MM
    core, _ = _integrate(geometry.inner["cancellous"][0], region, 0.7 * scale)
    return outer, _around([bounds_solid, *(box.bounds() for box in plates)]), core


def _volumes(geometry: PhantomGeometry, femur_outer: float, core: float) -> dict[str, float]:
    """mm3 by object and material."""
    shell = _shell(geometry, "hollow shell")
    ball = float(4 / 3 * np.pi * (BALL_DIAMETER_MM / 2) ** 3)
    return {
        "femur outer": femur_outer,
        "femur": femur_outer - core,
        "cancellous": core,
        "cup": _shell_volume(_shell(geometry, "cup")),
        "hollow shell": _shell_volume(shell),
        "hollow shell outer": 4 / 3 * np.pi * shell.radius**3,
        "ball 1": ball,
        "ball 2": ball,
        **{f"plate {t:g} mm": t * PLATE_LENGTH_MM * PLATE_HEIGHT_MM for t in PLATES_MM},
    }


def _sphere_bounds(geometry: PhantomGeometry) -> dict[str, tuple[float, ...]]:
    """Bounds in mm of the whole spheres among the bones."""
    return {
        name: tuple(v for c in bone.centre for v in (c - bone.radius, c + bone.radius))
        for name, bone in geometry.bones.items()
        if isinstance(bone, (Ball, Shell)) and name != "cup"
    }


def _landmarks(geometry: PhantomGeometry, scale: float) -> dict[str, Point]:
    """Named points, LPS mm."""
    balls, comb = _balls(geometry), _comb(scale)
    return {
        "ball 1": balls[0].centre,
        "ball 2": balls[1].centre,
        "hollow shell": _shell(geometry, "hollow shell").centre,
        "head": _shell(geometry, "cup").centre,
        "mark L": comb["mark L foot"].centre,
        **{name: box.centre for name, box in comb.items() if name.startswith("plate")},
    }
