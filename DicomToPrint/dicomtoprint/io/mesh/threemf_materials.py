"""Colours and materials of a 3MF through lib3mf: of objects, and of their single triangles."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...mesh.core import Material, Mesh
from ...messages import _, join

# lib3mf's TriangleProperties: the group and the entry in it at each corner; 0 for none.
_PROPERTIES = np.dtype([("group", "=u4"), ("entry", "=u4", 3)])
TEXTURED = _("textures and mixed materials are not read: those triangles have the object's colour")
GRADED = _("colours that change within a triangle are read at its first corner")


class MaterialReader:
    """The base materials and colours of a lib3mf model, by group and entry; `notes` tells what of them could not be read."""

    def __init__(self, model: Any) -> None:
        self.notes: set[str] = set()
        self._materials: dict[tuple[int, int], Material] = {}
        groups = model.GetBaseMaterialGroups()
        while groups.MoveNext():
            group = groups.GetCurrentBaseMaterialGroup()
            for entry in group.GetAllPropertyIDs():
                color = _rgba(group.GetDisplayColor(entry))
                self._materials[group.GetUniqueResourceID(), entry] = Material(group.GetName(entry), color)
        colors = model.GetColorGroups()
        while colors.MoveNext():
            group = colors.GetCurrentColorGroup()
            for entry in group.GetAllPropertyIDs():
                color = _rgba(group.GetColor(entry))
                name = "#" + "".join(f"{value:02X}" for value in color)
                self._materials[group.GetUniqueResourceID(), entry] = Material(name, color)
        self._any = bool(self._materials)

    def painted(self, mesh: Mesh, source: Any) -> Mesh:
        """The mesh with the colour of the lib3mf mesh object it comes from, and the materials of its triangles where these differ."""
        if not self._any:
            return mesh
        group, entry, known = source.GetObjectLevelProperty()
        whole = self._materials.get((group, entry)) if known else None
        rows = source.GetAllTriangleProperties()
        numbers = np.frombuffer(rows[0]._b_base_, dtype=_PROPERTIES) if rows else np.zeros(0, _PROPERTIES)
        if len(numbers) != len(mesh.triangles):
            return _colored(mesh, whole)
        if (numbers["entry"] != numbers["entry"][:, :1]).any():
            self.notes.add(GRADED)
        pairs = np.stack([numbers["group"], numbers["entry"][:, 0]], axis=1)
        names, own = np.unique(pairs, axis=0, return_inverse=True)
        kinds = [self._material(int(first), int(second), whole) for first, second in names]
        materials = tuple(dict.fromkeys(kind for kind in kinds if kind is not None))
        if len(set(kinds)) == 1:
            return _colored(mesh, kinds[0])
        number = np.array([-1 if kind is None else materials.index(kind) for kind in kinds], dtype=np.int32)
        colored = replace(_colored(mesh, whole), materials=materials)
        return colored.with_arrays(triangle_arrays={"Material": number[own.ravel()]})

    def _material(self, group: int, entry: int, whole: Material | None) -> Material | None:
        """What a triangle is made of; that of the object where it says nothing or nothing that can be read."""
        if group and (group, entry) not in self._materials:
            self.notes.add(TEXTURED)
        return self._materials.get((group, entry), whole)


def _rgba(color: Any) -> tuple[int, int, int, int]:
    return (int(color.Red), int(color.Green), int(color.Blue), int(color.Alpha))


def _colored(mesh: Mesh, material: Material | None) -> Mesh:
    if material is None:
        return mesh
    red, green, blue, _unused = material.rgba
    return replace(mesh, color=(red / 255.0, green / 255.0, blue / 255.0), materials=(material,))


def add_triangle_materials(lib3mf: Any, wrapper: Any, part: Any, group: Any, mesh: Mesh, default: int) -> None:
    """Give each triangle of a lib3mf mesh object its material of `mesh.materials` in the base material `group`; `default` is the entry
    of the object itself."""
    entries = np.array([*_added(wrapper, group, mesh.materials), default], dtype=np.uint32)
    rows = np.zeros(len(mesh.triangles), dtype=_PROPERTIES)
    rows["group"] = group.GetResourceID()
    rows["entry"] = entries[np.asarray(mesh.triangle_arrays["Material"], dtype=np.int64)][:, None]  # -1 is the last
    part.SetAllTriangleProperties((lib3mf.TriangleProperties * len(rows)).from_buffer_copy(rows.tobytes()))


def _added(wrapper: Any, group: Any, materials: Sequence[Material]) -> list[int]:
    return [
        group.AddMaterial(join(" ", item.name.split()) or "Material", wrapper.RGBAToColor(*item.rgba))
        for item in materials
    ]
