"""What a repair lost and added: distances between source and result, and the pieces that are gone."""

from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.graph import label_connected_nodes
from ..mesh.merge_points import merged_mesh
from ..mesh.topology import degenerate_triangles
from ..mesh.triangle_distance import nearest_triangles
from ..mesh.triangle_lattice import longest_sides
from ..messages import _, join
from .limits import RepairLimits
from .types import LostPiece, RepairDistance, RepairMeasures
from .winding_number import winding_numbers

_SAMPLES = 20_000  # places on the changed triangles of one surface
_PROBES = (240, 2000)  # places whose side of the solids is asked for: at least and at most
_PAIRS = 1_000_000  # of place and triangle that this may take
KINDS_OF_LOSS = ("lost", "filled", "sheet")
_TOLD = 20  # pieces that are named


@dataclass(frozen=True)
class _Changed:
    """The triangles of one surface that the other lacks, with their distance from it: `triangles` (n,) indices, `area` (n,) mm2,
    `places` (k, 3) with their `owner` (k,) among the n, `distance` (k,) mm and the area `weight` (k,) mm2 each stands for."""

    triangles: np.ndarray
    area: np.ndarray
    places: np.ndarray
    owner: np.ndarray
    distance: np.ndarray
    weight: np.ndarray


def measure_repair(
    source: Mesh,
    result: Mesh,
    limits: RepairLimits,
    max_loss_mm: float | None = None,
    may_fill_mm: float = 0.0,
    capped: Mesh | None = None,
) -> RepairMeasures:
    """What became of the source.

    Parameters
    ----------
    source, result
        Points in mm. Triangles that both have are not measured: their distance is 0.
    limits
        What may be lost.
    max_loss_mm
        A piece farther than this from the result is lost; None: the limit's share of the diagonal.
    may_fill_mm
        How deep in the result source surface may lie on purpose (half the thickness that a sheet was given).
    capped
        The source with its holes closed, which tells better what was solid; None: the source itself.
    """
    source, result = _finite(source), _finite(result)
    size = np.array(source.bounds).reshape(3, 2) if len(source.points) else np.zeros((3, 2))
    diagonal = float(np.linalg.norm(size[:, 1] - size[:, 0]))
    limit = limits.part_share * diagonal if max_loss_mm is None else max_loss_mm
    limit = max(limit, 1.05 * may_fill_mm)
    gone, new = _difference(source, result)
    lost, added = _changed(source, gone, result), _changed(result, new, source)
    total = float(_areas(source).sum())
    kinds = _kinds(source, source if capped is None else _finite(capped), result, lost, limit)
    counted = kinds != "swallowed"
    swallowed = float(lost.weight[~counted].sum())
    # What is smaller than the stated limit in both directions is no feature.
    spared = limits.part_area_share * total if max_loss_mm is None else min(limits.part_area_share * total, limit**2)
    pieces = _pieces(
        source, lost, kinds, limit, {"sheet": limits.sheet_area_share * total, "lost": spared, "filled": spared}
    )
    return RepairMeasures(
        diagonal_mm=diagonal,
        limit_mm=limit,
        intended_mm=may_fill_mm,
        loss=_statistics(lost.distance[counted], lost.weight[counted], total - swallowed),
        added=_statistics(added.distance, added.weight, float(_areas(result).sum())),
        lost_area_mm2=float(sum(piece.area_mm2 for piece in pieces)),
        swallowed_area_mm2=swallowed,
        pieces=pieces[:_TOLD],
        piece_count=len(pieces),
        triangles_before=len(source.triangles),
        triangles_after=len(result.triangles),
        triangles_removed=len(gone),
        triangles_added=len(new),
        parts_before=_parts(source),
        parts_after=_parts(result),
        area_before_mm2=total,
        area_after_mm2=float(_areas(result).sum()),
        volume_before_mm3=source.volume,
        volume_after_mm3=result.volume,
    )


def plain_loss(source: Mesh, result: Mesh) -> RepairDistance:
    """The distance from the whole surface of the source to the result, surface inside of overlapping parts counted too. Points in mm."""
    source, result = _finite(source), _finite(result)
    lost = _changed(source, _difference(source, result)[0], result)
    return _statistics(lost.distance, lost.weight, float(_areas(source).sum()))


