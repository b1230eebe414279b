"""Stable studies of an Orthanc server into an archive folder, for `dicomtoprint batch`: needs nothing but Python.

    python orthanc_export.py http://localhost:8042 /shared/archive [--user NAME:PASSWORD]

Asks Orthanc's REST interface for the studies that became stable since the last time (nothing was added to them for Orthanc's
StableAge) and writes each into a folder of its own, named by Orthanc's identifier, which tells no name: whole or not at all. The place in
Orthanc's list of changes is kept beside the archive (archive.changes), so that this may be called as often as you like, by cron or
a loop. A study that grows later becomes stable again, is exported again, and the batch sees that it changed.
"""

import argparse
import base64
import json
import os
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--user")
    options = parser.parse_args()
    headers = {"Authorization": "Basic " + base64.b64encode(options.user.encode()).decode()} if options.user else {}

    def get(path: str) -> bytes:
        request = urllib.request.Request(options.server.rstrip("/") + path, headers=headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read()

    options.archive.mkdir(parents=True, exist_ok=True)
    place = options.archive.with_name(options.archive.name + ".changes")
    since = int(place.read_text(encoding="ascii")) if place.exists() else 0
    for number, study in stable_studies(get, since):
        if study:
            export(get, study, options.archive)
        draft = place.with_name(place.name + ".new")
        draft.write_text(str(number), encoding="ascii")
        draft.replace(place)


def stable_studies(get, since: int) -> Iterator[tuple[int, str]]:
    """Place in the list of changes, and the study that became stable there; empty for any other change."""
    while True:
        page = json.loads(get(f"/changes?since={since}&limit=100"))
        for change in page["Changes"]:
            yield change["Seq"], change["ID"] if change["ChangeType"] == "StableStudy" else ""
        since = page["Last"]
        if page["Done"]:
            return


def export(get, study: str, archive: Path) -> None:
    """The instances of a study as files of a folder, which appears when it is whole."""
    draft, folder = archive / f".new-{study}", archive / study
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        for series in json.loads(get(f"/studies/{study}/series")):
            # What a batch sends back makes the study stable anew: it is no part of the input.
            if series["MainDicomTags"].get("Modality") not in ("SEG", "M3D"):
                for instance in series["Instances"]:
                    (draft / f"{instance}.dcm").write_bytes(get(f"/instances/{instance}/file"))
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(study, flush=True)


if __name__ == "__main__":
    main()
