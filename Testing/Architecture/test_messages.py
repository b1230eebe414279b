"""No sentence that a user reads stands outside `_()` and the tables that `tools/catalogue.py` reads, by the syntax tree."""

import ast
import re
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "DicomToPrint"
FILES = sorted(
    path
    for folder in ("dicomtoprint", "DicomToPrintLib")
    for path in (MODULE / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
MARKS = {"_", "plural", "pluralize", "way", "tr", "Message"}
# Tables whose texts the catalogue takes by their place; see tools/catalogue.py.
TABLES = {"Option", "OptionGroup", "Command", "folder", "add_argument", "add_parser", "add_argument_group", "_Parser"}
# Errors of the program, not of its user: they are caught, or end as an internal error that is told by its place.
INTERNAL = {
    "TypeError",
    "ValueError",
    "KeyError",
    "RuntimeError",
    "AssertionError",
    "NotImplementedError",
    "AttributeError",
}
WORDS = re.compile(r"(?:^|[^\w-])[A-Za-z][a-z']+(?:,? [a-z']{2,}){2,}")
# What reads like a sentence and is none for users: by file, the beginning of the text and the reason.
ALLOWED: dict[str, tuple[tuple[str, str], ...]] = {
    "DicomToPrintLib/__init__.py": (
        ("Another DicomToPrint engine", "told before there is an engine with a catalogue"),
    ),
    "DicomToPrintLib/gui/anatomy_step.py": (("Grow from", "an effect's name in MRML"), ("Fill between", "the same")),
    "DicomToPrintLib/gui/self_test.py": tuple(
        (beginning, "told to who runs the self test")
        for beginning in ("Making the", "Running the", "Walking through", "0: verdict and")
    ),
    "DicomToPrintLib/mrml/logic.py": (("Anatomy to print", "the name of a node in the scene"),),
    "DicomToPrintLib/mrml/mrb.py": (("0 from the print", "the name of a node in the scene"),),
    "DicomToPrintLib/mrml/segmentations.py": (("Segmentation category", "a terminology context of Slicer"),),
    "dicomtoprint/backends/installation.py": (("import importlib.metadata", "a program for another Python"),),
    "dicomtoprint/io/mesh/threemf_errors.py": (("no build section", "words of lib3mf that are looked for"),),
    "dicomtoprint/io/mesh/obj.py": (("vertex coordinates are measured", "a comment in the file, read by machines"),),
    "dicomtoprint/io/mesh/ply.py": (
        ("comment unit", "a comment in the file, read by machines"),
        ("property list", "PLY"),
    ),
    "dicomtoprint/phantom/geometry.py": (("hollow shell", "a key of the phantom's truth"),),
    "dicomtoprint/report/render.py": (("dicom_to_print.py replay", "a command"),),
    "dicomtoprint/run_record/rsna_acr_registry.py": (("powder bed fusion", "a term of the registry"),),
}


def literals(path):
    """(line, text) of the strings of a file that may be read by a user and are not marked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not isinstance(node.parent, ast.JoinedStr)
        ):
            text = node.value
        else:
            continue
        if not is_set_apart(node):
            yield node, text


def is_set_apart(node):
    """Docstrings, annotations, assertions, what is compared or looked up, marked texts, tables and internal errors."""
    if isinstance(node.parent, (ast.Expr, ast.Compare, ast.Subscript)):
        return True
    if isinstance(node.parent, ast.Dict) and node in node.parent.keys:
        return True
    if isinstance(node.parent, ast.Set):
        return True
    inside = node
    while hasattr(inside, "parent"):
        outside = inside.parent
        if isinstance(outside, ast.Call):
            name = called(outside)
            if name in MARKS | TABLES or (name in INTERNAL and isinstance(outside.parent, ast.Raise)):
                return True
            if name == "replace" and isinstance(inside, ast.keyword) and inside.arg == "help":
                return True
        if isinstance(outside, (ast.Assert, ast.arg)) or is_annotation(inside, outside):
            return True
        inside = outside
    return False


def is_annotation(inside, outside):
    """Whether a node is the annotation of a name or of what a function returns."""
    return (isinstance(outside, ast.AnnAssign) and inside is outside.annotation) or (
        isinstance(outside, ast.FunctionDef) and inside is outside.returns
    )


def called(call):
    """Name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_told(node):
    """Whether a string is an error's sentence or a phase of progress, however short."""
    call = node.parent
    if not isinstance(call, ast.Call):
        return False
    name = called(call)
    return (name.endswith("Error") and name not in INTERNAL) or name in ("progress", "tell")


def test_sentences_are_messages():
    bare = []
    for path in FILES:
        name = path.relative_to(MODULE).as_posix()
        allowed = tuple(beginning for beginning, _reason in ALLOWED.get(name, ()))
        for node, text in literals(path):
            is_sentence = WORDS.search(text) or (is_told(node) and re.search("[a-z]{3}", text))
            if is_sentence and not text.startswith(allowed or ("\0",)):
                bare.append(f"{name}, line {node.lineno}: {text}")
    assert bare == [], "mark these with _() (docs/how-to/language.md)"


def test_what_is_allowed_is_there():
    sources = {name: (MODULE / name).read_text(encoding="utf-8") for name in ALLOWED}
    entries = [(name, beginning.lstrip("0 ")) for name, allowed in ALLOWED.items() for beginning, _reason in allowed]
    assert [entry for entry in entries if entry[1] not in sources[entry[0]]] == []


@pytest.mark.parametrize(
    "source",
    [
        'raise UsageError(f"{name} is wrong: give another.")',
        'raise InputError("it is empty")',
        'progress(0.5, "reading")',
        'add_element(block, "p", "Nothing is to be done here.")',
        'lines = [f"Written: {names} beside the report"]',
    ],
)
def test_a_bare_sentence_is_found(tmp_path, source):
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert any(WORDS.search(text) or is_told(node) for node, text in literals(path))
