"""Voxels with their true place in the patient, and the one place where an uneven or sheared grid is resampled."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .messages import _
from .progress import ProgressCallback, no_progress
from .text import pluralize

VOLUME_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")  # files of voxels without headers to judge

# Modalities whose volumes hold attenuation of X-rays; cone-beam units write CT, or the kind of the object that they derive.
XRAY_MODALITIES = ("CT", "DX", "XA", "PX", "IO", "RF")


@dataclass(frozen=True)
class Volume:
    """Grey values and where they lie.

    `array` (k, j, i) int16 or float32, in HU after rescale; `affine` 4x4 float64, takes (i, j, k, 1) to LPS mm and keeps shear.
    `interpolated` (k,) bool marks slices that were not measured but interpolated on a regular grid (None: all measured).
    `notes` say what was done to the voxels on the way here, one sentence each, for the record. `modality` is that of the series (PS3.3
    C.7.3.1.1.1), `frame_uid` its Frame of Reference UID (C.7.4.1), `series_uid` its own UID; empty where nobody says.
    """

    array: np.ndarray
    affine: np.ndarray
    interpolated: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())
    modality: str = ""
    frame_uid: str = ""
    series_uid: str = ""

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Lengths of the index steps i, j, k in mm."""
        return tuple(float(v) for v in np.linalg.norm(self.affine[:3, :3], axis=0))  # type: ignore[return-value]

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in mm3 (shear counted)."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def shear_degrees(self) -> float:
        """Largest departure from a right angle between two index axes, in degrees."""
        axes = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        cosines = np.abs([axes[:, 0] @ axes[:, 1], axes[:, 0] @ axes[:, 2], axes[:, 1] @ axes[:, 2]])
        return float(np.degrees(np.arcsin(np.clip(cosines.max(), 0.0, 1.0))))

    def to_lps(self, ijk: np.ndarray) -> np.ndarray:
        """(n, 3) index coordinates (i, j, k) to (n, 3) LPS mm."""
        return np.asarray(ijk, dtype=np.float64) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_ijk(self, lps: np.ndarray) -> np.ndarray:
        """(n, 3) LPS mm to (n, 3) continuous index coordinates (i, j, k)."""
        inverse = np.linalg.inv(self.affine)
        return np.asarray(lps, dtype=np.float64) @ inverse[:3, :3].T + inverse[:3, 3]


def in_patient_axes(volume: Volume) -> Volume:
    """The same voxels in the order in which every scan is segmented: k along the thickest step, or else upwards, i before j along
    left, posterior, superior, each index rising that way.

    However a scan is stored (axial, coronal, sagittal, flipped), the same voxels then give the same model. Unchanged, and not copied,
    where they are in this order already; a scan with interpolated slices keeps its slices, which are marked along k.
    """
    steps = np.asarray(volume.spacing)
    patient = np.argmax(np.abs(volume.affine[:3, :3]) / steps, axis=0)  # 0 left, 1 posterior, 2 superior of each index
    if sorted(patient) != [0, 1, 2]:
        return volume
    thickest = int(np.argmax(steps))
    is_thick = steps[thickest] > 1.05 * np.sort(steps)[1]
    last = 2 if volume.interpolated is not None else thickest if is_thick else int(np.argmax(patient))
    first, second = sorted((n for n in range(3) if n != last), key=lambda n: patient[n])
    order = [first, second, last]
    signs = np.array([1.0 if volume.affine[patient[n], n] > 0 else -1.0 for n in order])
    if volume.interpolated is not None:
        signs[2] = 1.0
    affine = np.eye(4)
    affine[:3, :3] = volume.affine[:3, order] * signs
    sizes = np.array(volume.array.shape[::-1])
    starts = np.where([sign < 0 for sign in signs], sizes[order] - 1, 0)
    affine[:3, 3] = volume.affine[:3, 3] + volume.affine[:3, order] @ starts
    if np.array_equal(affine, volume.affine):
        return volume
    array = reordered(volume.array, volume.affine, affine, tuple(sizes[order][::-1]))
    assert array is not None
    return replace(volume, array=np.ascontiguousarray(array), affine=affine)


