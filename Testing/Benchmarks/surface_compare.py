"""Ours, Slicer's rule, dicom2stl and an InVesalius-like chain on the same voxels, each in a fresh process.

    python Testing/Benchmarks/surface_compare.py [--cases S,M,L,XL,lattice,head] [--dicom2stl PATH] [--head FOLDER]
    [--exact] [--picture CASE] [--methods ours,Slicer] [--work FOLDER] [--before CHECKOUT]

Needs slicer-core in this interpreter for Slicer's rule; --dicom2stl names the program of a separate environment (pip
install dicom2stl); --exact counts self-intersections by libigl's CGAL part too (GPL: only ever in such a benchmark).
CPU seconds of the process and its peak memory come from the operating system. The clock runs from the volume in
memory (dicom2stl: from an .mha file) to the STL on disk. dicom2stl takes larger volumes at every second or third voxel
unless it is told not to: "dicom2stl" is at all voxels, as the others are, "dicom2stl, shrunk" what it does by itself.
"run" is ours with the segmentation that `run` makes (anatomy `bone`: its own boundary, thin walls, cavities filled; its
time is included), all other methods get the same plain threshold. --before names a checkout of other code to run so too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from surface_judgement import judged, picture
from surface_methods import as_run, chain, labels_of, ours, slicer_rule

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2] / "DicomToPrint"))

PHANTOMS = {  # shape (k, j, i), spacing (i, j, k) mm, further arguments
    "S": ((100, 128, 128), (1.8, 1.8, 2.4), {"scale": 1.65}),
    "M": ((200, 256, 256), (0.9, 0.9, 1.2), {"scale": 1.65}),
    "L": ((400, 512, 512), (0.45, 0.45, 0.6), {"scale": 1.65}),
    "XL": ((600, 1024, 1024), (0.225, 0.225, 0.4), {"scale": 1.65}),
    "lattice": ((400, 512, 512), (0.45, 0.45, 0.6), {"scale": 1.65, "trabeculae_mm": 3.5}),
}


def prepared(case: str, folder: Path, head: Path | None) -> dict:
    """Write the volume of a case and say what is known about it."""
    from dicomtoprint.phantom import make_phantom_volume

    if case == "head":
        from dicomtoprint.dicom import read_study, read_volume

        study = read_study(head)
        volume = read_volume(max(study.series, key=lambda s: len(s.files)))
        facts = {"threshold": 300.0}
    else:
        shape, spacing, more = PHANTOMS[case]
        volume, truth = make_phantom_volume(shape=shape, spacing=spacing, **more)
        facts = {
            "threshold": float(truth.boundary_hu),
            "scale": more["scale"],
            "trabeculae_mm": more.get("trabeculae_mm", 0.0),
            "balls": [list(map(float, b)) for b in ball_centres(truth)],
        }
    np.save(folder / f"{case}.npy", volume.array)
    np.save(folder / f"{case}_affine.npy", volume.affine)
    return facts


def ball_centres(truth) -> list:
    bounds = [truth.bounds_mm[name] for name in ("ball 1", "ball 2")]
    return [((b[0] + b[1]) / 2, (b[2] + b[3]) / 2, (b[4] + b[5]) / 2) for b in bounds]


METHODS = (
    "ours",
    "run",
    "run before",
    "Slicer",
    "Slicer + decimation",
    "dicom2stl",
    "dicom2stl, shrunk",
    "InVesalius-like",
)
DICOM2STL = {
    "dicom2stl": ("--disable", "rotation", "--disable", "shrink"),
    "dicom2stl, shrunk": ("--disable", "rotation"),
}


def stl_of(method: str, case: str, folder: Path) -> Path:
    return folder / f"{case}_{method.replace(' ', '_')}.stl"


def peak_gb(process: str = "self") -> float:
    """Peak memory of a process alone (ru_maxrss would count the parent's at the time of the fork); 0 where it is
    gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0) / 1e6


