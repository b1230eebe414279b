"""Is the anatomy whole, and does it use the field of view?"""

import numpy as np

from ...images.raster import RED, YELLOW, RasterImage, apply_window, draw_line, hstack, overlay_mask, resample_isotropic
from ...messages import _, join
from ...rules import MISSING, Fact
from ...volume import Volume
from .scan_overview import ScanOverview, _circle, _padding
from .slice_labels import confidence_label, slice_center

MIN_TRUNCATION_MM2 = 20.0  # less contact is a voxel row or noise; says only how sure the measure is
TYPICAL_BODY_RATIO = 0.25  # the catalogue's figure; says only how sure the measure is
SIDES = (_("right"), _("left"), _("front"), _("back"), _("first slice"), _("last slice"))


def segment_truncation(volume: Volume, mask: np.ndarray) -> tuple[tuple[Fact, Fact], tuple[RasterImage, ...]]:
    """Where a chosen segment `mask` (k, j, i) is cut off by the edges of the scan: facts and pictures as `detect`
    gives them.

    Facts ``fov_cut_mm2`` (sides and the edge of a round reconstruction) and ``fov_cut_ends_mm2`` (first and last
    slice).
    """
    step = max(1, round(2.0 / (sum(volume.spacing[:2]) / 2)))
    padding = _padding(volume.array[:, ::step, ::step])
    return _cut(volume, mask, 1, _circle(volume.array, padding), _("the chosen anatomy"))


def bone_truncation(scene: ScanOverview) -> tuple[tuple[Fact, Fact], tuple[RasterImage, ...]]:
    """The same for the largest bone of the body, before anything is segmented."""
    return _cut(scene.volume, scene.bone, scene.bone_step, scene.circle, _("the largest bone"))


def _cut(
    volume: Volume, mask: np.ndarray, step: int, circle: np.ndarray | None, what: str
) -> tuple[tuple[Fact, Fact], tuple[RasterImage, ...]]:
    evidence = _("pixels: contact of {what} with the edges of the scan", what=what)
    if not mask.any():
        return (
            Fact("fov_cut_mm2", MISSING, _("no bone was found"), evidence),
            Fact("fov_cut_ends_mm2", MISSING, _("no bone was found"), evidence),
        ), ()
    size_i, size_j, size_k = volume.spacing[0] * step, volume.spacing[1] * step, volume.spacing[2]
    faces = [mask[:, :, 0], mask[:, :, -1], mask[:, 0], mask[:, -1], mask[0], mask[-1]]
    areas = [
        float(face.sum()) * area
        for face, area in zip(faces, (size_j * size_k,) * 2 + (size_i * size_k,) * 2 + (size_i * size_j,) * 2)
    ]
    contact = dict(zip(SIDES, areas))
    at_edge = np.zeros(mask.shape[1:], bool)
    if circle is not None:
        at_edge = _edge(circle[::step, ::step])
        inner = at_edge.copy()
        inner[[0, -1]] = inner[:, [0, -1]] = False
        contact[_("round edge")] = float((mask & inner).sum()) * (size_i + size_j) / 2 * size_k
    lateral = {name: round(area, 1) for name, area in contact.items() if area > 0 and "slice" not in name}
    ends = {name: round(area, 1) for name, area in contact.items() if area > 0 and "slice" in name}
    places = tuple(slice_center(volume, k) for k in _touching(mask, at_edge)[:1])
    total = round(sum(lateral.values()), 1)
    facts = (
        Fact(
            "fov_cut_mm2",
            total,
            join(", ", lateral),
            evidence,
            parameters={"faces": lateral, "sure": confidence_label(total / MIN_TRUNCATION_MM2)},
            places=places,
        ),
        Fact(
            "fov_cut_ends_mm2",
            round(sum(ends.values()), 1),
            join(", ", ends),
            evidence,
            parameters={"faces": ends, "sure": confidence_label(sum(ends.values()) / MIN_TRUNCATION_MM2)},
        ),
    )
    return facts, _cut_picture(volume, mask, step, at_edge, what, sum(lateral.values())) if lateral else ()


def _edge(outside: np.ndarray) -> np.ndarray:
    """Pixels just inside the reconstruction circle."""
    from scipy import ndimage

    return ndimage.binary_dilation(outside) & ~outside