def loss_sentences(measures: RepairMeasures, limits: RepairLimits, name: str = _("the model")) -> tuple[str, ...]:
    """Why a repair loses more than it may, one sentence a reason; empty where it does not."""
    told = []
    for piece in (piece for piece in measures.pieces if piece.is_beyond_limit):
        sides = join(" x ", (_("{side:.3g}", side=side) for side in piece.size))
        place = join(", ", (_("{value:.4g}", value=value) for value in piece.place))
        what = {
            "lost": _("a piece of the surface would be lost"),
            "filled": _("a hollow would be filled"),
            "sheet": _("a sheet without thickness would be dropped"),
        }[piece.kind]
        told.append(
            _(
                "{what}: {area_mm2:.3g} mm2 in a box of {sides} mm around {place} (LPS), up to "
                "{distance_mm:.3g} mm from the result (limit {limit_mm:.3g} mm)",
                what=what,
                area_mm2=piece.area_mm2,
                sides=sides,
                place=place,
                distance_mm=piece.distance_mm,
                limit_mm=measures.limit_mm,
            )
        )
        if len(told) == 3:
            break
    mean, p95 = (share * measures.diagonal_mm + measures.intended_mm for share in (limits.mean_share, limits.p95_share))
    if measures.loss.mean_mm > mean or measures.loss.p95_mm > p95:
        told.append(
            _(
                "the surface would move by {mean_mm:.3g} mm on average and {p95_mm:.3g} mm at 95 % (limits "
                "{mean:.3g} and {p95:.3g} mm)",
                mean_mm=measures.loss.mean_mm,
                p95_mm=measures.loss.p95_mm,
                mean=mean,
                p95=p95,
            )
        )
    return tuple(told)


def _finite(mesh: Mesh) -> Mesh:
    """The mesh after the weld, without triangles that are no surface."""
    points, triangles, _unused = merged_mesh(mesh)
    flat = degenerate_triangles(points, triangles)
    used, compact = np.unique(triangles[~flat], return_inverse=True)
    return Mesh(points[used], compact.reshape(-1, 3), mesh.name)


def _areas(mesh: Mesh) -> np.ndarray:
    return np.linalg.norm(mesh.triangle_normals(), axis=1) / 2.0


def _parts(mesh: Mesh) -> int:
    return label_face_components(mesh.triangles)[0]