def one(method: str, case: str, folder: Path, threshold: float) -> None:
    """Child process: one method on one case; figures as JSON on the last line."""
    array, affine = np.load(folder / f"{case}.npy"), np.load(folder / f"{case}_affine.npy")
    out = stl_of(method, case, folder)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    labels = None if method in ("run", "run before") else labels_of(array, threshold)
    facts = {
        "run": lambda: as_run(array, affine, out),
        "run before": lambda: as_run(array, affine, out),
        "ours": lambda: ours(array, affine, labels, threshold, out),
        "Slicer": lambda: slicer_rule(array, affine, labels, out, False),
        "Slicer + decimation": lambda: slicer_rule(array, affine, labels, out, True),
        "InVesalius-like": lambda: chain(array, affine, labels, threshold, out),
    }[method]()
    after = resource.getrusage(resource.RUSAGE_SELF)
    facts |= {
        "wall": time.perf_counter() - start,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_gb": peak_gb(),
    }
    print(json.dumps(facts))
    sys.stdout.flush()
    os._exit(0)


def run(method: str, case: str, folder: Path, threshold: float, options: argparse.Namespace) -> dict | None:
    if method in DICOM2STL:
        return run_dicom2stl(method, case, folder, threshold, options.dicom2stl) if options.dicom2stl else None
    if method == "run before" and options.before is None:
        return None
    done = subprocess.run(
        [
            sys.executable,
            str(HERE),
            "--one",
            method,
            "--case",
            case,
            "--folder",
            str(folder),
            "--threshold",
            str(threshold),
            *(["--before", str(options.before)] if method == "run before" else []),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        print(method, case, done.stderr[-2000:], flush=True)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_dicom2stl(method: str, case: str, folder: Path, threshold: float, program: str) -> dict | None:
    import SimpleITK as sitk

    from dicomtoprint.volume import Volume, resample_orthogonal, to_sitk

    source, out = folder / f"{case}.mha", stl_of(method, case, folder)
    volume = resample_orthogonal(Volume(np.load(folder / f"{case}.npy"), np.load(folder / f"{case}_affine.npy")))
    sitk.WriteImage(to_sitk(volume), str(source))
    out.unlink(missing_ok=True)  # it would ask before it writes over a file
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work = subprocess.Popen(
        [program, "-i", str(threshold), *DICOM2STL[method], "-o", str(out), str(source)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    peak = 0.0
    while work.poll() is None:
        peak = max(peak, peak_gb(str(work.pid)))
        time.sleep(0.05)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not out.exists():
        return None
    return {
        "wall": time.perf_counter() - start,
        "peak_gb": peak,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


def number(row: dict, key: str, form: str) -> str:
    return format(row[key], form) if key in row else ""


def table(rows: dict) -> str:
    lines = [
        "| case | method | wall s | CPU s | peak GB | triangles | boundary | nme | nmv | flipped | "
        "self-int. (exact) | mean mm | p95 mm | "
        "shells mm | shell volume % | balls mm |",
        "|" + "---|" * 16,
    ]
    for (case, method), r in rows.items():
        lines.append(
            f"| {case} | {method} | {r['wall']:.1f} | {r['cpu']:.1f} | {r['peak_gb']:.2f} | {r['triangles']} | "
            f"{r['boundary']} | "
            f"{r['nme']} | {r['nmv']} | {r['flipped']} | {r['si']} ({r.get('si_exact', 'not counted')}) | "
            f"{r['mean']:.3f} | "
            f"{r['p95']:.3f} | {number(r, 'cortical_mm', '.3f')} | {number(r, 'shell_percent', '+.2f')} | {r.get('ball_mm', '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="S,M,L")
    parser.add_argument("--head", type=Path)
    parser.add_argument("--dicom2stl")
    parser.add_argument("--before", type=Path, help="checkout of other code for the method 'run before'")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--methods", help="some of the methods only, separated by commas")
    parser.add_argument("--work", type=Path, help="folder that keeps volumes, surfaces and figures; done rows are kept")
    parser.add_argument("--picture", metavar="CASE", help="draw the surfaces of this case")
    parser.add_argument("--output", type=Path, default=HERE.parent / "results")
    for hidden in ("--one", "--case", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--threshold", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        if options.before:
            sys.path.insert(0, str(options.before / "DicomToPrint"))
        one(options.one, options.case, Path(options.folder), options.threshold)
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
        compare(options, options.work)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(options, Path(name))


def compare(options: argparse.Namespace, folder: Path) -> None:
    """Run and judge what `folder` does not hold yet, and write the table of all it holds."""
    tally = folder / "tally.json"
    held = json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else {}
    for case in options.cases.split(","):
        facts = known(case, folder, options.head)
        for method in options.methods.split(",") if options.methods else METHODS:
            key, path = f"{case}|{method}", stl_of(method, case, folder)
            if key not in held:
                figures = run(method, case, folder, facts["threshold"], options)
                if figures is None:
                    continue
                # The head is judged against the grey value that its surface was made for.
                own = facts | {"threshold": figures.get("boundary_value", facts["threshold"])}
                held[key] = figures | judged(case, path, folder, own, options.exact)
                print(key, {k: v for k, v in held[key].items() if k != "shares"}, flush=True)
                tally.write_text(json.dumps(held), encoding="utf-8")
        rows = {tuple(key.split("|")): row for key, row in held.items()}
        rows = {key: rows[key] for key in sorted(rows, key=lambda k: (k[0], METHODS.index(k[1])))}
        save(options.output, rows, remarks_on(rows))
        if options.picture == case:
            made = {m: stl_of(m, case, folder) for m in METHODS if (case, m) in rows}
            picture(case, made, folder, facts, options.output / "surface_compare.png")


def known(case: str, folder: Path, head: Path | None) -> dict:
    """The facts about a case, whose volume is made where the folder does not hold it."""
    said = folder / f"{case}.json"
    if not said.exists():
        facts = prepared(case, folder, head)
        said.write_text(json.dumps(facts), encoding="utf-8")
    return json.loads(said.read_text(encoding="utf-8"))


def remarks_on(rows: dict) -> list[str]:
    remarks: list[str] = []
    for (case, method), row in rows.items():
        if method in ("ours", "run", "run before"):
            phrases = ", ".join(f"{phrase} {spent:.1f}" for phrase, spent in row["shares"].items() if spent > 0.05)
            remarks += [
                f"- {case}, {method}, where our CPU seconds go: {phrases}",
                *(f"  - {note}" for note in row["notes"]),
            ]
    return remarks


def save(folder: Path, rows: dict, remarks: list[str]) -> None:
    ratios = []
    for case in dict.fromkeys(case for case, _ in rows):
        if (case, "ours") in rows:
            mine = rows[case, "ours"]
            for other in METHODS[1:]:
                if (case, other) in rows:
                    r = rows[case, other]
                    ratios.append(
                        f"- {case}, ours to {other}: wall {mine['wall'] / r['wall']:.2f}, "
                        f"CPU {mine['cpu'] / r['cpu']:.2f}, "
                        f"mean deviation {mine['mean'] / max(r['mean'], 1e-9):.2f}, peak memory "
                        f"{mine['peak_gb'] / max(r['peak_gb'], 1e-9):.2f}"
                    )
    text = (
        "# Surfaces side by side\n\nRepeat: see the head of `Testing/Benchmarks/surface_compare.py`. Phantoms: deviation "
        "from the analytic boundary; head: from the scan's grey-value boundary along the normal. nme/nmv: "
        "non-manifold edges/vertices, after a float32 weld. "
        "Shells: the cup and the hollow shell, mean distance "
        "of their faces; shell volume: of the hollow shell against its formula. Single runs on a shared machine: read "
        "the ratios, and CPU rather than wall seconds.\n\n"
        + table(rows)
        + "\n\nRatios\n\n"
        + "\n".join(ratios)
        + "\n\nRemarks\n\n"
        + "\n".join(remarks)
        + "\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "surface_compare.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
