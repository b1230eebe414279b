"""A CT of a print of the phantom's bones, rendered at its real size and reviewed end to end, against the exact distance.

    python Testing/Benchmarks/review_ct.py [--voxel 0.6] [--scale 1.004] [--turn 20,35,-10] [--json FILE]

The model is the surface of the phantom's solids (balls, cones, shells, plates) by their exact signed distance, 100 mm long;
the print is the same solids, larger by `--scale` and turned, in air, painted on a grid of 0.12 mm and blurred by the project's renderer.
Printed: mean, 95 % by area and bias of the map's error over what was seen, in the pose that was found, and the scale.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "DicomToPrint"), str(Path(__file__).resolve().parents[1])]


from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh, flying_edges
from dicomtoprint.phantom import object_distances, signed_distance
from dicomtoprint.phantom.solids import Union
from dicomtoprint.phantom.wall_scan import Scanner
from dicomtoprint.pipeline.review import ReviewRequest, review
from dicomtoprint.run_record import new_run_record, write_record
from Phantoms.printed_ct import PrintPose, ct_of_print, write_nifti

LOW, HIGH, STEP_MM = np.array([-60.0, -45.0, -62.0]), np.array([60.0, 45.0, 62.0]), 0.4


def exact_model():
    """The phantom's bones as a mesh in LPS mm."""
    x, y, z = (np.arange(low, high, STEP_MM) for low, high in zip(LOW, HIGH))
    planes = [
        signed_distance(np.stack([*np.meshgrid(x, y, [height], indexing="ij")], axis=-1).reshape(-1, 3))
        .reshape(len(x), len(y))
        .T.astype(np.float32)
        for height in z
    ]
    mesh = flying_edges(-np.stack(planes), 0.0)
    return Mesh(mesh.points.astype(np.float64) * STEP_MM + LOW, mesh.triangles, "bones")


def written_record(mesh, folder):
    files = export_meshes([mesh], folder, "bones", ("stl",))
    outputs = tuple(file.as_json() for file in files)
    return write_record(
        folder,
        new_run_record(
            intended_use="general", parameters={"process": "sla", "use": "general"}, outputs=outputs, calipers=()
        ),
    )


def share_within(errors, areas, share):
    order = np.argsort(errors)
    summed = np.cumsum(areas[order])
    return float(errors[order][np.searchsorted(summed, share * summed[-1])])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voxel", type=float, default=0.6)
    parser.add_argument("--scale", type=float, default=1.004)
    parser.add_argument("--turn", default="20,35,-10", help="degrees about x, y, z")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    mesh = exact_model()
    bounds = mesh.points.min(axis=0), mesh.points.max(axis=0)
    turn = Rotation.from_euler("xyz", [float(angle) for angle in options.turn.split(",")], degrees=True).as_matrix()
    pose = PrintPose(options.scale, turn, 0.5 * (bounds[0] + bounds[1]))
    solid = Union(tuple(object_distances().values()))
    began = time.process_time()
    volume = ct_of_print([solid], bounds, pose, Scanner((options.voxel,) * 3, 0.35))
    rendered = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        record = written_record(mesh, Path(folder) / "model")
        part = write_nifti(volume, Path(folder) / "part.nii.gz")
        began = time.process_time()
        done = review(ReviewRequest(record, part))
    fit, deviation = done.scan.registration.fit, done.scan.deviation
    at_scan = (deviation.samples.points - fit.pose.translation) @ fit.pose.rotation
    truth = -pose.distance(solid, at_scan)
    error, area = (deviation.values - truth)[deviation.seen], deviation.samples.area[deviation.seen]
    result = {
        "voxels": list(volume.array.shape),
        "voxel_mm": options.voxel,
        "map_mean_mm": float(np.average(np.abs(error), weights=area)),
        "map_p95_mm": share_within(np.abs(error), area, 0.95),
        "bias_mm": float(np.average(error, weights=area)),
        "seen_share": deviation.seen_share,
        "scale_percent": [float(100.0 * (value - 1.0)) for value in fit.scale],
        "growth_mm": fit.growth_mm,
        "ambiguous": done.scan.registration.is_ambiguous,
        "verdict": done.verdict,
        "render_cpu_s": rendered,
        "review_cpu_s": time.process_time() - began,
    }
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
