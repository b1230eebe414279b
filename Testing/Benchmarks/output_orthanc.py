"""Does a PACS take the DICOM objects and give them back unchanged? Needs Orthanc (Debian: apt install orthanc).

    python Testing/Benchmarks/output_orthanc.py [--orthanc PATH]

Starts Orthanc on this computer alone, stores an Encapsulated STL and a DICOM SEG of a small phantom by HTTP, reads
them back and compares the bytes. Writes results/output_orthanc.md.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "DicomToPrint"))

from DicomToPrintLib.dicom import read_study, read_volume
from DicomToPrintLib.mesh import from_polydata
from DicomToPrintLib.output import source_headers, write_dicom_seg, write_encapsulated_stl
from DicomToPrintLib.phantom import write_phantom

PORT = 18042


def asked(path: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data), timeout=30
    ) as answer:
        return answer.read()


def objects(folder: Path) -> tuple[Path, ...]:
    import vtk

    write_phantom(folder / "ct", shape=(24, 64, 64), spacing=(2.2, 2.2, 4.0))
    series = read_study(folder / "ct").series[0]
    headers, volume = source_headers(series), read_volume(series)
    sphere = vtk.vtkSphereSource()
    sphere.Update()
    model = write_encapsulated_stl((from_polydata(sphere.GetOutput(), "Ball"),), folder, "model", headers)
    bone = SimpleNamespace(label=1, name="Bone", terminology={})
    labels = (volume.array > 300).astype(np.uint8)
    return model.path, write_dicom_seg(labels, volume.affine, (bone,), folder, "model", headers).path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orthanc", default=shutil.which("Orthanc") or shutil.which("orthanc") or "")
    program = parser.parse_args().orthanc
    if not program:
        raise SystemExit("Orthanc is not installed; name it with --orthanc.")
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = {
            "StorageDirectory": str(folder / "db"),
            "IndexDirectory": str(folder / "db"),
            "HttpPort": PORT,
            "DicomServerEnabled": False,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "Plugins": [],
        }
        (folder / "orthanc.json").write_text(json.dumps(settings))
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            version = waited_for()
            for path in objects(folder):
                stored = json.loads(asked("/instances", path.read_bytes()))
                same = asked(f"/instances/{stored['ID']}/file") == path.read_bytes()
                lines.append(f"| {path.name} | {stored['Status']} | {'unchanged' if same else 'CHANGED'} |")
        finally:
            process.terminate()
            process.wait()
    text = f"# Orthanc {version}\n\n| object | stored | given back |\n|---|---|---|\n" + "\n".join(lines)
    text += "\n\nRepeat: `python Testing/Benchmarks/output_orthanc.py`\n"
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "output_orthanc.md").write_text(text, encoding="utf-8")
    print(text)
    sys.exit(1 if "CHANGED" in text else 0)


def waited_for() -> str:
    for _attempt in range(100):
        try:
            return str(json.loads(asked("/system"))["Version"])
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("Orthanc did not start.")


if __name__ == "__main__":
    main()
