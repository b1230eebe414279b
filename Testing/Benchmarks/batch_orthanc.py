"""From a PACS and back: a study sent to Orthanc, exported when stable, run as a batch, and its model and segmentation sent back.

    python Testing/Benchmarks/batch_orthanc.py [--orthanc PATH]

Needs Orthanc and DCMTK (Debian: apt install orthanc dcmtk). Orthanc runs on this computer alone, as in output_orthanc.py. Asserts that the
study then holds CT, SEG and the model (M3D) once each, after a second round too, in which nothing is made. Writes
results/batch_orthanc.md.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from batch_cases import ROOT
from output_orthanc import DICOM_PORT, PORT, asked, waited_for

sys.path.insert(0, str(ROOT / "Testing"))
from Phantoms.ball_scan import ball_scan
from Phantoms.files import write_files

SCRIPT = ROOT / "DicomToPrint" / "Scripts" / "dicom_to_print.py"
EXPORT = ROOT / "docs" / "recipes" / "orthanc_export.py"
THERE = ["-aec", "ORTHANC", "127.0.0.1", str(DICOM_PORT)]


def said(words: list[str], codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8")
    if done.returncode not in codes:
        raise SystemExit(f"{words[:3]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def objects() -> dict[str, int]:
    """Instances by modality of all that Orthanc holds."""
    counted: dict[str, int] = {}
    for series in json.loads(asked("/series?expand")):
        modality = series["MainDicomTags"]["Modality"]
        counted[modality] = counted.get(modality, 0) + len(series["Instances"])
    return counted


def round_trip(folder: Path) -> list[str]:
    """One round: export, batch, results back; what the batch said last."""
    exported = said([sys.executable, str(EXPORT), f"http://127.0.0.1:{PORT}", str(folder / "archive")]).split()
    batch = [sys.executable, str(SCRIPT), "batch", str(folder / "archive"), "--output", str(folder / "out")]
    told = said([*batch, "--threshold", "300", "--format", "stl,dicom,seg"], (0, 1)).splitlines()[-1]
    results = sorted(str(path) for path in (folder / "out" / "cases").glob("*/*/result/*.dcm"))
    said(["storescu", "-R", *THERE, *results])
    return [
        f"{len(exported)} exported",
        told,
        f"{len(results)} objects sent back",
        json.dumps(objects(), sort_keys=True),
    ]


def made(folder: Path) -> list[int]:
    """Times of change of all models."""
    return [path.stat().st_mtime_ns for path in sorted((folder / "out" / "cases").glob("*/*/result/*.stl"))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orthanc", default=shutil.which("Orthanc") or shutil.which("orthanc") or "")
    program = parser.parse_args().orthanc
    if not program:
        raise SystemExit("Orthanc is not installed; name it with --orthanc.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = {
            "StorageDirectory": str(folder / "db"),
            "IndexDirectory": str(folder / "db"),
            "HttpPort": PORT,
            "DicomPort": DICOM_PORT,
            "StableAge": 2,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "OverwriteInstances": False,
            "Plugins": [],
        }
        (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([program, str(folder / "orthanc.json")], **quiet)
        try:
            version = waited_for()
            write_files(ball_scan(), folder / "scan")
            said(["storescu", *THERE, "+sd", str(folder / "scan")])
            time.sleep(6)
            lines = round_trip(folder)
            before = made(folder)
            time.sleep(6)
            lines += round_trip(folder)  # the study is stable anew, since results came to it
            held, again = objects(), made(folder) != before
        finally:
            process.terminate()
            process.wait()
    text = f"# Orthanc {version}: a study exported, run as a batch, its results sent back; and a second round\n\n"
    text += "\n".join(f"- {line}" for line in [*lines, f"made again in the second round: {again}"]) + "\n"
    text += "\nRepeat: `python Testing/Benchmarks/batch_orthanc.py`\n"
    print(text)
    (Path(__file__).parent / "results" / "batch_orthanc.md").write_text(text, encoding="utf-8")
    sys.exit(0 if held == {"CT": 24, "M3D": 1, "SEG": 1} and not again else 1)


if __name__ == "__main__":
    main()
