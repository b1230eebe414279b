"""Who notices what: every must-reject defect and every conformant oddity of the catalogue, before us and before peers.

    python Testing/Benchmarks/acceptance_defects.py [--every 1] [--write]

A peer flags a defect when it says of the series what it does not say of the conformant series of the same object:
dciodvfy an error it did not print there; SimpleITK (its GDCM reader) a failure, a warning, or files left out;
highdicom a refusal to form a volume. Ours flags when one of the two built-in protocols rejects. Defects in the pixels
alone are left out for peers, none of which looks at them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "DicomToPrint")]

import pydicom

from Phantoms.case import Case
from Phantoms.catalogue import catalogue
from Phantoms.evaluate_case import Judge


def scan_files(folder: Path) -> list[Path]:
    """The image files of a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR")


def dciodvfy_errors(folder: Path) -> set[str]:
    """The distinct errors that dciodvfy prints, without values that differ from file to file."""
    errors = set()
    for path in scan_files(folder):
        done = subprocess.run(
            ["dciodvfy", str(path)], capture_output=True, text=True, errors="replace", check=False, encoding="utf-8"
        )
        lines = [line for line in done.stderr.splitlines() if line.startswith("Error")]
        errors |= {re.sub(r"[\d.]{3,}", "#", line) for line in lines}
        if done.returncode not in (0, 1):
            errors.add(f"exit {done.returncode}")
    return errors


def simpleitk_complaints(folder: Path) -> set[str]:
    """What SimpleITK's series reader says, with the toolkit's warnings; in a child, since damaged frames may end it."""
    import SimpleITK

    with tempfile.TemporaryFile() as heard:
        child = os.fork()
        if child == 0:
            os.dup2(heard.fileno(), 2)
            os.dup2(heard.fileno(), 1)
            try:
                os.write(1, "".join(f"SAID {word}\n" for word in _simpleitk(SimpleITK, folder)).encode())
            except BaseException:  # whatever the toolkit raises is its complaint
                os.write(1, b"SAID failure\n")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        heard.seek(0)
        text = heard.read().decode(errors="replace")
    said = {line[5:] for line in text.splitlines() if line.startswith("SAID ")}
    return said | ({"warning"} if "WARNING" in text.upper() else set()) | ({"process died"} if status else set())


def _simpleitk(SimpleITK: object, folder: Path) -> set[str]:
    said: set[str] = set()
    reader = SimpleITK.ImageSeriesReader  # type: ignore[attr-defined]
    folders = {path.parent for path in scan_files(folder)}
    taken = 0
    for place in sorted(folders):
        ids = reader.GetGDCMSeriesIDs(str(place))
        said |= {"several series"} if len(ids) > 1 else set()
        for one in ids:
            names = reader.GetGDCMSeriesFileNames(str(place), one)
            taken += len(names)
            try:
                SimpleITK.ReadImage(names)  # type: ignore[attr-defined]
            except RuntimeError:
                said.add("failure")
    return said | ({"files left out"} if taken < len(scan_files(folder)) else set())


def highdicom_complaints(folder: Path) -> set[str]:
    """Whether highdicom refuses to form a volume of the files."""
    import highdicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = [pydicom.dcmread(path) for path in scan_files(folder)]
            if len(read) == 1:
                highdicom.Image.from_dataset(read[0]).get_volume()
            else:
                highdicom.get_volume_from_series(read)
        except Exception as problem:  # any refusal counts
            return {type(problem).__name__}
    return set()


PEERS: dict[str, Callable[[Path], set[str]]] = {
    "dciodvfy": dciodvfy_errors,
    "SimpleITK": simpleitk_complaints,
    "highdicom": highdicom_complaints,
}


def base_of(case: Case) -> str:
    """The conformant case of the same object."""
    kind = case.id.split("-")[0]
    return f"{kind}-conformant" if kind in ("classic", "enhanced", "craniofacial") else "disc-whole"


