"""Who may import what, read from the syntax tree: the rooms stand in the order in which the data walks through them."""

import ast
import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "DicomToPrint"
LIBRARY = MODULE / "DicomToPrintLib"
ROOMS = (
    "errors",
    "progress",
    "quiet",
    "wording",
    "interpreter",
    "resources",
    "settings",
    "picture",
    "findings",
    "volume",
    "mesh",
    "mesh_file",
    "measure",
    "dicom",
    "acceptance",
    "segmentation",
    "surface",
    "preparation",
    "printability",
    "output",
    "phantom",
    "pipeline",
    "options",
    "command",
    "mrml",
    "gui",
)
BUNDLED = {"numpy", "scipy", "vtk", "vtkmodules", "SimpleITK", "pydicom"}
# Not in Slicer: only inside a function, where its absence can be told or worked round.
OPTIONAL = {"highdicom", "fast_simplification", "manifold3d", "lib3mf", "tqdm"}
NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "xmlrpc", "asyncio", "socketserver"}
# Urls are only taken apart, never opened.
HARMLESS = {"urllib.parse"}
FILES = sorted(path for path in LIBRARY.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path):
    """(name, level, inside a function) of every import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, 0, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            if node.level and not node.module:
                for alias in node.names:
                    yield alias.name, node.level, id(node) in inside
            else:
                yield node.module, node.level, id(node) in inside


def room_of(path):
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def absolute(path, name, level):
    """Room that a relative import leads to."""
    package = path.relative_to(LIBRARY).parts[:-1]
    base = package[: len(package) - (level - 1)]
    parts = (*base, *name.split("."))
    return parts[0]


def library_imports():
    """(file, room, name, level, inside) of every import of the library."""
    for path in FILES:
        for name, level, inside in imports(path):
            yield path, room_of(path), name, level, inside


def test_every_file_stands_in_a_room():
    assert {room_of(path) for path in FILES} - {"__init__"} <= set(ROOMS), "add the room to the order, or move the file"


def test_a_room_imports_only_rooms_above_it():
    faults = []
    for path, room, name, level, inside in library_imports():
        other = absolute(path, name, level) if level and room != "__init__" else None
        if other in ROOMS and ROOMS.index(other) > ROOMS.index(room) and (room, other, inside) not in SCENE_EXCEPTIONS:
            faults.append(f"{path.relative_to(LIBRARY)} imports {other}, which stands below it")
    assert not faults, faults


# `run --scene` and `dicomdb:` inside Slicer: the pipeline calls the room of nodes from within the one function that
# needs it.
SCENE_EXCEPTIONS = {("pipeline", "mrml", True), ("command", "mrml", True)}


def fault_of(room, name, inside):
    """What is wrong with an absolute import, or nothing."""
    top = name.partition(".")[0]
    if top in NETWORK and name not in HARMLESS:
        return "nothing here goes to the network"
    if top in sys.stdlib_module_names or top in BUNDLED:
        return ""
    if top in OPTIONAL:
        return "" if inside else "is optional: import it inside the function that uses it"
    if top == "slicer":
        return (
            "" if room == "gui" or (room == "mrml" and inside) else "only mrml, inside functions, and gui import slicer"
        )
    if top in ("qt", "ctk"):
        return "" if room == "gui" else "only gui imports Qt"
    return "is not on the list of packages"


def test_third_parties_come_from_the_short_list():
    faults = [
        f"{path.relative_to(LIBRARY)}: {name} {fault_of(room, name, inside)}"
        for path, room, name, level, inside in library_imports()
        if not level and fault_of(room, name, inside)
    ]
    assert not faults, faults


def test_the_child_process_needs_no_qt():
    for name in ("child.py", "job.py", "__init__.py"):
        tops = {imported.partition(".")[0] for imported, level, _inside in imports(LIBRARY / "gui" / name) if not level}
        assert not tops & {"qt", "ctk", "slicer"}, name


def test_the_panel_asks_the_pipeline_and_computes_nothing():
    """No file under gui/ but the child imports a room that computes."""
    allowed = {"errors", "progress", "interpreter", "resources", "settings", "findings", "mrml", "pipeline", "gui"}
    for path in sorted((LIBRARY / "gui").glob("*.py")):
        if path.name == "child.py":
            continue
        for name, level, _inside in imports(path):
            if level:
                assert absolute(path, name, level) in allowed | set(_siblings()), f"{path.name} imports {name}"
            else:
                assert name.partition(".")[0] not in {"numpy", "scipy", "vtk", "SimpleITK", "pydicom"}, (
                    f"{path.name} imports {name}"
                )


def _siblings():
    return (path.stem for path in (LIBRARY / "gui").glob("*.py"))


def test_the_module_file_imports_nothing_heavy_and_is_short():
    text = (MODULE / "DicomToPrint.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    at_load = {name.partition(".")[0] for name, _level, inside in imports(MODULE / "DicomToPrint.py") if not inside}
    assert at_load <= {"os", "sys", "slicer"}


def test_the_entry_script_is_ascii_and_keeps_its_names_to_itself():
    for path in sorted((MODULE / "Scripts").glob("*.py")):
        text = path.read_bytes()
        assert text.isascii(), f"{path.name}: Slicer reads it with the system's encoding"
        names = [node for node in ast.parse(text).body if not isinstance(node, (ast.FunctionDef, ast.Expr))]
        assert not names, f"{path.name}: Slicer runs it in its own globals, so only functions may stand outside"


def test_shipped_code_never_writes_to_slicer():
    faults = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AugAssign)
                else []
            )
            faults += [f"{path.relative_to(LIBRARY)}:{node.lineno}" for target in targets if _root(target) == "slicer"]
    assert not faults, faults


def _root(target):
    if not isinstance(target, ast.Attribute):
        return ""
    while isinstance(target, ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def test_rooms_have_no_file_beside_a_module_that_slicer_would_take_for_one():
    assert [path.name for path in MODULE.glob("*.py")] == ["DicomToPrint.py"]