def reordered(array: np.ndarray, affine: np.ndarray, wanted: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A view of `array` (k, j, i) with `shape`, whose indices `wanted` (4x4) takes to the same places as `affine` those of `array`.

    None where both are not the same grid in another order of its axes.
    """
    across = np.linalg.inv(wanted) @ affine
    turn = np.rint(across[:3, :3])
    if not np.allclose(across[:3, :3], turn, atol=1e-4) or not np.array_equal(np.abs(turn) @ np.abs(turn).T, np.eye(3)):
        return None
    source = np.argmax(np.abs(turn), axis=1)  # of the new i, j, k: the old index
    falling = turn[np.arange(3), source] < 0
    sizes = np.array(array.shape[::-1])[source]
    if tuple(sizes[::-1]) != shape or not np.allclose(across[:3, 3], np.where(falling, sizes - 1, 0), atol=1e-2):
        return None
    turned = array.transpose([2 - source[2 - axis] for axis in range(3)])
    return np.flip(turned, tuple(axis for axis in range(3) if falling[2 - axis]))


def volume_from_slices(
    slices: np.ndarray,
    origins: np.ndarray,
    step_i: np.ndarray,
    step_j: np.ndarray,
    even_tolerance: float,
    progress: ProgressCallback = no_progress,
) -> Volume:
    """Volume of slices in the order in which they lie.

    `slices` (k, j, i); `origins` (k, 3) LPS mm of each slice's first pixel; `step_i`, `step_j` (3,) LPS mm from pixel to pixel.
    Where every origin lies within `even_tolerance` mm of an even row, the slices are used as they are, shear kept. Otherwise
    they are resampled linearly, once, on their true positions, at their median step; slices that fall into a gap wider
    than 1.5 median steps are marked in `interpolated`. Raises ValueError for duplicate or unsorted positions.
    """
    count = len(slices)
    steps = np.diff(origins, axis=0)
    if count < 2:
        raise ValueError("a volume needs at least two slices")
    even = np.linspace(0.0, 1.0, count)[:, None]
    straight = origins[0] + even * (origins[-1] - origins[0])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 3] = step_i, step_j, origins[0]
    if np.linalg.norm(origins - straight, axis=1).max() <= even_tolerance:
        affine[:3, 2] = (origins[-1] - origins[0]) / (count - 1)
        return Volume(slices, affine)
    normal = np.cross(step_i, step_j)
    normal /= np.linalg.norm(normal)
    along = steps @ normal
    if not (np.all(along > 1e-6) or np.all(along < -1e-6)):
        raise ValueError("slice positions repeat or turn back")
    return _on_even_grid(slices, origins, affine, np.abs(along), progress)


def _on_even_grid(
    slices: np.ndarray, origins: np.ndarray, affine: np.ndarray, gaps: np.ndarray, progress: ProgressCallback
) -> Volume:
    """Linear resampling along the slice direction; an in-plane drift of the origins is followed, so shear and steps stay true."""
    from scipy import ndimage

    median = float(np.median(gaps))
    depth = np.concatenate([[0.0], np.cumsum(gaps)])
    count = round(depth[-1] / median) + 1
    step = depth[-1] / (count - 1)
    affine = affine.copy()
    affine[:3, 2] = (origins[-1] - origins[0]) / (count - 1)
    in_plane = np.linalg.pinv(affine[:3, :2])
    result = np.empty((count, *slices.shape[1:]), dtype=slices.dtype)
    interpolated = np.zeros(count, dtype=bool)
    for index in range(count):
        progress(index / count, _("resampling uneven slices"))
        position = min(index * step, depth[-1])
        below = int(np.clip(np.searchsorted(depth, position, side="right") - 1, 0, len(gaps) - 1))
        weight = (position - depth[below]) / gaps[below]
        interpolated[index] = gaps[below] > 1.5 * median and 0.02 < weight < 0.98
        target = affine[:3, 3] + index * affine[:3, 2]
        blended = np.zeros(slices.shape[1:], dtype=np.float32)
        for source, share in ((below, 1.0 - weight), (below + 1, weight)):
            if share <= 0.0:
                continue
            offset_i, offset_j = in_plane @ (target - origins[source])
            plane = slices[source].astype(np.float32)
            if max(abs(offset_i), abs(offset_j)) > 1e-3:
                plane = ndimage.shift(plane, (-offset_j, -offset_i), order=1, mode="nearest")
            blended += np.float32(share) * plane
        result[index] = np.rint(blended) if np.issubdtype(slices.dtype, np.integer) else blended
    note = _(
        "Uneven slice positions (gaps {gaps:.3f} to {gaps2:.3f} mm) were resampled to {step:.3f} mm; "
        "interpolated in holes: {slices}.",
        gaps=gaps.min(),
        gaps2=gaps.max(),
        step=step,
        slices=pluralize(int(interpolated.sum()), "slice"),
    )
    return Volume(result, affine, interpolated if interpolated.any() else None, (note,))


def resample_orthogonal(volume: Volume, progress: ProgressCallback = no_progress) -> Volume:
    """The volume on a right-angled grid, for code that cannot hold shear (SimpleITK): resampled once, linearly, when needed.

    Unchanged where the shear is below 0.01 degree. The k axis turns onto the normal of the slices; the grid grows along j and i
    so that nothing is cut off; outside is filled with the smallest value.
    """
    if volume.shear_degrees < 0.01:
        return volume
    from scipy import ndimage

    affine = volume.affine
    axis_i, axis_j = affine[:3, 0], affine[:3, 1]
    normal = np.cross(axis_i, axis_j)
    normal *= np.sign(normal @ affine[:3, 2]) / np.linalg.norm(normal)
    height = float(normal @ affine[:3, 2])
    drift = np.linalg.pinv(affine[:3, :2]) @ (affine[:3, 2] - height * normal)
    count = volume.array.shape[0]
    total = drift * (count - 1)
    low = np.floor(np.minimum(total, 0.0)).astype(int)
    high = np.ceil(np.maximum(total, 0.0)).astype(int)
    fill = volume.array.min()
    shape = (count, volume.array.shape[1] + high[1] - low[1], volume.array.shape[2] + high[0] - low[0])
    result = np.empty(shape, dtype=volume.array.dtype)
    for index in range(count):
        progress(index / count, _("resampling sheared slices"))
        shift_i, shift_j = drift * index - low
        plane = ndimage.affine_transform(
            volume.array[index].astype(np.float32),
            [1.0, 1.0],
            (-shift_j, -shift_i),
            output_shape=shape[1:],
            order=1,
            mode="constant",
            cval=float(fill),
        )
        result[index] = np.rint(plane) if np.issubdtype(result.dtype, np.integer) else plane
    straight = affine.copy()
    straight[:3, 2] = height * normal
    straight[:3, 3] = affine[:3, 3] + axis_i * low[0] + axis_j * low[1]
    note = _(
        "A shear of {shear_degrees:.2f} degrees was resampled to a right-angled grid.",
        shear_degrees=volume.shear_degrees,
    )
    return replace(volume, array=result, affine=straight, notes=(*volume.notes, note))


def to_sitk(volume: Volume) -> Any:
    """SimpleITK image of a right-angled volume. Raises ValueError for a sheared one: SimpleITK would drop the shear silently."""
    import SimpleITK as sitk

    if volume.shear_degrees >= 0.01:
        raise ValueError("a sheared volume must not go to SimpleITK: call orthogonal() first")
    image = sitk.GetImageFromArray(volume.array)
    spacing = volume.spacing
    image.SetSpacing(spacing)
    image.SetOrigin([float(v) for v in volume.affine[:3, 3]])
    image.SetDirection([float(v) for v in (volume.affine[:3, :3] / np.asarray(spacing)).ravel()])
    return image


def affine_from_sitk(image: Any) -> np.ndarray:
    """4x4 index (i, j, k) to LPS mm of a SimpleITK image; of its first three dimensions where it has more."""
    affine, count = np.eye(4), image.GetDimension()
    affine[:3, :3] = np.reshape(image.GetDirection(), (count, count))[:3, :3] * np.asarray(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return affine