def flags(case: Case, folder: Path, known: dict[tuple[str, str], set[str]], peer: str) -> bool:
    """Whether a peer says more of the case than of the conformant base."""
    return bool(PEERS[peer](folder) - known[peer, base_of(case)])


def main() -> int:
    """Runs everybody over the catalogue and prints (or writes) the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write Testing/Benchmarks/results/acceptance_defects.md")
    parser.add_argument("--every", type=int, default=1, help="take every n-th case, evenly over the catalogue")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    defects = [case for case in catalogue() if case.must_reject][:: options.every]
    cases = defects + [case for case in catalogue() if case.conformant][:: options.every]
    peers = [peer for peer in PEERS if peer != "dciodvfy" or shutil.which("dciodvfy")]
    by_id = {case.id: case for case in catalogue()}
    with tempfile.TemporaryDirectory() as name:
        judge = Judge(Path(name))
        known = {}
        for base in ("classic-conformant", "enhanced-conformant", "craniofacial-conformant", "disc-whole"):
            judge(by_id[base])
            known.update({(peer, base): PEERS[peer](judge.folder / base) for peer in peers})
        rows = [row_of(case, judge, known, peers) for case in cases]
    table = report(rows, peers, options.every)
    print(table)
    if options.write:
        (HERE / "results" / "acceptance_defects.md").write_text(table, encoding="utf-8")
    return 0


def row_of(case: Case, judge: Judge, known: dict, peers: list[str]) -> tuple[Case, dict[str, bool]]:
    """A case and who flags it."""
    judged = judge(case)
    verdicts = [judged.verdict(protocol) for protocol in case.verdicts]
    lowest = "ask" if case.id.startswith("craniofacial") else "accept"
    ours = "reject" in verdicts if case.must_reject else any(verdict not in ("accept", lowest) for verdict in verdicts)
    row = {"check": ours}
    for peer in peers:
        row[peer] = not case.pixels and flags(case, judge.folder / case.id, known, peer)
    return case, row


def report(rows: list[tuple[Case, dict[str, bool]]], peers: list[str], every: int) -> str:
    """The counts and the list as markdown."""
    defects = [row for row in rows if row[0].must_reject]
    oddities = [row for row in rows if row[0].conformant]
    lines = [
        "# Defects noticed",
        "",
        f"Repeat: `python Testing/Benchmarks/acceptance_defects.py --every {every} --write` (every {every}. case of "
        "the catalogue). How each peer is read stands at the script's top.",
        "",
        f"| who | of {len(defects)} defects flagged | share | of {len(oddities)} conformant series complained of |",
        "|---|---|---|---|",
    ]
    for who in ("check", *peers):
        found = sum(row[1][who] for row in defects)
        lines.append(
            f"| {who} | {found} | {100 * found / len(defects):.0f} % | {sum(row[1][who] for row in oddities)} |"
        )
    together = sum(any(row[1][peer] for peer in peers) for row in defects)
    lines += [f"| all peers together | {together} | {100 * together / len(defects):.0f} % | |", ""]
    kinds = ("classic", "enhanced", "craniofacial", "disc")
    lines += ["| object | defects | check | " + " | ".join(peers) + " |", "|---|---|---|" + "---|" * len(peers)]
    for kind in kinds:
        own = [row for row in defects if row[0].id.split("-")[0] == kind]
        counts = [sum(row[1][who] for row in own) for who in ("check", *peers)]
        lines.append(f"| {kind} | {len(own)} | " + " | ".join(str(count) for count in counts) + " |")
    lines += ["", "| defect | check | " + " | ".join(peers) + " |", "|---|---|" + "---|" * len(peers)]
    mark = {True: "yes", False: "-"}
    lines += [
        f"| {case.id} | " + " | ".join(mark[row[who]] for who in ("check", *peers)) + " |" for case, row in defects
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
