"""Names that exist only in the stand-in fail here: all are held against what Slicer 5.12 and 5.13 have."""

import ast
import inspect
import json
import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[1] / "DicomToPrint"
TABLE = json.loads((HERE / "slicer_names.json").read_text(encoding="utf-8"))
WIDGETS = TABLE["widgets"]
FILES = [
    MODULE / "DicomToPrint.py",
    *sorted((MODULE / "DicomToPrintLib" / "gui").glob("*.py")),
    *sorted((MODULE / "DicomToPrintLib" / "mrml").glob("*.py")),
]


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def attributes():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and dotted(node):
                yield f"{path.name}:{node.lineno}", dotted(node)


def names_of(widget):
    found, inherits = WIDGETS[widget], WIDGETS[widget]["inherits"]
    own = {name for kind in ("properties", "methods", "enums") for name in found[kind]} | {
        s.partition("(")[0] for s in found["signals"]
    }
    if inherits in WIDGETS:
        own |= names_of(inherits)
    return own | set(TABLE["inherited"].get(inherits, ()))


def test_every_custom_widget_and_enumerator_is_slicers():
    faults = []
    for place, name in attributes():
        parts = name.split(".")
        if parts[0] == "ctk" or (parts[0] == "slicer" and parts[1].startswith("q")):
            widget = parts[1]
            if widget not in WIDGETS:
                faults.append(f"{place}: {widget} is not in the table")
            elif len(parts) > 2 and parts[2] not in WIDGETS[widget]["enums"]:
                faults.append(f"{place}: {name} is no enumerator")
    assert not faults, faults


def test_what_is_asked_of_the_application_is_there():
    known = names_of("qSlicerApplication") | names_of("qSlicerCoreApplication") | set(TABLE["inherited"]["application"])
    faults = [
        f"{place}: {name}"
        for place, name in attributes()
        if name.startswith("slicer.app.") and name.split(".")[2] not in known
    ]
    assert not faults, faults


def test_what_is_asked_of_the_dicom_database_is_there():
    known = names_of("ctkDICOMDatabase")
    faults = []
    for place, name in attributes():
        parts = name.split(".")
        asked = (
            parts[2]
            if name.startswith("slicer.dicomDatabase.")
            else parts[1]
            if parts[0] in ("store",) and len(parts) > 1
            else None
        )
        if asked and asked not in known:
            faults.append(f"{place}: {name}")
    assert not faults, faults


def test_what_is_asked_of_nodes_and_of_slicer_is_in_the_wheel_at_hand():
    """MRML and VTK have no table: their names are held against slicer-core itself, of the version the tests run on."""
    slicer = pytest.importorskip("slicer")
    import vtk

    of_the_application = {"app", "dicomDatabase", "modules", "mrmlScene", "packaging"} | set(WIDGETS)
    known = {
        name
        for module in (slicer, vtk)
        for kind in vars(module).values()
        if inspect.isclass(kind)
        for name in dir(kind)
    }
    faults = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        ours = {node.name for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                place, parts = f"{path.name}:{node.lineno}", dotted(node).split(".")
                if parts[0] == "slicer" and parts[1] not in of_the_application and not hasattr(slicer, parts[1]):
                    faults.append(f"{place}: slicer.{parts[1]}")
                elif (
                    parts[:1] == ["slicer"]
                    and len(parts) > 2
                    and parts[1] not in of_the_application
                    and not hasattr(getattr(slicer, parts[1]), parts[2])
                ):
                    faults.append(f"{place}: {dotted(node)}")
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr[0].isupper() and node.func.attr[1:2].islower():
                held_elsewhere = dotted(node.func).split(".")[0] in (
                    "qt",
                    "ctk",
                    "pipeline",
                    "sitk",
                    "zipfile",
                    "tempfile",
                )
                held_elsewhere = held_elsewhere or dotted(node.func).startswith(("DICOMUtils.", "SampleData."))
                if not held_elsewhere and node.func.attr not in known | ours:
                    faults.append(f"{path.name}:{node.lineno}: .{node.func.attr}()")
    assert not faults, faults


def connections():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("connect", "disconnect")
                and node.args
                and path.name
                != "extension_backends.py"  # signals of SlicerNNUnet's own class, which take a callable alone
            ):
                yield f"{path.name}:{node.lineno}", node.args[0]


def test_signals_are_connected_by_full_signatures_of_both_qt_versions():
    known = set(TABLE["signals"]) | {signal for widget in WIDGETS.values() for signal in widget["signals"]}
    faults, seen = [], 0
    for place, argument in connections():
        seen += 1
        if not isinstance(argument, ast.Constant) or argument.value not in known:
            faults.append(f"{place}: {ast.unparse(argument)}")
    assert seen > 10
    assert not faults, faults


def test_qt_names_are_qts_own():
    pytest.importorskip("PySide6.QtWidgets")
    from PySide6 import QtCore, QtGui, QtWidgets

    faults = []
    for place, name in attributes():
        parts = name.split(".")
        if parts[0] != "qt":
            continue
        found = next(
            (getattr(module, parts[1]) for module in (QtWidgets, QtGui, QtCore) if hasattr(module, parts[1])), None
        )
        lacks = found is None or parts[1] in ("Signal", "Slot", "Property")
        if lacks or (len(parts) > 2 and not hasattr(found, parts[2])):
            faults.append(f"{place}: {name}")
        elif len(parts) > 3:
            faults.append(f"{place}: {name} is a scoped enumerator, which Qt 5 does not have")
    assert not faults, faults


def test_the_stand_in_has_nothing_that_slicer_lacks():
    pytest.importorskip("PySide6.QtWidgets")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6 import QtCore

    from SlicerStandin import ctk_module, mrml_widgets

    classes = [
        *mrml_widgets.WIDGETS,
        ctk_module.ctkCollapsibleButton,
        ctk_module.ctkCollapsibleGroupBox,
        ctk_module.ctkPathLineEdit,
    ]
    faults = []
    for cls in classes:
        known = names_of(cls.__name__)
        own = dict(cls.__dict__)
        if issubclass(cls, mrml_widgets._SceneWidget):
            own.update(mrml_widgets._SceneWidget.__dict__)
        names = set(cls.__dict__.get("DECLARED", {}))
        for name, value in own.items():
            is_qt_own = hasattr(QtCore.QObject, name) or name in ("mousePressEvent", "paintEvent", "declared_changed")
            is_plain = name.startswith("_") or name in ("DECLARED", "SIGNALS", "staticMetaObject") or is_qt_own
            if not is_plain and (inspect.isfunction(value) or isinstance(value, (int, QtCore.Signal))):
                names.add(name)
        known |= {"setText", "setMRMLScene", "mrmlScene", "visible", "enabled"}
        faults += [f"{cls.__name__}.{name}" for name in sorted(names) if name not in known]
    assert not faults, faults
