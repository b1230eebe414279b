"""3MF through lib3mf, after the package has been looked at from outside; what is not to be printed is left out, and told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, MissingDependencyError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from .handler import FormatHandler, WriteTarget
from .raw import NOT_PRINTED, OTHER_TYPES, LeftOutObject, RawMeshFile, parse_space
from .slicer_volumes import PRINTED, SlicerVolume, slicer_volumes
from .threemf_errors import in_words
from .threemf_materials import MaterialReader
from .threemf_package import MAX_INSTANCES, PackageContents, inspect_package
from .threemf_writer import write_3mf

MAX_TRIANGLES = 60_000_000
_UNITS = {0: "um", 1: "mm", 2: "cm", 3: "in", 4: "ft", 5: "m"}
# By lib3mf's ObjectType; 1 is a model. A surface is no solid, and what is "other" is not for the printer.
_TYPES = dict(zip((2, 3, 4, 0), OTHER_TYPES))
_SHAPES = {
    "beamlattice": _("beam lattice"),
    "slicestack": _("slices"),
    "levelset": _("implicit or volumetric shape"),
    "displacementmesh": _("displaced surface"),
    "displacement2d": _("displaced surface"),
    "booleanshape": _("shape made by booleans"),
}
# Extensions whose triangles are read whole, by the end of their namespace.
_READ = ("/material", "/production", "/trianglesets", "/beamlattice", "/slice", "/volumetric", "/implicit")


def read_3mf(path: Path, progress: ProgressCallback) -> RawMeshFile:
    """One mesh a placed object, its build transform and the transforms of its components applied, in the unit of the file.

    Supports, items marked as not printable, and a slicing program's negative volumes and modifiers are left out; what is printed and is
    no triangle is named. An object of several volumes of a slicing program gives a mesh for each that is printed.
    """
    try:
        import lib3mf
    except ImportError:
        raise MissingDependencyError(
            _("Reading 3MF needs the package lib3mf, which is not installed: install it, or use STL.")
        ) from None
    package = inspect_package(path, progress)
    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    try:
        # From the file: its buffers are copied to C byte by byte, in Python.
        model.QueryReader("3mf").ReadFromFile(str(path))
    except Exception as error:  # lib3mf raises its own class, with the code of its C interface
        raise InputError(
            _("{path} is no valid 3MF ({in_words}): export the model again.", path=path.name, in_words=in_words(error))
        ) from None
    progress(0.6, _("reading 3MF"))
    build = _Build(path, model, package, progress)
    build.read()
    notes = tuple(sorted(build.materials.notes))
    unjudged = tuple(sorted(build.unjudged | _unjudged(package)))
    unit, space = _UNITS.get(int(model.GetUnit()), "mm"), _space(model)
    return RawMeshFile(tuple(build.meshes), unit, space, notes, tuple(build.left_out), unjudged, tuple(build.items))


def _space(model: Any) -> str | None:
    """The space that our own writer names in the metadata of the package; the format has no word for it."""
    group = model.GetMetaDataGroup()
    entries = (group.GetMetaData(index) for index in range(group.GetMetaDataCount()))
    told = [entry.GetValue() for entry in entries if entry.GetName() == "CoordinateSystem"]
    return parse_space(told[0]) if told else None


def _unjudged(package: PackageContents) -> set[str]:
    """What the package says it has beside triangles; extensions it requires by their namespace."""
    unknown = {space for space in package.required if not any(known in space for known in _READ)}
    named = {_("the extension {space}", space=space[:80]) for space in unknown}
    # A lattice, slices or a level set that no item places are asked of lib3mf instead.
    return named | {
        _SHAPES[name] for name in package.shapes if name in ("displacementmesh", "displacement2d", "booleanshape")
    }


@dataclass(frozen=True)
class _Placed:
    """An object where an item puts it: lib3mf's resource, its 4x4 matrix, the name of what holds it, how deep in components, and the
    volumes that a slicing program knows of the object that the item names."""

    resource: Any
    matrix: np.ndarray
    name: str = ""
    depth: int = 0
    volumes: tuple[SlicerVolume, ...] = ()


class _Build:
    """Walks through the items of a model; `meshes` with the item of each, `left_out` and `unjudged` are what it
    found."""

    def __init__(self, path: Path, model: Any, package: PackageContents, progress: ProgressCallback) -> None:
        self.meshes: list[Mesh] = []
        self.items: list[int] = []
        self.left_out: list[LeftOutObject] = []
        self.unjudged: set[str] = set()
        self.materials = MaterialReader(model)
        self._path, self._model, self._progress = path, model, progress
        self._items: Sequence[Mapping[str, str]] = package.items
        self._volumes = slicer_volumes(package.settings)
        self._geometry: dict[int, Mesh] = {}
        self._triangles = 0

    def read(self) -> None:
        """Read all items. Raises `InputError` where they place more than a model needs."""
        items, number = self._model.GetBuildItems(), -1
        while items.MoveNext():
            item, number = items.GetCurrent(), number + 1
            resource = item.GetObjectResource()
            said = self._items[number] if number < len(self._items) else {}
            if said.get("printable", "1").strip().lower() in ("0", "false"):
                self.left_out.append(LeftOutObject(self._name(resource), NOT_PRINTED))
                continue
            matrix = _matrix(item.GetObjectTransform()) if item.HasObjectTransform() else np.eye(4)
            volumes = self._volumes.get(int(resource.GetModelResourceID()), ())
            stack = [_Placed(resource, matrix, volumes=volumes)]
            while stack:
                placed = stack.pop()
                if len(self.meshes) + len(stack) > MAX_INSTANCES or placed.depth > 32:
                    raise InputError(
                        _(
                            "{path} places its parts more often than a model needs: export it again as one mesh.",
                            path=self._path.name,
                        )
                    )
                stack += reversed(self._taken(placed))  # the first one is taken next
            self.items += [number] * (len(self.meshes) - len(self.items))

    def _taken(self, placed: _Placed) -> list[_Placed]:
        """Take a placed object; its components, where it has any, are still to be taken."""
        resource, name = placed.resource, self._name(placed.resource, placed.name)
        kind = _TYPES.get(int(resource.GetType()))
        if kind is not None:
            self.left_out.append(LeftOutObject(name, kind))
            return []
        if resource.HasSlices(False):
            self.unjudged.add("slices")
        if resource.IsLevelSetObject():
            self.unjudged.add(_SHAPES["levelset"])
        if resource.IsComponentsObject():
            return list(self._components(placed, name))
        if resource.IsMeshObject():
            self._take_mesh(placed, name)
        return []

    def _components(self, placed: _Placed, name: str) -> Iterator[_Placed]:
        components = self._model.GetComponentsObjectByID(placed.resource.GetUniqueResourceID())
        volumes = {volume.component: volume for volume in placed.volumes if volume.component is not None}
        for index in range(components.GetComponentCount()):
            component = components.GetComponent(index)
            inner = component.GetObjectResource()
            volume = volumes.get(int(inner.GetModelResourceID()))
            if volume is not None and volume.role != PRINTED:
                self.left_out.append(LeftOutObject(volume.name or self._name(inner, name), volume.role))
                continue
            matrix = _matrix(component.GetTransform()) if component.HasTransform() else np.eye(4)
            own = volume.name if volume is not None and volume.name else name
            yield _Placed(inner, placed.matrix @ matrix, own, placed.depth + 1)

    def _take_mesh(self, placed: _Placed, name: str) -> None:
        key = int(placed.resource.GetUniqueResourceID())
        if key not in self._geometry:
            source = self._model.GetMeshObjectByID(key)
            self._geometry[key] = self.materials.painted(_geometry(source), source)
        mesh = self._geometry[key]
        if self._model.GetMeshObjectByID(key).BeamLattice().GetBeamCount():
            self.unjudged.add(_SHAPES["beamlattice"])
        self._triangles += len(mesh.triangles)
        if self._triangles > MAX_TRIANGLES:
            raise InputError(
                _(
                    "{path} places more than {max_triangles:,} triangles: reduce it in the program that made it.",
                    path=self._path.name,
                    max_triangles=MAX_TRIANGLES,
                )
            )
        moved = mesh.points @ placed.matrix[:3, :3].T + placed.matrix[:3, 3]
        mirrored = np.linalg.det(placed.matrix[:3, :3]) < 0
        triangles = mesh.triangles[:, ::-1].copy() if mirrored else mesh.triangles
        self._split(replace(mesh, points=moved, triangles=triangles, name=name), placed.volumes)
        self._progress(0.7, _("reading 3MF"))

    def _split(self, mesh: Mesh, volumes: Sequence[SlicerVolume]) -> None:
        """Add the mesh, or its volumes that are printed where a slicing program says which triangles belong to which."""
        ranges = [volume for volume in volumes if volume.component is None and volume.last >= volume.first]
        if not ranges:
            self.meshes.append(mesh)
            return
        rest = np.ones(len(mesh.triangles), dtype=bool)
        for volume in ranges:
            rows = slice(volume.first, volume.last + 1)
            own = np.zeros(len(mesh.triangles), dtype=bool)
            own[rows] = rest[rows]
            rest[rows] = False
            several = sum(other.role == PRINTED for other in ranges) > 1
            name = volume.name if volume.name and several else mesh.name
            if volume.role != PRINTED:
                self.left_out.append(LeftOutObject(volume.name or mesh.name, volume.role))
            elif own.any():
                self.meshes.append(_rows_of(replace(mesh, name=name), own))
        if rest.any():
            self.meshes.append(_rows_of(mesh, rest))

    def _name(self, resource: Any, otherwise: str = "") -> str:
        return resource.GetName() or otherwise or self._path.stem


def _rows_of(mesh: Mesh, rows: np.ndarray) -> Mesh:
    """Some triangles of the mesh; their points stay, and go where they are not used when the file is read on."""
    arrays = {name: values[rows] for name, values in mesh.triangle_arrays.items()}
    return replace(mesh, triangles=mesh.triangles[rows], triangle_arrays=arrays)


def _matrix(transform: Any) -> np.ndarray:
    """4x4 for column vectors of lib3mf's four rows of three (row vectors)."""
    rows = np.array([[transform.Fields[row][column] for column in range(3)] for row in range(4)])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rows[:3].T, rows[3]
    return matrix


def _geometry(mesh: Any) -> Mesh:
    points = _rows(mesh.GetVertices(), np.dtype("=f4")).astype(np.float64)
    return Mesh(points, _rows(mesh.GetTriangleIndices(), np.dtype("=u4")).astype(np.int32))


def _rows(structures: list[Any], kind: np.dtype) -> np.ndarray:
    """(n, 3) of lib3mf's structures of three numbers, which lie side by side in the one array that they come from."""
    if not structures:
        return np.zeros((0, 3), kind)
    return np.frombuffer(structures[0]._b_base_, dtype=kind).reshape(-1, 3)


class ThreeMf(FormatHandler):
    """Named objects with colours, materials, a unit and a picture."""

    name = "3mf"
    keeps_objects = True
    keeps_materials = True
    has_thumbnail = True
    states_unit = True
    package = "lib3mf"

    def read(self, path: Path, progress: ProgressCallback) -> RawMeshFile:
        return read_3mf(path, progress)

    def write(self, target: WriteTarget, meshes: Sequence[Mesh], progress: ProgressCallback) -> None:
        write_3mf(target.path, meshes, target.metadata, target.thumbnail, progress, space=target.space)