def _rim(mask: np.ndarray, at_edge: np.ndarray) -> np.ndarray:
    """(k, j, i) voxels of the mask at a side or at the round edge."""
    sides = at_edge.copy()
    sides[[0, -1]] = True
    sides[:, [0, -1]] = True
    return mask & sides


def _touching(mask: np.ndarray, at_edge: np.ndarray) -> list[int]:
    """The slice with most contact."""
    counts = _rim(mask, at_edge).sum(axis=(1, 2))
    return [int(counts.argmax())] if counts.any() else []


def _cut_picture(
    volume: Volume, mask: np.ndarray, step: int, at_edge: np.ndarray, what: str, area: float
) -> tuple[RasterImage, ...]:
    """The slice with most contact, and all slices from the front, contact in red."""
    from scipy import ndimage

    rim = _rim(mask, at_edge)
    k = int(rim.sum(axis=(1, 2)).argmax())
    thick = ndimage.binary_dilation(rim[k], iterations=3)
    axial = overlay_mask(apply_window(volume.array[k, ::step, ::step], -200, 900), thick, RED, 0.8)
    up = slice(None, None, -1) if volume.affine[2, 2] > 0 else slice(None)
    depth = mask.sum(axis=1)
    front = overlay_mask(apply_window(depth, 0, max(1, int(depth.max()))), np.any(rim, axis=1), RED, 0.8)[up]
    halves = [
        resample_isotropic(axial, volume.spacing[1], volume.spacing[0], 198),
        resample_isotropic(front, volume.spacing[2], volume.spacing[0] * step, 198),
    ]
    text = _(
        "{what}{what2} is cut off at the edge of the scan over {area:.0f} mm2 (red).",
        what=what[0].upper(),
        what2=what[1:],
        area=area,
    )
    caption = _("{text} Left: the slice with most contact; right: seen from the front.", text=text)
    return (RasterImage("fov-cut", caption, text, hstack(halves)),)


def body_to_fov_ratio(scene: ScanOverview) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``body_share_of_fov``: bounding box of the body without couch, over the area of the field of view (0..1)."""
    evidence = _("pixels: bounding box of the body without its couch over the field of view")
    flat = np.any(scene.body, axis=0)
    if not flat.any() or scene.air is None or scene.dry:
        return Fact("body_share_of_fov", MISSING, _("the body could not be told from the air"), evidence), ()
    rows, columns = np.flatnonzero(np.any(flat, axis=1)), np.flatnonzero(np.any(flat, axis=0))
    height, width = (float(used[-1] - used[0] + 1) for used in (rows, columns))
    size_j, size_i = scene.volume.spacing[1] * scene.body_step, scene.volume.spacing[0] * scene.body_step
    share = height * width / flat.size
    fact = Fact(
        "body_share_of_fov",
        round(share, 3),
        "",
        evidence,
        parameters={
            "body_mm": (round(width * size_i), round(height * size_j)),
            "field_mm": (round(flat.shape[1] * size_i), round(flat.shape[0] * size_j)),
            "sure": confidence_label(share / TYPICAL_BODY_RATIO),
        },
    )
    return fact, (_box(scene, (rows[0], rows[-1]), (columns[0], columns[-1]), share),)


def _box(scene: ScanOverview, rows: tuple[int, int], columns: tuple[int, int], share: float) -> RasterImage:
    """The slice with most of the body, in the box that holds all of it."""
    k = int(scene.body.sum(axis=(1, 2)).argmax())
    step = scene.body_step
    picture = resample_isotropic(
        apply_window(scene.volume.array[k, ::step, ::step], -200, 900), scene.volume.spacing[1], scene.volume.spacing[0]
    )
    grow_j, grow_i = picture.shape[0] / scene.body.shape[1], picture.shape[1] / scene.body.shape[2]
    top, bottom = rows[0] * grow_j, (rows[1] + 1) * grow_j - 2
    left, right = columns[0] * grow_i, (columns[1] + 1) * grow_i - 2
    corners = [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)]
    for start, end in zip(corners, corners[1:]):
        picture = draw_line(picture, start, end, YELLOW)
    text = _("The body (box) fills {share:.0%} of the field of view.", share=share)
    return RasterImage("body-share", text, text, picture)
