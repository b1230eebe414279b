"""Who may import what, read from the syntax tree: packages stand in the order in which data passes through them."""

import ast
import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "DicomToPrint"
ENGINE, SLICER_PART = MODULE / "dicomtoprint", MODULE / "DicomToPrintLib"
# A package imports only what stands above it; imports inside functions and for type checks count as well.
ORDER = (
    "messages",
    "errors",
    "progress",
    "text",
    "rules",
    "volume",
    "voxel_components",
    "pydicom_logging",
    "config",
    "workers",
    "images",
    "mesh",
    "io",
    "dicom",
    "dicom_export",
    "fileset",
    "imaging",
    "acceptance",
    "segmentation",
    "backends",
    "repair",
    "simplify",
    "reconstruction",
    "preparation",
    "printability",
    "slicing",
    "accuracy",
    "review",
    "coupon",
    "rendering",
    "report",
    "run_record",
    "phantom",
    "pipeline",
    "batch",
    "cli",
)
BUNDLED = {"numpy", "scipy", "vtk", "vtkmodules", "SimpleITK", "pydicom"}
# Not in Slicer: only inside a function, where its absence can be told or worked round.
EXTENSIONS = {"SlicerNNUNetLib"}
OPTIONAL = {
    "highdicom",
    "fast_simplification",
    "manifold3d",
    "lib3mf",
    "tqdm",
    "dicomanonymizer",
    "nibabel",
    "filelock",
    "psutil",
    "cryptography",
    "distributed",
    "k3d",
    "jsonschema",
}
NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "xmlrpc", "asyncio", "socketserver"}
# Urls are only taken apart, never opened.
HARMLESS = {"urllib.parse"}
FILES = sorted(
    path for folder in (ENGINE, SLICER_PART) for path in folder.rglob("*.py") if "__pycache__" not in path.parts
)


def module_of(path):
    """Dotted name, and the package that its relative imports start from."""
    parts = path.relative_to(MODULE).with_suffix("").parts
    package = parts[:-1]
    return ".".join(package if parts[-1] == "__init__" else parts), package


def imports(path):
    """(absolute name, inside a function) of every import of a file; of `from x import y` both x and x.y."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
    }
    package = module_of(path)[1] if MODULE in path.parents and path.parent != MODULE else ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - (node.level - 1)] if node.level else ()
            name = ".".join((*base, *(node.module.split(".") if node.module else ())))
            for alias in node.names:
                yield f"{name}.{alias.name}" if name.partition(".")[0] in OURS else name, id(node) in inside


OURS = ("dicomtoprint", "DicomToPrintLib")
MODULES = {module_of(path)[0] for path in FILES}


def ours(name):
    """The module of ours that an absolute name lies in; None for what is not ours."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def package_of(name):
    return name.split(".")[1] if "." in name else ""


def test_every_package_stands_in_the_order():
    found = {path.relative_to(ENGINE).parts[0].removesuffix(".py") for path in FILES if ENGINE in path.parents}
    assert found - {"__init__", "__main__"} == set(ORDER), "add the package to the order, or move the file"


def test_a_package_imports_only_packages_above_it():
    faults = []
    for path in FILES:
        own, _ = module_of(path)
        if not own.startswith("dicomtoprint.") or own == "dicomtoprint.__main__":
            continue
        for name, _inside in imports(path):
            other = ours(name)
            if other is None or "." not in other:
                continue
            if other.startswith("DicomToPrintLib"):
                faults.append(f"{own} imports {other}: the engine does not know Slicer")
            elif ORDER.index(package_of(other)) > ORDER.index(package_of(own)):
                faults.append(f"{own} imports {other}, which stands below it")
    assert not faults, faults


def test_no_two_modules_import_each_other():
    """No circle between files, those of lazy imports included; an __init__ stands for its package's doors only."""
    graph = {}
    for path in FILES:
        own, _ = module_of(path)
        if path.name != "__init__.py":
            graph[own] = {other for name, _ in imports(path) if (other := ours(name)) and other != own}
    done, faults = set(), []

    def visit(node, trail):
        if node in trail:
            faults.append(" > ".join([*trail[trail.index(node) :], node]))
            return
        if node in done or node not in graph:
            return
        for other in sorted(graph[node]):
            visit(other, [*trail, node])
        done.add(node)

    for node in sorted(graph):
        visit(node, [])
    assert not faults, faults


def fault_of(own, name, inside):
    """What is wrong with an import of something that is not ours, or nothing."""
    top = name.partition(".")[0]
    gui, mrml = own.startswith("DicomToPrintLib.gui"), own.startswith("DicomToPrintLib.mrml")
    if top in NETWORK and name not in HARMLESS:
        return "nothing here goes to the network"
    if top in sys.stdlib_module_names or top in BUNDLED:
        return ""
    if top in OPTIONAL:
        return "" if inside else "is optional: import it inside the function that uses it"
    if top == "slicer":
        return "" if gui or (mrml and inside) else "only mrml, inside functions, and gui import slicer"
    if top in EXTENSIONS:
        return (
            ""
            if mrml and inside
            else "is an extension of Slicer: only mrml imports it, inside the function that uses it"
        )
    if top in ("qt", "ctk", "DICOMLib"):
        return "" if gui else "only gui imports Qt and Slicer's scripted modules"
    return "is not on the list of packages"


def test_third_parties_come_from_the_short_list():
    faults = []
    for path in FILES:
        own, _ = module_of(path)
        for name, inside in imports(path):
            if ours(name) is None and (fault := fault_of(own, name, inside)):
                faults.append(f"{own}: {name} {fault}")
    assert not faults, faults


def test_the_child_process_needs_no_qt():
    for name in ("step_worker.py", "step_results.py", "__init__.py"):
        tops = {imported.partition(".")[0] for imported, _inside in imports(SLICER_PART / "gui" / name)}
        assert not tops & {"qt", "ctk", "slicer"}, name


def test_the_panel_asks_the_pipeline_and_computes_nothing():
    """No file under gui/ but the child imports a package that computes."""
    allowed = {"messages", "errors", "progress", "workers", "config", "rules", "pipeline"}
    for path in sorted((SLICER_PART / "gui").glob("*.py")):
        if path.name == "step_worker.py":
            continue
        for name, _inside in imports(path):
            assert name.partition(".")[0] not in BUNDLED, f"{path.name} imports {name}"
            other = ours(name)
            if other and other.startswith("dicomtoprint."):
                assert package_of(other) in allowed, f"{path.name} imports {name}"


def test_the_module_file_imports_nothing_heavy_and_is_short():
    text = (MODULE / "DicomToPrint.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    at_load = {name.partition(".")[0] for name, inside in imports(MODULE / "DicomToPrint.py") if not inside}
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
            faults += [f"{path.relative_to(MODULE)}:{node.lineno}" for target in targets if _root(target) == "slicer"]
    assert not faults, faults


def _root(target):
    if not isinstance(target, ast.Attribute):
        return ""
    while isinstance(target, ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def test_the_module_folder_has_no_file_that_slicer_would_take_for_a_module():
    assert [path.name for path in MODULE.glob("*.py")] == ["DicomToPrint.py"]
