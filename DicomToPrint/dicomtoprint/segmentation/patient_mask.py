"""The patient, set apart from couch and head holder."""

from dataclasses import dataclass

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..voxel_components import count_components

CELL_MM = 4.0
LIMB_SHARE = 0.1


@dataclass(frozen=True)
class PatientMask:
    """The patient on a coarse grid: boolean `cells` (k, j, i), each of `size` (k, j, i) voxels, generous by two cells; and the
    cells below its skin, `within`, with the mouths of its openings."""

    cells: np.ndarray
    size: tuple[int, int, int]
    within: np.ndarray

    def plane(self, k: int, shape: tuple[int, int]) -> np.ndarray:
        """The cells over slice `k` at full resolution, boolean (j, i) of `shape`."""
        return self._plane(self.cells, k, shape)

    def plane_within(self, k: int, shape: tuple[int, int]) -> np.ndarray:
        """As `plane`, of what lies below the skin."""
        return self._plane(self.within, k, shape)

    def _plane(self, cells: np.ndarray, k: int, shape: tuple[int, int]) -> np.ndarray:
        plane = cells[min(k // self.size[0], cells.shape[0] - 1)]
        rows = np.minimum(np.arange(shape[0]) // self.size[1], cells.shape[1] - 1)
        columns = np.minimum(np.arange(shape[1]) // self.size[2], cells.shape[2] - 1)
        return plane[rows][:, columns]

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Which of (n, 3) index positions (i, j, k) lie in it."""
        places = np.minimum(points[:, ::-1].astype(int) // np.asarray(self.size), np.asarray(self.cells.shape) - 1)
        return self.cells[tuple(np.maximum(places, 0).T)]


def find_patient(
    array: np.ndarray, spacing: tuple[float, float, float], air_soft: float, progress: ProgressCallback = no_progress
) -> PatientMask:
    """The patient on cells of about 4 mm; no cell is set where none is found.

    Voxels above `air_soft` (half maximum between air and soft tissue) are averaged into cells, each slice is filled (a
    bare skull is
    a ring), what is thinner than about 12 mm is opened away (couch shells, holders, cables), and the largest part
    stays, with those of a
    tenth of its size that are not filled with air or foam (limbs). `spacing` are the steps i, j, k in mm.
    """
    from scipy import ndimage

    cell = tuple(min(n, max(1, round(CELL_MM / step))) for n, step in zip(array.shape, spacing[::-1]))
    mean = block_mean(array, cell, progress)
    dense = mean > air_soft
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in dense])
    padded = np.pad(filled, ((2, 2), (0, 0), (0, 0)), mode="edge")
    across = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), 2)[None]
    opened = ndimage.binary_opening(padded, across)[2:-2]
    labels, counts = count_components(opened)
    if len(counts) == 1:
        nothing = np.zeros(dense.shape, dtype=bool)
        return PatientMask(nothing, cell, nothing)
    sizes = counts[1:]
    solid = ndimage.mean(dense, labels, np.arange(1, len(counts)))
    keep = sizes >= LIMB_SHARE * sizes.max()
    keep &= (solid > 0.5) | (sizes == sizes.max())
    kept = np.concatenate([[False], keep])[labels]
    generous = ndimage.binary_dilation(kept, iterations=2)
    return PatientMask(generous, cell, _below_the_skin(dense & generous, across))


def _below_the_skin(dense: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Cells inside the patient, hollows too: openings up to about 16 mm wide (nostrils) are bridged in each slice before it is
    filled, and a cell is taken off all around but at the ends of the scan."""
    from scipy import ndimage

    padded = np.pad(dense, ((0, 0), (3, 3), (3, 3)), mode="edge")
    bridged = ndimage.binary_closing(padded, across)
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in bridged])
    slim = ndimage.binary_erosion(filled, ndimage.generate_binary_structure(2, 1)[None])
    return slim[:, 3:-3, 3:-3]


def block_mean(array: np.ndarray, cell: tuple[int, int, int], progress: ProgressCallback = no_progress) -> np.ndarray:
    """Means of cells of (k, j, i) voxels, float32; a rest at the far faces is left out unless it is all there is."""
    shape = tuple(n // c for n, c in zip(array.shape, cell))
    result = np.zeros(shape, dtype=np.float32)
    step = max(1, cell[0] // 2)
    for index in range(shape[0]):
        if index % 16 == 0:
            progress(index / shape[0], _("telling the patient from the couch"))
        planes = range(index * cell[0], (index + 1) * cell[0], step)
        for k in planes:
            plane = array[k, : shape[1] * cell[1], : shape[2] * cell[2]]
            rows = np.add.reduceat(plane, np.arange(0, plane.shape[0], cell[1]), axis=0, dtype=np.float32)
            result[index] += np.add.reduceat(rows, np.arange(0, plane.shape[1], cell[2]), axis=1)
        result[index] /= len(planes) * cell[1] * cell[2]
    return result
