"""What a start loads: the time to import a package that is not used is paid by every check."""

import subprocess
import sys
from pathlib import Path

import pytest

from dicomtoprint.phantom import write_phantom_dicom

ENGINE = Path(__file__).resolve().parents[2] / "DicomToPrint"


def loaded_by(code):
    """Names of the modules that a fresh interpreter has after `code`."""
    script = f"import sys; sys.path.insert(0, {str(ENGINE)!r})\n{code}\nprint('modules:', *sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("modules:")[2].split())


def test_the_engine_itself_loads_nothing_heavy():
    assert not loaded_by("import dicomtoprint") & {"numpy", "pydicom", "scipy", "vtkmodules", "SimpleITK"}


@pytest.fixture(scope="module")
def one_slice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    write_phantom_dicom(folder, shape=(3, 32, 32), spacing=(4.0, 4.0, 4.0))
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    return folder


@pytest.mark.parametrize("more", [[], ["--no-pixels"]])
def test_a_check_of_one_file_loads_what_it_needs(one_slice, more):
    code = f"from dicomtoprint.cli.main import main; main(['check', {str(one_slice)!r}, *{more!r}])"
    found = loaded_by(code)
    assert "pydicom" in found
    assert not found & {"scipy", "vtkmodules", "SimpleITK", "dicomtoprint.acceptance.detectors"}
