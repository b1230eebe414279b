"""One subject hierarchy folder a job: whatever a run puts into the scene stands in it, and can be taken away whole."""

from typing import Any

RUN_ATTRIBUTE = "DicomToPrint.Job"
ROLE_ATTRIBUTE = "DicomToPrint.Role"


def _hierarchy(scene: Any) -> Any:
    import slicer

    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def existing_run_folder(scene: Any, name: str) -> int:
    """Item of the job's folder, 0 where there is none: who only looks makes none, which would stand beside that of a scene being read."""
    hierarchy = _hierarchy(scene)
    return int(hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), name))


def run_folder(scene: Any, name: str) -> int:
    """Item of the job's folder, made where there is none of that name."""
    item = existing_run_folder(scene, name)
    if not item:
        hierarchy = _hierarchy(scene)
        item = int(hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), name))
        hierarchy.SetItemAttribute(item, RUN_ATTRIBUTE, name)
    return item


def add_node(scene: Any, folder: int, node: Any, role: str) -> None:
    """Place `node` in the job's folder, marked with its `role` (a step's word such as ``model``)."""
    hierarchy = _hierarchy(scene)
    node.SetAttribute(ROLE_ATTRIBUTE, role)
    item = hierarchy.GetItemByDataNode(node)
    if item:  # the application makes an item for every node; without it nobody does
        hierarchy.SetItemParent(item, folder)
    else:
        hierarchy.CreateItem(folder, node)


def nodes_with_role(scene: Any, folder: int, role: str) -> list[Any]:
    """Nodes of that role in the folder, in their order."""
    import vtk

    hierarchy = _hierarchy(scene)
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(folder, items, True)
    found = (hierarchy.GetItemDataNode(items.GetId(index)) for index in range(items.GetNumberOfIds()))
    # Without the application an item may outlive its node.
    return [
        node for node in found if node is not None and node.GetScene() and node.GetAttribute(ROLE_ATTRIBUTE) == role
    ]


def remove_role(scene: Any, folder: int, role: str) -> None:
    """Remove every node of that role from the scene: the result of a step that runs again."""
    for node in nodes_with_role(scene, folder, role):
        scene.RemoveNode(node)
