"""Cases that only the pixels show: motion, metal, field of view, contrast, taken-out tilt, noise, lost intercept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import numpy as np
from scipy import ndimage

from .case import Case, cases
from .files import File
from .series import CLASSIC, ENHANCED, put, series

SIDE, SLICES, PIXEL, STEP = 128, 28, 0.6, 1.0
AIR, TISSUE, BONE = -1000.0, 40.0, 900.0
BOTH = (CLASSIC, ENHANCED)
# The water cylinder of the stored scale: 12 unsigned bits with intercept -1024 hold -1024..3071 HU.
INTERCEPT, TOP = -1024, 4095


@cache
def _noise(smooth: float) -> np.ndarray:
    """Noise of 8 HU; `smooth` is the reconstruction kernel's width in pixels (0: none, as of a sharp kernel)."""
    noise = np.random.default_rng(7).normal(size=(SLICES, SIDE, SIDE))
    blurred = ndimage.gaussian_filter(noise, (0, smooth, smooth)) if smooth else noise
    return 8 * blurred / blurred.std()


def head(
    scale: float = 1.0, centre: tuple[float, float] = (0.0, 0.0), smooth: float = 0.8, bone: float = BONE
) -> np.ndarray:
    """A skull-like phantom in HU, (k, j, i): a bone ring with four inner struts around tissue, tapering along the
    slices.

    `scale` changes its size, `centre` (mm) moves it sideways, `bone` is the grey value of its bone.
    """
    k, j, i = np.mgrid[:SLICES, :SIDE, :SIDE].astype(float)
    x = (i - (SIDE - 1) / 2) * PIXEL - centre[0]
    y = (j - (SIDE - 1) / 2) * PIXEL - centre[1]
    taper = scale * (1 - 0.1 * (k / SLICES) ** 2)
    radius = np.hypot(x / (28 * taper), y / (31 * taper))
    volume = np.where(radius < 1, TISSUE, AIR)
    volume[(radius < 0.93) & (radius > 0.82)] = bone
    volume[(radius < 0.5) & (radius > 0.4) & (np.abs(x) < 4 + 0.1 * k)] = bone
    sharp = ndimage.gaussian_filter(volume, (0, 0.7, 0.7))
    return sharp + _noise(smooth)


def stored(volume: np.ndarray, intercept: int = INTERCEPT) -> list[bytes]:
    """The stored unsigned values of a volume in HU, one byte string a slice."""
    values = np.clip(np.rint(volume) - intercept, 0, TOP).astype("<u2")
    return [slice_.tobytes() for slice_ in values]


def scanned(kind: str, volume: np.ndarray) -> list[File]:
    """A conformant series that holds `volume`."""
    half = (SIDE - 1) / 2 * PIXEL
    return series(
        kind,
        pixels=stored(volume),
        count=SLICES,
        spacing=STEP,
        pixel=(PIXEL, PIXEL),
        size=(SIDE, SIDE),
        origin=(-half, -half, -40.0),
    )


def _changed(volume: np.ndarray, slices: Mapping[int, np.ndarray]) -> np.ndarray:
    """The volume with some slices replaced."""
    made = volume.copy()
    for k, plane in slices.items():
        made[k] = plane
    return made


def moved(millimetres: float) -> np.ndarray:
    """A head that moves sideways by `millimetres` after two thirds of the scan."""
    volume = head().copy()
    rest = head(centre=(0.0, millimetres))
    start = 2 * SLICES // 3
    volume[start:] = rest[start:]
    return volume


def with_metal(grey: float = 3071.0, edge: int = 5) -> np.ndarray:
    """A head with a cube of metal of `edge` voxels in its wall."""
    volume = head().copy()
    row = int((SIDE - 1) / 2 + 27 / PIXEL)
    middle = SIDE // 2
    volume[10 : 10 + edge, row - edge : row, middle : middle + edge] = grey
    return volume


def with_couch(volume: np.ndarray) -> np.ndarray:
    """The volume with a couch as wide as the field of view below it."""
    made = volume.copy()
    made[:, -8:-5, 2:-2] = -100.0
    made[:, -7, 2:-2] = -900.0
    return made


def wedge_padded(rows_per_slice: float) -> np.ndarray:
    """A head whose upper padding border moves by `rows_per_slice`, as a resampler leaves it that took out a tilt."""
    volume = head().copy()
    rows = np.arange(SIDE)[None, :, None]
    border = (rows_per_slice * np.arange(SLICES))[:, None, None]
    volume[np.broadcast_to(rows < border, volume.shape)] = -1024.0
    volume[np.broadcast_to(rows > SIDE - 1 - rows_per_slice * SLICES + border, volume.shape)] = -1024.0
    return volume


def ring_padded() -> np.ndarray:
    """A head in a circular reconstruction: everything outside the circle is padding."""
    volume = head().copy()
    j, i = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    volume[:, np.hypot(i, j) > SIDE / 2] = -1024.0
    return volume


def of(make: Callable[[], np.ndarray], **values: object) -> Callable[[str], list[File]]:
    """Makes a series of the voxels that `make` returns, with these attributes."""
    return lambda kind: put(scanned(kind, make()), **values)


