"""Makes Resources/overview.png for the README from a finished run: a slice with the contour, the model, its maps.

Usage: python Testing/Benchmarks/overview.py CT_FOLDER RUN_FOLDER. Needs Debian's chromium to lay the pictures side by side.
"""

import argparse
import base64
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "DicomToPrint"))

from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.io import read_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.printability import assess_file
from dicomtoprint.rendering import render_model_views, render_slice_contours, wall_map

PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>body{{margin:0;font:15px sans-serif;background:#fff}}
main{{display:grid;grid-template-columns:repeat({count},1fr);gap:10px;padding:10px;align-items:start}}
img{{width:100%;height:400px;object-fit:contain;object-position:top}}figure{{margin:0;text-align:center}}</style><main>{figures}</main>"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ct", type=Path)
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    series = max(read_study(options.ct).series, key=len)
    file = next(options.run.glob("*.stl"))
    (mesh,) = read_meshes(file)
    mesh = Mesh(mesh.points, mesh.triangles, "Model")
    slices = render_slice_contours(read_volume(series), (mesh,))
    readiness = assess_file(file, "sla")
    walls = readiness.meshes[0]
    drawn = render_model_views((mesh,), [(walls, wall_map(walls, readiness.process.limit("wall_supported_mm")))])
    chosen = [
        (slices[4], "a slice of the scan, the model's contour in yellow"),
        (drawn.views[0], "the model"),
        (drawn.maps[0], "its wall thickness against the process"),
    ]
    figures = "".join(
        f'<figure><img src="data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}">'
        f"<figcaption>{caption}</figcaption></figure>"
        for picture, caption in chosen
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(PAGE.format(figures=figures, count=len(chosen)), encoding="utf-8")
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={folder}/profile",
                "--window-size=1280,450",
                f"--screenshot={ROOT / 'Resources' / 'overview.png'}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
