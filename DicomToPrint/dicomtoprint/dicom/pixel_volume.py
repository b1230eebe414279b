"""Voxels of a series in HU with their true place: slice by slice into one array, shear and uneven steps kept."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputError, RefusedError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume, affine_from_sitk, volume_from_slices
from .attributes import parse_decimal_strings
from .series import Series
from .slice_geometry import SAME_PLACE_MM, SliceGeometry, compute_slice_geometry
from .stored_pixels import iter_stored_pixels

MAX_VOLUME_BYTES = 8 * 2**30
# Positions further than this from an even row are resampled: a tenth of the exoplan tolerance would resample rounded
# decimal strings, and 0.01 mm moves no surface that a printer could show.
SPACING_TOLERANCE_MM = 0.01


@dataclass(frozen=True)
class WindowPreset:
    """A display window the scanner suggests, in the units of the rescaled values."""

    name: str
    center: float
    width: float


def window_presets(series: Series) -> tuple[WindowPreset, ...]:
    """Window presets of the series, without repeats; those whose centre and width do not pair are left out."""
    found: dict[tuple[float, float], str] = {}
    for own_center, own_width, own_names in series.combinations(
        "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"
    ):
        center, width = parse_decimal_strings(own_center), parse_decimal_strings(own_width)
        titles = str(own_names or "").split("\\")
        if len(center) != len(width):
            continue
        for at, pair in enumerate(zip(center, width)):
            if pair[1] >= 1.0:
                title = titles[at].strip(" \0") if at < len(titles) else ""
                found.setdefault(pair, title or _("Window {found_count}", found_count=len(found) + 1))
    return tuple(WindowPreset(name, *pair) for pair, name in found.items())


def read_volume(series: Series, progress: ProgressCallback = no_progress) -> Volume:
    """Voxels of a series in HU, affine from positions (shear kept; uneven slices resampled once on their true
    positions).

    int16 where every rescaled value is a whole number in range, else float32. Raises `RefusedError` for a volume that is
    not defined (positions missing or repeated, mixed sizes or orientations, a single slice), `InputError` for
    pixels that cannot be decoded.
    """
    placed = _defined_geometry(series)
    shape = _matrix(series)
    spacing = series.table("PixelSpacing", 2)[placed.rows[0]]
    if np.isnan(spacing).any() or (spacing <= 0).any():
        raise RefusedError(_("The size of a pixel (Pixel Spacing) is missing: ask for a new export of the series."))
    slopes = series.table("RescaleSlope", 1)[placed.rows, 0]
    intercepts = series.table("RescaleIntercept", 1)[placed.rows, 0]
    notes = []
    if np.isnan(slopes).any() or np.isnan(intercepts).any():
        notes.append(_("Rescale slope or intercept is missing: stored values are used as they are."))
        slopes, intercepts = np.nan_to_num(slopes, nan=1.0), np.nan_to_num(intercepts, nan=0.0)
    if len(placed.rows) * shape[0] * shape[1] * 2 > MAX_VOLUME_BYTES:
        raise RefusedError(
            _("The series needs more than 8 GB as a volume: crop it at the scanner or export fewer slices.")
        )
    whole = bool((slopes == np.rint(slopes)).all() and (intercepts == np.rint(intercepts)).all())
    array = np.empty((len(placed.rows), *shape), dtype=np.int16 if whole else np.float32)
    for at, stored, note in iter_stored_pixels(series, placed.rows, subprogress(progress, 0.0, 0.9)):
        if stored.shape != shape:
            raise InputError(
                _(
                    "'{files}' holds another matrix than its header says: ask for a new export of the series.",
                    files=series.files[series.file_of[placed.rows[at]]].name,
                )
            )
        if array.dtype == np.int16 and not _fits(stored, slopes[at], intercepts[at]):
            array = array.astype(np.float32)
        _rescale(stored, slopes[at], intercepts[at], array[at])
        if note and note not in notes:
            notes.append(note)
    notes += _padding_note(series, slopes[0], intercepts[0])
    step_j = placed.orientation[3:] / np.linalg.norm(placed.orientation[3:]) * spacing[0]
    step_i = placed.orientation[:3] / np.linalg.norm(placed.orientation[:3]) * spacing[1]
    volume = volume_from_slices(
        array, placed.positions, step_i, step_j, SPACING_TOLERANCE_MM, subprogress(progress, 0.9, 1.0)
    )
    frames = series.distinct("FrameOfReferenceUID")
    return replace(
        volume,
        notes=(*notes, *volume.notes),
        modality=series.modality,
        frame_uid=str(frames[0] or "") if len(frames) == 1 else "",
        series_uid=series.uid,
    )


def _defined_geometry(series: Series) -> SliceGeometry:
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.rows) < len(series):
        raise RefusedError(
            _(
                "Some slices have no position or orientation, so the volume is not defined: ask for a new "
                "export of the original images."
            )
        )
    if len(placed.rows) < 2:
        raise RefusedError(_("A single slice is no volume: choose a series with all its slices."))
    if not placed.same_orientation:
        raise RefusedError(
            _("The slices have different orientations, so they are no volume: ask for the original axial series.")
        )
    if placed.gaps.min() < SAME_PLACE_MM:
        raise RefusedError(
            _(
                "Several slices lie at the same position, so the volume is not defined: ask for each phase "
                "or reconstruction as a series of its own."
            )
        )
    return placed


def _matrix(series: Series) -> tuple[int, int]:
    sizes = {(rows, columns) for rows in series.distinct("Rows") for columns in series.distinct("Columns")}
    if len(sizes) != 1:
        raise RefusedError(
            _("The slices have different matrix sizes, so they are no volume: ask for the original series.")
        )
    if any(not isinstance(edge, int) or edge <= 0 for edge in next(iter(sizes))):
        raise RefusedError(_("The matrix of the slices has no size: ask for a new export of the series."))
    spacings = series.table("PixelSpacing", 2)
    if not np.isnan(spacings).all() and np.nanmax(np.nanmax(spacings, axis=0) - np.nanmin(spacings, axis=0)) > 1e-4:
        raise RefusedError(
            _("The slices have different pixel sizes, so they are no volume: ask for the original series.")
        )
    return sizes.pop()


def _fits(stored: np.ndarray, slope: float, intercept: float) -> bool:
    """True where every rescaled value lies in the range of int16; the header's range would say no for most 16-bit
    scans.
    """
    ends = (float(stored.min()) * slope + intercept, float(stored.max()) * slope + intercept)
    return min(ends) >= -32768 and max(ends) <= 32767


def _rescale(stored: np.ndarray, slope: float, intercept: float, out: np.ndarray) -> None:
    """Grey values of a slice into `out`, in whole numbers where `out` holds such."""
    if out.dtype == np.int16 and slope == 1.0:
        np.add(stored, np.int32(intercept), out=out, casting="unsafe", dtype=np.int32)
    else:
        out[...] = stored * slope + intercept


def _padding_note(series: Series, slope: float, intercept: float) -> list[str]:
    """One sentence on the padding, whose stored value is rescaled with the rest."""
    values = [value for value in series.column("PixelPaddingValue").values if isinstance(value, int)]
    if not values:
        return []
    signed = 1 in series.distinct("PixelRepresentation")
    stored = values[0] - 65536 if signed and values[0] > 32767 else values[0]
    return [
        _(
            "Padding is stored as {stored} and reads {stored2:g} after rescale: it is no tissue.",
            stored=stored,
            stored2=stored * slope + intercept,
        )
    ]


def read_image_volume(path: Path) -> Volume:
    """Grey or label volume of a NIfTI or NRRD file, affine in LPS mm. Raises `InputError`."""
    import SimpleITK as sitk

    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError:
        raise InputError(
            _("'{path}' cannot be read as NIfTI or NRRD: check that the file is whole.", path=Path(path).name)
        ) from None
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            _("'{path}' is no volume of single values: choose a 3D grey or label volume.", path=Path(path).name)
        )
    array = sitk.GetArrayFromImage(image)
    affine = affine_from_sitk(image)
    if array.dtype != np.int16:
        exact = np.issubdtype(array.dtype, np.integer) and array.min() >= -32768 and array.max() <= 32767
        array = array.astype(np.int16 if exact else np.float32)
    return Volume(np.ascontiguousarray(array), affine)
