"""3MF packages written by hand, as programs other than this one make them."""

import zipfile
from pathlib import Path

from dicomtoprint.mesh.core import Mesh

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    '<Default Extension="config" ContentType="application/xml"/></Types>'
)
RELATION = 'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"'


def mesh_xml(mesh: Mesh, triangle: str = "", inside: str = "") -> str:
    """The mesh element; `triangle` are attributes of every triangle (``{row}`` its number), `inside` comes after the triangles."""
    points = "".join(f'<vertex x="{x:.6g}" y="{y:.6g}" z="{z:.6g}"/>' for x, y, z in mesh.points.tolist())
    rows = "".join(
        f'<triangle v1="{a}" v2="{b}" v3="{c}" {triangle.format(row=row)}/>'
        for row, (a, b, c) in enumerate(mesh.triangles.tolist())
    )
    return f"<mesh><vertices>{points}</vertices><triangles>{rows}</triangles>{inside}</mesh>"


def object_xml(number: int, content: str, attributes: str = "") -> str:
    return f'<object id="{number}" {attributes or "type=" + chr(34) + "model" + chr(34)}>{content}</object>'


def relations(target: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{space}"><Relationship Target="{target}" Id="r0" {RELATION}/></Relationships>'


def write_package(
    path: Path, resources: str, items: str, *, model: str = 'unit="millimeter"', more: dict[str, str] | None = None
) -> Path:
    """A package of one model part with the `resources` and build `items`; `more` are other parts by name."""
    root = f'<model {model} xmlns="{CORE}"><resources>{resources}</resources><build>{items}</build></model>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("_rels/.rels", relations("/3D/3dmodel.model"))
        package.writestr("3D/3dmodel.model", f'<?xml version="1.0" encoding="UTF-8"?>{root}')
        for name, content in (more or {}).items():
            package.writestr(name, content)
    return path
