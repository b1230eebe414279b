"""Packages whose names are loaded when they are first asked for: one list of names, and a start that loads nothing else."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "DicomToPrint"
LAZY = ["backends", "mesh", "pipeline", "segmentation"]


def imported_for_types(package: str) -> dict[str, str]:
    """Name to module of what the package imports for type checkers alone."""
    tree = ast.parse((ENGINE / "dicomtoprint" / package / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: node.module or "" for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


@pytest.mark.parametrize("package", LAZY)
def test_names_for_types_at_run_time_and_for_import_are_the_same(package: str) -> None:
    module = importlib.import_module(f"dicomtoprint.{package}")
    assert imported_for_types(package) == module._HOMES
    assert sorted(module.__all__) == sorted(module._HOMES)


@pytest.mark.parametrize("package", LAZY)
def test_every_name_is_found_and_none_is_hidden_by_a_module(package: str) -> None:
    module = importlib.import_module(f"dicomtoprint.{package}")
    for name, home in module._HOMES.items():
        found = getattr(module, name)
        assert found is getattr(importlib.import_module(f"dicomtoprint.{package}.{home}"), name)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = module.no_such_name


def test_a_check_of_headers_loads_nothing_that_makes_or_prepares_a_model(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(ENGINE)!r})\n"
        "from dicomtoprint.cli.main import main\n"
        f"assert main(['check', {str(tmp_path)!r}, '--no-pixels']) == 3\n"
        "print(*(name for name in sys.modules))\n"
    )
    (tmp_path / "note.txt").write_text("no image", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    loaded = set(done.stdout.split())
    assert "dicomtoprint.acceptance" in loaded
    heavy = ("mesh", "printability", "preparation", "reconstruction", "segmentation", "report", "pipeline.workflow")
    assert not [name for name in heavy if f"dicomtoprint.{name}" in loaded]
    assert not {"vtk", "vtkmodules", "scipy", "SimpleITK", "manifold3d"} & loaded


def test_listing_the_backends_loads_no_voxel_package() -> None:
    """The panel does it while it opens."""
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(ENGINE)!r})\n"
        "from dicomtoprint.pipeline import backends\n"
        "assert backends.known_backends()\n"
        "print(*(name for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert not {"vtk", "vtkmodules", "scipy", "SimpleITK", "pydicom"} & set(done.stdout.split())
