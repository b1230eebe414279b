"""Fixtures that the tests of the command share: a small CT, files of the user's own, a finished run."""

import json

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config.resources import RESOURCE_DIR
from Phantoms.phi_leak import plant


@pytest.fixture(scope="session")
def ct(tmp_path_factory):
    """Folder with a small conformant CT: half the phantom's size, pixels of 0.58 mm."""
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("ct")
    write_phantom_dicom(folder, shape=(64, 128, 128), spacing=(0.58, 0.58, 1.0), scale=0.5)
    plant(folder)
    return folder


@pytest.fixture(scope="session")
def own_files(tmp_path_factory):
    """A folder with a protocol, an anatomy, a process and a printer of the user's own."""
    folder = tmp_path_factory.mktemp("site")
    for kind, built_in, name in (
        ("protocols", "3dsystems-ortho", "our-protocol"),
        ("anatomy", "bone", "bone"),
        ("processes", "sla", "our-process"),
        ("printers", "sla-145", "our-printer"),
    ):
        content = json.loads((RESOURCE_DIR / kind / f"{built_in}.json").read_text(encoding="utf-8"))
        (folder / f"{name}.json").write_text(json.dumps({**content, "name": name}, indent=1), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def finished(ct, own_files, tmp_path_factory):
    """A finished run on the small CT, with presets of the user's own: (exit code, folder)."""
    folder = tmp_path_factory.mktemp("run")
    code = main(
        [
            *("run", str(ct), "--output", str(folder), "--process", str(own_files / "our-process.json")),
            *("--anatomy", str(own_files / "bone.json"), "--protocol", str(own_files / "our-protocol.json")),
            *("--printer", str(own_files / "our-printer.json"), "--json", str(folder / "result.json")),
            *("--format", "stl,3mf,dicom,seg", "--answer", "motion-blur=yes", "--role", "radiographer"),
        ]
    )
    return code, folder
