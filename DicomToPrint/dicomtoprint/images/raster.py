"""Small pictures: windowed, true to scale, with coloured marks."""

from dataclasses import dataclass, field

import numpy as np

WIDTH = 400
RED, YELLOW = (230, 60, 50), (250, 210, 60)


@dataclass(frozen=True)
class RasterImage:
    """A picture as data: `pixels` (rows, columns) or (rows, columns, 3) uint8, first row on top; `alt` is for who cannot see it."""

    name: str
    caption: str
    alt: str
    pixels: np.ndarray = field(repr=False, compare=False)


def apply_window(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """(rows, columns, 3) uint8 grey picture of values between `low` (black) and `high` (white)."""
    share = (np.nan_to_num(values.astype(np.float32), nan=low) - low) * (255.0 / max(high - low, 1e-6))
    grey = np.clip(share, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def resample_isotropic(
    picture: np.ndarray, row_mm: float, column_mm: float, width: int = WIDTH, height: int = WIDTH
) -> np.ndarray:
    """The picture resampled to square pixels that fit `width` x `height`."""
    from scipy import ndimage

    rows, columns = picture.shape[0] * row_mm, picture.shape[1] * column_mm
    per_mm = min(width / columns, height / rows)
    shape = max(1, round(rows * per_mm)), max(1, round(columns * per_mm))
    j = (np.arange(shape[0]) + 0.5) / shape[0] * picture.shape[0] - 0.5
    i = (np.arange(shape[1]) + 0.5) / shape[1] * picture.shape[1] - 0.5
    where = np.meshgrid(j, i, indexing="ij")
    layers = [ndimage.map_coordinates(picture[..., c], where, order=1, mode="nearest") for c in range(3)]
    return np.stack(layers, axis=-1)


def overlay_mask(picture: np.ndarray, mask: np.ndarray, color: tuple[int, int, int], share: float = 0.6) -> np.ndarray:
    """The picture with `mask` (rows, columns) coloured."""
    result = picture.copy()
    result[mask] = ((1 - share) * picture[mask] + share * np.asarray(color)).astype(np.uint8)
    return result


def draw_line(
    picture: np.ndarray,
    start: tuple[float, float],
    end: tuple[float, float],
    color: tuple[int, int, int],
    thickness: int = 2,
) -> np.ndarray:
    """The picture with a straight line from `start` to `end` (row, column)."""
    result = picture.copy()
    count = int(max(abs(end[0] - start[0]), abs(end[1] - start[1]))) * 2 + 2
    rows, columns = (np.rint(np.linspace(a, b, count)).astype(int) for a, b in zip(start, end))
    for dj in range(thickness):
        for di in range(thickness):
            j, i = rows + dj, columns + di
            inside = (j >= 0) & (j < result.shape[0]) & (i >= 0) & (i < result.shape[1])
            result[j[inside], i[inside]] = color
    return result


def hstack(pictures: list[np.ndarray], gap: int = 4) -> np.ndarray:
    """Pictures in a row, on white, tops aligned."""
    height = max(picture.shape[0] for picture in pictures)
    width = sum(picture.shape[1] for picture in pictures) + gap * (len(pictures) - 1)
    result = np.full((height, width, 3), 255, np.uint8)
    at = 0
    for picture in pictures:
        result[: picture.shape[0], at : at + picture.shape[1]] = picture
        at += picture.shape[1] + gap
    return result
