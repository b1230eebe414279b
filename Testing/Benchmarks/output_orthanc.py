"""Does a PACS take the DICOM objects and give them back unchanged? Needs Orthanc and DCMTK (Debian: apt install orthanc dcmtk).

    python Testing/Benchmarks/output_orthanc.py [--orthanc PATH]

Starts Orthanc on this computer alone and gives it an Encapsulated STL and a DICOM SEG of a small phantom, by HTTP and by C-STORE of
DCMTK's storescu; takes them back by HTTP and by C-MOVE of movescu, and compares. By HTTP the whole files must be the same bytes; an
association writes a file header (group 2) of its own, so the bytes after it are compared. Writes results/output_orthanc.md.
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

from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.dicom_export import source_headers, write_dicom_seg, write_encapsulated_stl
from dicomtoprint.mesh.core import from_polydata
from dicomtoprint.phantom import write_phantom_dicom

PORT, DICOM_PORT, BACK_PORT = 18042, 14242, 14243


def asked(path: str, data: bytes | None = None, method: str | None = None) -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data, method=method), timeout=30
    ) as answer:
        return answer.read()


def objects(folder: Path) -> tuple[Path, ...]:
    import vtk

    write_phantom_dicom(folder / "ct", shape=(24, 64, 64), spacing=(2.2, 2.2, 4.0))
    series = read_study(folder / "ct").series[0]
    headers, volume = source_headers(series), read_volume(series)
    sphere = vtk.vtkSphereSource()
    sphere.Update()
    model = write_encapsulated_stl((from_polydata(sphere.GetOutput(), "Ball"),), folder, "model", headers)
    bone = SimpleNamespace(label=1, name="Bone", terminology={})
    labels = (volume.array > 300).astype(np.uint8)
    return model.path, write_dicom_seg(labels, volume.affine, (bone,), folder, "model", headers).path


def by_http(path: Path) -> str:
    stored = json.loads(asked("/instances", path.read_bytes()))
    same = asked(f"/instances/{stored['ID']}/file") == path.read_bytes()
    asked(f"/instances/{stored['ID']}", method="DELETE")
    return f"| {path.name} | HTTP | {stored['Status']} | {told(same)} |"


def by_association(path: Path, back: Path) -> str:
    """C-STORE and C-MOVE, with nothing but the classes that the file needs in the association."""
    import pydicom

    there = ["-aec", "ORTHANC", "127.0.0.1", str(DICOM_PORT)]
    sent = subprocess.run(
        ["storescu", "-v", "-R", *there, str(path)], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    header = pydicom.dcmread(path, stop_before_pixels=True)
    keys = [f"SOPInstanceUID={header.SOPInstanceUID}", f"SeriesInstanceUID={header.SeriesInstanceUID}"]
    keys += [f"StudyInstanceUID={header.StudyInstanceUID}", "QueryRetrieveLevel=IMAGE"]
    shutil.rmtree(back, ignore_errors=True)
    back.mkdir()
    wanted = [part for key in keys for part in ("-k", key)]
    here = ["-aet", "BACK", "-aem", "BACK", "+P", str(BACK_PORT)]
    got = subprocess.run(
        ["movescu", "-v", "-S", "+B", *here, *wanted, *there],
        capture_output=True,
        text=True,
        check=False,
        cwd=back,
        encoding="utf-8",
    )
    files = list(back.iterdir())
    same = len(files) == 1 and data_of(files[0]) == data_of(path)
    if not same:
        print(sent.stdout, sent.stderr, got.stdout, got.stderr, files)
    return f"| {path.name} | C-STORE, C-MOVE | {'Success' if sent.returncode == 0 else 'FAILED'} | {told(same)} |"


def data_of(path: Path) -> bytes:
    """The bytes after the file header."""
    import pydicom

    content = path.read_bytes()
    with path.open("rb") as stream:
        length = pydicom.dcmread(stream, specific_tags=[]).file_meta.FileMetaInformationGroupLength
    return content[144 + length :]


def told(same: bool) -> str:
    return "unchanged" if same else "CHANGED"


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
            "DicomServerEnabled": True,
            "DicomPort": DICOM_PORT,
            "DicomModalities": {"back": ["BACK", "127.0.0.1", BACK_PORT]},
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "Plugins": [],
        }
        (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            version = waited_for()
            for path in objects(folder):
                lines += [by_http(path), by_association(path, folder / "back")]
        finally:
            process.terminate()
            process.wait()
    text = f"# Orthanc {version}\n\n| object | way | stored | given back |\n|---|---|---|---|\n" + "\n".join(lines)
    text += "\n\nRepeat: `python Testing/Benchmarks/output_orthanc.py`\n"
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "output_orthanc.md").write_text(text, encoding="utf-8")
    print(text)
    sys.exit(1 if "CHANGED" in text or "FAILED" in text else 0)


def waited_for() -> str:
    for _attempt in range(100):
        try:
            return str(json.loads(asked("/system"))["Version"])
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("Orthanc did not start.")


if __name__ == "__main__":
    main()