def _difference(one: Mesh, other: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of each that the other has not, whichever way they face, by their corners in float32."""
    points, group = np.unique(np.concatenate([one.points, other.points]), axis=0, return_inverse=True)
    group = group.ravel()
    size = len(points) + 1
    keys = []
    for mesh, shift in ((one, 0), (other, len(one.points))):
        corner = np.sort(group[mesh.triangles + shift], axis=1).astype(np.float64)
        # Exact below 2^53: two numbers side by side, not one of three.
        keys.append(np.rec.fromarrays([corner[:, 0] * size + corner[:, 1], corner[:, 2]]))
    return np.flatnonzero(~np.isin(keys[0], keys[1])), np.flatnonzero(~np.isin(keys[1], keys[0]))


def _changed(mesh: Mesh, triangles: np.ndarray, other: Mesh) -> _Changed:
    corners = mesh.points.astype(np.float64)[mesh.triangles[triangles]]
    area = _areas(Mesh(mesh.points, mesh.triangles[triangles]))
    empty = np.zeros(0)
    if len(triangles) == 0:
        return _Changed(triangles, area, np.zeros((0, 3)), np.zeros(0, np.int64), empty, empty)
    places, owner, weight = _sample(corners, area)
    far = float(np.ptp(mesh.points, axis=0).max())
    distance = nearest_triangles(places, other)[1] if len(other.triangles) else np.full(len(places), far)
    return _Changed(triangles, area, places, owner, distance, weight)


def _sample(corners: np.ndarray, area: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places in triangles (m, 3, 3), the triangle of each, and the area each stands for: the middle of every triangle, and more in the
    large ones, in the golden ratio's pattern so that the same mesh gives the same places."""
    rest = max(_SAMPLES - len(area), 0)
    # A long triangle is sampled along its length too, however small its area.
    want = np.maximum(area, 0.02 * longest_sides(corners) ** 2)
    count = 1 + np.floor(rest * want / max(float(want.sum()), 1e-300)).astype(np.int64)
    owner = np.repeat(np.arange(len(area)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    u = np.where(count[owner] > 1, (0.5 + number) / count[owner], 4.0 / 9.0)
    v = np.where(count[owner] > 1, (0.5 + number * 0.6180339887498949) % 1.0, 0.5)
    root = np.sqrt(u)
    weights = np.stack([1.0 - root, root * (1.0 - v), root * v], axis=1)
    places = np.einsum("ij,ijk->ik", weights, corners[owner])
    return places, owner, area[owner] / count[owner]


def _statistics(distance: np.ndarray, weight: np.ndarray, total: float) -> RepairDistance:
    """With the area `total` mm2 of which only `weight` was measured; the rest has distance 0."""
    if len(distance) == 0 or total <= 0.0:
        return RepairDistance(0.0, 0.0, 0.0)
    order = np.argsort(-distance)
    beyond = np.cumsum(weight[order])
    at = int(np.searchsorted(beyond, 0.05 * total))
    p95 = float(distance[order[at]]) if at < len(order) else 0.0
    return RepairDistance(float((distance * weight).sum() / total), p95, float(distance.max()))


def _kinds(source: Mesh, solid: Mesh, result: Mesh, lost: _Changed, limit: float) -> np.ndarray:
    """(k,) ``near`` or the kind of loss for each place; ``swallowed`` where solid lay on both of its sides.

    By place, not by triangle: a large triangle may lie within another shell for a part only. The kind is asked for at some places and
    taken over to the others from the nearest of them that faces alike. `solid` is what the sides are asked of.
    """
    from scipy.spatial import cKDTree

    kinds = np.full(len(lost.places), "near", dtype="<U9")
    diagonal = float(np.linalg.norm(np.ptp(source.points, axis=0))) if len(source.points) else 0.0
    far = np.flatnonzero(lost.distance > min(limit, 0.005 * diagonal))
    if len(far) == 0:
        return kinds
    normals = source.triangle_normals()[lost.triangles[lost.owner[far]]]
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-300)[:, None]
    places = lost.places[far]
    most = int(np.clip(_PAIRS / max(len(solid.triangles), len(result.triangles), 1), _PROBES[0], _PROBES[1]))
    order = np.argsort(-lost.weight[far], kind="stable")
    probes = order if len(order) <= most else order[np.linspace(0, len(order) - 1, most).astype(int)]
    hair = 1e-4 * diagonal * normals[probes]
    outer = winding_numbers(solid, places[probes] + hair)
    inner = winding_numbers(solid, places[probes] - hair)
    covered = winding_numbers(result, places[probes]) > 0.5
    kind = np.where(np.maximum(inner, -outer) < 0.75, "sheet", np.where(covered, "filled", "lost")).astype(kinds.dtype)
    # Half a turn is the border of the inside; the shells around may be open elsewhere.
    kind[covered & (np.minimum(inner, outer) > 0.5)] = "swallowed"
    placed = np.concatenate([places, 0.02 * diagonal * normals], axis=1)
    _unused, nearest = cKDTree(placed[probes]).query(placed)
    kinds[far] = kind[nearest]
    return kinds


def _pieces(
    source: Mesh, lost: _Changed, kinds: np.ndarray, limit: float, spared: dict[str, float]
) -> tuple[LostPiece, ...]:
    gone = np.flatnonzero((lost.distance > limit) & np.isin(kinds, KINDS_OF_LOSS))
    if len(gone) == 0:
        return ()
    away, owner = np.unique(lost.owner[gone], return_inverse=True)
    share = np.zeros((len(away), len(KINDS_OF_LOSS)))
    which = np.array([KINDS_OF_LOSS.index(kind) for kind in kinds[gone]], dtype=np.int64)
    np.add.at(share, (owner, which), lost.weight[gone])
    kind_of, area_of = share.argmax(axis=1), share.sum(axis=1)
    reach = np.zeros(len(away))
    np.maximum.at(reach, owner, lost.distance[gone])
    edges = build_edge_table(source.triangles[lost.triangles[away]])
    first, second = edges.pairs()
    alike = kind_of[first // 3] == kind_of[second // 3]
    count, label = label_connected_nodes(first[alike] // 3, second[alike] // 3, len(away))
    area = np.bincount(label, area_of, minlength=count)
    sheets = float(area_of[kind_of == KINDS_OF_LOSS.index("sheet")].sum())
    low, high = _boxes(source, lost, gone, away, owner, label, count)
    furthest = np.zeros(count)
    np.maximum.at(furthest, label, reach)
    kind_of_piece = np.zeros(count, dtype=np.int64)
    kind_of_piece[label] = kind_of
    found: list[LostPiece] = []
    for number in np.argsort(-area, kind="stable"):
        middle, size = ((low[number] + high[number]) / 2.0).tolist(), (high[number] - low[number]).tolist()
        kind = KINDS_OF_LOSS[kind_of_piece[number]]
        much = sheets if kind == "sheet" else float(area[number])
        found.append(
            LostPiece(
                kind,
                float(area[number]),
                float(furthest[number]),
                (middle[0], middle[1], middle[2]),
                (size[0], size[1], size[2]),
                much > spared[kind],
            )
        )
    return tuple(found)


def _boxes(
    source: Mesh, lost: _Changed, gone: np.ndarray, away: np.ndarray, owner: np.ndarray, label: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high corners (count, 3) of the pieces: of whole triangles where every place of them is gone, else of the places that are."""
    whole = np.bincount(owner, minlength=len(away)) == np.bincount(lost.owner, minlength=len(lost.triangles))[away]
    corners = source.points.astype(np.float64)[source.triangles[lost.triangles[away[whole]]]].reshape(-1, 3)
    points = np.concatenate([lost.places[gone], corners])
    of = np.concatenate([label[owner], np.repeat(label[whole], 3)])
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, of, points)
    np.maximum.at(high, of, points)
    return low, high