def pixel_cases() -> Iterator[Case]:
    """Every case that needs pixels."""
    yield from _anatomy_cases()
    yield from _artifact_cases()
    yield from _grey_value_cases()


def _anatomy_cases() -> Iterator[Case]:
    whole = {
        "O09a": "pass",
        "O09b": "pass|info",
        "O13": "pass",
        "O14": "pass",
        "O17": "pass",
        "I14": "pass",
        "I16": "pass|n/a",
    }
    yield from cases("pixels-clean", whole, of(head), BOTH, pixels=True, conformant=True)
    yield from cases(
        "pixels-couch",
        {"O09a": "pass", "O09b": "pass|info"},
        of(lambda: with_couch(head())),
        pixels=True,
        conformant=True,
    )
    yield from cases(
        "pixels-circular-padding", {"O13": "pass", "I14": "pass"}, of(ring_padded), pixels=True, conformant=True
    )
    yield from cases(
        "pixels-small-head-in-a-wide-field", {"O09a": "warn"}, of(lambda: head(scale=0.45)), BOTH, pixels=True
    )
    yield from cases(
        "pixels-small-head-on-a-wide-couch", {"O09a": "warn"}, of(lambda: with_couch(head(scale=0.45))), pixels=True
    )
    yield from cases(
        "pixels-skull-cut-at-the-side", {"O09b": "ask"}, of(lambda: head(centre=(18.0, 0.0))), BOTH, pixels=True
    )


def _artifact_cases() -> Iterator[Case]:
    yield from cases("pixels-moved-2-mm", {"O14": "ask"}, of(lambda: moved(2.0)), BOTH, pixels=True)
    yield from cases("pixels-metal-clipped-at-3071", {"O17": "ask"}, of(with_metal), BOTH, pixels=True)
    yield from cases("pixels-metal-of-few-voxels", {"O17": "pass"}, of(lambda: with_metal(edge=2)), pixels=True)
    yield from cases("pixels-metal-extended-scale", {"O17": "ask"}, _extended, pixels=True)
    yield from cases(
        "pixels-bone-lost-in-noise", {"O17": "ask"}, of(lambda: head(bone=250.0) + 11 * _noise(0.8)), pixels=True
    )
    yield from cases(
        "pixels-taken-out-tilt",
        {"O13": "reject", "O12a": "pass"},
        of(lambda: wedge_padded(0.5)),
        pixels=True,
        must_reject=True,
    )
    yield from cases("pixels-noise-of-a-sharp-kernel", {"O23": "ask"}, of(lambda: head(smooth=0.45)), pixels=True)
    yield from cases(
        "pixels-noise-of-a-program", {"O23": "pass"}, of(lambda: head(smooth=0.0)), pixels=True, conformant=True
    )
    yield from cases(
        "pixels-bone-in-noise", {"O17": "ask"}, of(lambda: head(bone=260.0) + 7 * _noise(0.8)), pixels=True
    )


def _grey_value_cases() -> Iterator[Case]:
    yield from cases("pixels-intercept-lost", {"I14": "ask"}, of(head, RescaleIntercept="0"), BOTH, pixels=True)
    lost = {14: np.full((SIDE, SIDE), AIR - 24)}
    yield from cases("pixels-a-lost-slice", {"I08": "ask"}, of(lambda: _changed(head(), lost)), BOTH, pixels=True)
    yield from cases(
        "pixels-a-repeated-slice", {"I08": "ask"}, of(lambda: _changed(head(), {20: head()[9]})), BOTH, pixels=True
    )
    yield from cases("pixels-slope-of-two", {"I14": "ask"}, of(head, RescaleSlope="2"), BOTH, pixels=True)
    yield from cases("pixels-all-air", {"I14": "ask"}, of(lambda: AIR + _noise(0.8)), BOTH, pixels=True)
    yield from cases("pixels-noise-of-200-hu", {"O17": "ask"}, of(lambda: head() + 25 * _noise(0.0)), BOTH, pixels=True)
    yield from cases("pixels-cone-beam-air", {"I14": "pass"}, of(lambda: head() + 140.0), pixels=True, conformant=True)
    yield from cases("pixels-padding-63536", {"I16": "pass|info", "I14": "pass"}, _padded, pixels=True, conformant=True)


def _extended(kind: str) -> list[File]:
    """The extended grey scale of some scanners: 16 bits, intercept -8192, metal near 15720 HU."""
    files = scanned(kind, head())
    values = np.rint(with_metal(15000.0) + 8192).astype("<u2")
    for index, file in enumerate(files):
        file.pixels = values[index].tobytes()
    return put(files, BitsStored=16, HighBit=15, RescaleIntercept="-8192")


def _padded(kind: str) -> list[File]:
    """Signed 16-bit slices padded with -2000, stated as unsigned 63536, before an intercept of 0."""
    volume = np.rint(ring_padded())
    volume[volume == -1024] = -2000
    files = scanned(kind, head())
    for index, file in enumerate(files):
        file.pixels = volume[index].astype("<i2").tobytes()
        file.header[(0x0028, 0x0120)] = ("US", 63536)
    return put(files, BitsStored=16, HighBit=15, PixelRepresentation=1, RescaleIntercept="0")
