"""Time of the pixel detectors a slice at 512 x 512, by part, against the budget of 50 ms; and what they find.

Run from the repository's root: ``python Testing/Benchmarks/detectors_speed.py [DATA]``, where DATA is a folder of real
scans (default: the variable DICOM_TO_PRINT_DATA). The table goes to ``Testing/Benchmarks/results/detectors_speed.md``.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "DicomToPrint"))

import numpy as np
from scipy import ndimage

from dicomtoprint.acceptance.detectors import run_detectors
from dicomtoprint.acceptance.detectors.gantry_tilt import detect_corrected_tilt
from dicomtoprint.acceptance.detectors.metal import detect_metal
from dicomtoprint.acceptance.detectors.motion import detect_motion
from dicomtoprint.acceptance.detectors.noise import (
    air_peak_hu,
    contrast_to_noise_ratio,
    homogeneous_patches,
    kernel_from_noise,
)
from dicomtoprint.acceptance.detectors.scan_overview import analyse_scan
from dicomtoprint.acceptance.detectors.truncation import body_to_fov_ratio, bone_truncation
from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.phantom import make_phantom_volume
from dicomtoprint.volume import Volume

RESULT = Path(__file__).parent / "results" / "detectors_speed.md"
REAL = ("philips_headphantom_1mm_UB", "philips_headphantom_tilt16", "ge_tilt_variable_spacing")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Least processor seconds of three runs, and the result."""
    best, result = np.inf, None
    for _ in range(3):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return float(best), result


def scans(data: Path | None) -> Iterator[tuple[str, Volume]]:
    """Volumes of 512 x 512: a phantom, the same with metal, and the real scans that are there."""
    shape, spacing = (100, 512, 512), (0.45, 0.45, 1.2)
    yield "phantom", make_phantom_volume(shape, spacing, scale=1.65)[0]
    yield "phantom with metal", make_phantom_volume(shape, spacing, scale=1.65, implant=True)[0]
    for name in REAL if data else ():
        yield name, read_volume(read_study(data / name).series[0])


def parts(volume: Volume) -> dict[str, float]:
    """Milliseconds a slice of each part and of the whole."""
    numbers = tuple(range(1, len(volume.array) + 1))
    seconds = {}
    seconds["body, couch, bone"], scene = timed(lambda: analyse_scan(volume))
    seconds["motion"] = timed(lambda: detect_motion(scene, numbers))[0]
    seconds["metal"] = timed(lambda: detect_metal(scene, numbers))[0]
    seconds["cut, share"] = timed(lambda: (bone_truncation(scene), body_to_fov_ratio(scene)))[0]
    seconds["tilt"] = timed(lambda: detect_corrected_tilt(scene))[0]

    def noise() -> None:
        tiles = homogeneous_patches(scene)
        contrast_to_noise_ratio(scene, tiles), kernel_from_noise(scene, tiles), air_peak_hu(scene)

    seconds["noise, contrast, air"] = timed(noise)[0]
    seconds["all"] = timed(lambda: run_detectors(volume))[0]
    return {name: 1000 * value / len(volume.array) for name, value in seconds.items()}


def moved(volume: Volume, at: int, step: tuple[float, float]) -> Volume:
    """The slices around `at`, shifted by `step` (j, i) mm from `at` on."""
    low, high = max(0, at - 15), min(len(volume.array), at + 15)
    array = volume.array[low:high].copy()
    pixels = (step[0] / volume.spacing[1], step[1] / volume.spacing[0])
    for k in range(at - low, len(array)):
        array[k] = np.rint(ndimage.shift(array[k].astype(np.float32), pixels, order=1, mode="nearest"))
    return Volume(array, volume.affine)


def motion_found(volume: Volume) -> dict[float, tuple[int, int, int]]:
    """Steps in mm to (found in place, tried, false finds elsewhere), at three slices in two directions."""
    result = {}
    count = len(volume.array)
    for step in (1.0, 2.0, 4.0):
        found = tried = false = 0
        for at in (int(count * share) for share in (0.3, 0.5, 0.7)):
            for way in ((step, 0.0), (0.0, step)):
                fact = run_detectors(moved(volume, at, way))[0]["motion_slices"]
                there = fact.where.split()[2:]
                place = f"{min(at, 15)}"
                hit = any(word.strip(",") == place for word in there)
                found, tried, false = found + hit, tried + 1, false + len(there) - hit
        result[step] = (found, tried, false)
    return result


def report(data: Path | None) -> str:
    """The tables as markdown."""
    timings, findings = [], []
    for name, volume in scans(data):
        measured = parts(volume)
        if not timings:
            timings.append("| scan | slices | " + " | ".join(measured) + " |")
            timings.append("|---" * (len(measured) + 2) + "|")
        cells = (f"{value:.1f}" for value in measured.values())
        timings.append(f"| {name} | {len(volume.array)} | " + " | ".join(cells) + " |")
        clean = run_detectors(volume)[0]["motion_slices"]
        tries = motion_found(volume).values()
        steps = " | ".join(f"{found}/{tried} ({false})" for found, tried, false in tries)
        limit = clean.parameters["limit_mm"]
        findings.append(f"| {name} | {volume.spacing[2]:.1f} | {clean.value} | {limit} | {steps} |")
    return "\n".join(
        [
            "# Pixel detectors",
            "",
            f"Repeat: `python Testing/Benchmarks/{Path(__file__).name} DATA`.",
            f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores; best of three.",
            "",
            "## Milliseconds of processor time a slice of 512 x 512 (budget: 50)",
            "",
            *timings,
            "",
            "## Motion put into the scan",
            "",
            "A step from one slice on, at three places in two directions: found there / tried (found elsewhere).",
            "",
            "| scan | step of slices mm | false alarms, as it is | its limit mm | 1 mm | 2 mm | 4 mm |",
            "|---|---|---|---|---|---|---|",
            *findings,
            "",
        ]
    )


def main() -> None:
    """Write the table."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DICOM_TO_PRINT_DATA", "")
    data = Path(named) if named and Path(named).is_dir() else None
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(report(data), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
