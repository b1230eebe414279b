"""Do the report's accuracy figures hold against the phantom's analytic surface?

    python Testing/Benchmarks/output_truth.py

The deviation that a run reports is measured against the grey-value boundary of the scan; the truth is the distance of
the final surface's points to the solid that was scanned. Their difference is what the voxels' size costs, which the
error budget names apart. Writes results/output_truth.md.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "DicomToPrint"))

from DicomToPrintLib.output import boundary_of, error_budget
from DicomToPrintLib.phantom import boundary_distance, phantom_volume
from DicomToPrintLib.segmentation import load_anatomy, segment
from DicomToPrintLib.surface import make_surface


def row(shape: tuple[int, int, int], spacing: tuple[float, float, float], noise: float) -> str:
    volume, _truth = phantom_volume(shape=shape, spacing=spacing, noise_hu=noise)
    model = make_surface(segment(volume, load_anatomy("bone")))
    figures = model.figures[0]
    truth = np.abs(boundary_distance(np.concatenate([mesh.points for mesh in model.meshes])))
    budget = error_budget(
        spacing=volume.spacing,
        boundary=boundary_of(volume, model.meshes),
        deviation_p95_mm=figures["p95_deviation_mm"],
    )
    true_p95 = float(np.percentile(truth, 95))
    return (
        f"| {' x '.join(f'{s:g}' for s in spacing)} | {noise:g} "
        f"| {figures['mean_deviation_mm']:.3f} | {truth.mean():.3f} "
        f"| {figures['p95_deviation_mm']:.3f} | {true_p95:.3f} | {budget.total_mm:.3f} "
        f"| {'yes' if budget.total_mm >= true_p95 else 'NO'} |"
    )


def main() -> None:
    cases = [
        ((96, 160, 160), (0.9, 0.9, 1.2), 10.0),
        ((96, 160, 160), (0.9, 0.9, 1.2), 40.0),
        ((58, 96, 96), (1.5, 1.5, 2.0), 10.0),
    ]
    lines = []
    for shape, spacing, noise in cases:
        lines.append(row(shape, spacing, noise))
        print(lines[-1], flush=True)
    text = f"""# Reported accuracy against the phantom's truth

All in mm; the budget is without a print process.

| voxels | noise, HU | mean reported | mean true | 95 % reported | 95 % true | 95 % budget | it covers the truth |
|---|---|---|---|---|---|---|---|
{chr(10).join(lines)}

Repeat: `python Testing/Benchmarks/output_truth.py`
"""
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "output_truth.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
