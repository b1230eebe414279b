"""What a 3MF says of its objects: which are printed, what they are called, what they are made of."""

import numpy as np
import pytest

from dicomtoprint.errors import InputError
from dicomtoprint.io import export_meshes, read_mesh_file
from dicomtoprint.mesh.core import Material, concatenate
from Phantoms.solids import box
from Phantoms.threemf import mesh_xml, object_xml, relations, write_package

pytest.importorskip("lib3mf")
BLOCK, OTHER = box(20, 20, 20), box(5, 5, 5, at=(40, 0, 0))
BEAMS = 'xmlns:b="http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02" unit="millimeter" requiredextensions="b"'


def kinds(file):
    return [(item.name, item.kind) for item in file.left_out]


@pytest.mark.parametrize("kind", ["support", "solidsupport", "other", "surface"])
def test_an_object_that_is_no_model_is_left_out(tmp_path, kind):
    resources = object_xml(1, mesh_xml(BLOCK)) + object_xml(2, mesh_xml(OTHER), f'type="{kind}" name="aid"')
    file = read_mesh_file(write_package(tmp_path / "a.3mf", resources, '<item objectid="1"/><item objectid="2"/>'))
    assert len(file.meshes) == 1 and file.meshes[0].volume == pytest.approx(8000.0)
    ((name, told),) = kinds(file)
    assert name == "aid" and kind.removeprefix("solid") in told


def test_an_item_marked_as_not_printable_is_left_out_whichever_it_is(tmp_path):
    resources = "".join(object_xml(number, mesh_xml(box(number, 1, 1))) for number in (1, 2, 3))
    items = (
        '<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0 0"/><item objectid="2" printable="0" />'
        '<item printable="1" objectid="3"></item>'
    )
    file = read_mesh_file(write_package(tmp_path / "a.3mf", resources, items))
    assert [mesh.volume for mesh in file.meshes] == pytest.approx([1.0, 3.0])
    assert [told for _, told in kinds(file)] == ["marked as not to be printed"]


def test_a_file_of_what_is_not_printed_is_refused_with_its_reason(tmp_path):
    path = write_package(tmp_path / "a.3mf", object_xml(1, mesh_xml(BLOCK), 'type="support"'), '<item objectid="1"/>')
    with pytest.raises(InputError, match=r"nothing that is printed \(support\)"):
        read_mesh_file(path)


@pytest.mark.parametrize(
    "volume_type, role",
    [
        ('key="volume_type" value="NegativeVolume"', "negative volume"),
        ('key="modifier" value="1"', "modifier"),
        ('key="volume_type" value="SupportBlocker"', "support blocker"),
        ('key="volume_type" value="NewKindOfVolume"', "NewKindOfVolume"),
    ],
)
def test_a_volume_of_prusaslicer_that_is_no_part_is_left_out(tmp_path, volume_type, role):
    whole = concatenate([BLOCK, box(4, 4, 40, at=(8, 8, -10)), OTHER])
    config = (
        '<config><object id="1"><volume firstid="0" lastid="11"><metadata type="volume" key="name" value="block"/>'
        '<metadata type="volume" key="volume_type" value="ModelPart"/></volume>'
        f'<volume firstid="12" lastid="23"><metadata key="name" value="drill"/><metadata {volume_type}/></volume>'
        '<volume firstid="24" lastid="35"><metadata key="name" value="pin"/></volume></object></config>'
    )
    more = {"Metadata/Slic3r_PE_model.config": config}
    path = write_package(tmp_path / "a.3mf", object_xml(1, mesh_xml(whole)), '<item objectid="1"/>', more=more)
    file = read_mesh_file(path)
    assert [(mesh.name, round(mesh.volume)) for mesh in file.meshes] == [("block", 8000), ("pin", 125)]
    assert kinds(file) == [("drill", role)]


def test_a_negative_part_of_bambu_studio_is_left_out(tmp_path):
    """Its objects are components whose meshes lie in a model part of their own."""
    production = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
    components = "".join(
        f'<component p:path="/3D/Objects/object_1.model" objectid="{number}" transform="1 0 0 0 1 0 0 0 1 0 0 5"/>'
        for number in (1, 2)
    )
    inner = object_xml(1, mesh_xml(BLOCK)) + object_xml(2, mesh_xml(OTHER))
    core = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
    more = {
        "3D/Objects/object_1.model": f'<model unit="millimeter" xmlns="{core}"><resources>{inner}</resources><build/></model>',
        "3D/_rels/3dmodel.model.rels": relations("/3D/Objects/object_1.model"),
        "Metadata/model_settings.config": (
            '<config><object id="4"><metadata key="name" value="femur"/><part id="1" subtype="normal_part">'
            '<metadata key="name" value="shaft"/></part><part id="2" subtype="negative_part"/></object></config>'
        ),
    }
    model = f'unit="millimeter" xmlns:p="{production}" requiredextensions="p"'
    path = write_package(
        tmp_path / "a.3mf",
        object_xml(4, f"<components>{components}</components>"),
        '<item objectid="4"/>',
        model=model,
        more=more,
    )
    file = read_mesh_file(path)
    assert [(mesh.name, mesh.bounds[4]) for mesh in file.meshes] == [("shaft", 5.0)]
    assert [told for _, told in kinds(file)] == ["negative volume"] and file.unjudged == ()


def test_a_beam_lattice_is_named_and_its_points_are_not_the_models(tmp_path):
    far = type(BLOCK)(np.vstack([BLOCK.points, [[60, 0, 0], [60, 0, 80]]]), BLOCK.triangles)
    beams = '<b:beamlattice radius="0.2" minlength="0.001"><b:beams><b:beam v1="8" v2="9"/></b:beams></b:beamlattice>'
    path = write_package(
        tmp_path / "a.3mf", object_xml(1, mesh_xml(far, inside=beams)), '<item objectid="1"/>', model=BEAMS
    )
    file = read_mesh_file(path)
    assert file.unjudged == ("beam lattice",)
    assert file.meshes[0].bounds == (0, 20, 0, 20, 0, 20)


def test_colours_of_triangles_and_objects_come_back_as_they_were(tmp_path):
    """A colour group on triangles, a base material on an object, in inches and moved: read, written, and read again."""
    space = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
    resources = (
        '<m:colorgroup id="8"><m:color color="#FF0000"/><m:color color="#00FF0080"/></m:colorgroup>'
        '<basematerials id="9"><base name="PA 12" displaycolor="#336699"/></basematerials>'
        + object_xml(1, mesh_xml(BLOCK, 'pid="8" p1="0"').replace('p1="0"', 'p1="1"', 5), 'type="model" name="bone"')
        + object_xml(2, mesh_xml(OTHER), 'type="model" name="tumour" pid="9" pindex="0"')
    )
    items = '<item objectid="1"/><item objectid="2" transform="1 0 0 0 1 0 0 0 1 0 0 2"/>'
    path = write_package(tmp_path / "a.3mf", resources, items, model=f'unit="inch" xmlns:m="{space}"')
    first = read_mesh_file(path)
    (written,) = export_meshes(first.meshes, tmp_path, "b", ("3mf",))
    for file in (first, read_mesh_file(written.path)):
        bone, tumour = file.meshes
        assert (bone.name, tumour.name) == ("bone", "tumour")
        assert np.array(tumour.bounds) == pytest.approx(25.4 * np.array([40, 45, 0, 5, 2, 7]), rel=1e-6)
        assert tumour.materials == (Material("PA 12", (0x33, 0x66, 0x99, 255)),)
        colors = [bone.materials[number].rgba for number in bone.triangle_arrays["Material"]]
        assert colors == [(0, 255, 0, 128)] * 5 + [(255, 0, 0, 255)] * 7


def test_an_encrypted_package_is_told_as_such(tmp_path):
    path = write_package(tmp_path / "a.3mf", object_xml(1, mesh_xml(BLOCK)), '<item objectid="1"/>')
    content = bytearray(path.read_bytes())
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + flag] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="encrypted"):
        read_mesh_file(path)
