"""Findings in the scene: a table node to read and sort, markups at the places, and the JSON of a step as a text
node.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dicomtoprint.rules import Finding, Outcome

MARKS = 5  # places of one finding that are marked in the views


def findings_table(findings: Iterable[Finding], scene: Any, name: str, titles: Sequence[str]) -> Any:
    """New table node with one row a finding. `titles` are the eight column heads: rule, outcome, severity, measured,
    limit, where,
    message, remedy, already translated."""
    import vtk

    node = scene.AddNewNodeByClass("vtkMRMLTableNode", name)
    columns = []
    for title in titles:
        column = vtk.vtkStringArray()
        column.SetName(title)
        columns.append(column)
    for finding in findings:
        row = (
            finding.rule,
            finding.outcome.value,
            finding.severity.value,
            _text(finding.measured, finding.unit),
            _text(finding.limit, finding.unit),
            finding.where,
            finding.message,
            finding.remedy,
        )
        for column, value in zip(columns, row):
            column.InsertNextValue(value)
    for column in columns:
        node.AddColumn(column)
    node.SetUseColumnTitleAsColumnHeader(True)
    for title in titles:
        node.SetColumnTitle(title, title)
    return node


def _text(value: object, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g} {unit}".strip()
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, default=str)
    return f"{value} {unit}".strip() if isinstance(value, int) and not isinstance(value, bool) else str(value)


def findings_markups(findings: Iterable[Finding], scene: Any, name: str) -> Any:
    """New fiducial list with a point at every place (LPS mm) of every finding that did not pass; None where there is
    none.

    Only for findings about a mesh or a volume in LPS mm: the places of a scan's findings are slice indices. Of each
    finding the `MARKS` largest places are marked and the first alone is labelled, so that marks do not hide the model.
    """
    points = [
        (finding, place, "" if index else finding.rule)
        for finding in findings
        if finding.outcome in (Outcome.FAIL, Outcome.ASK)
        for index, place in enumerate(_largest(finding))
    ]
    if not points:
        return None
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
    node.CreateDefaultDisplayNodes()
    for finding, place, name_there in points:
        index = node.AddControlPoint(-float(place[0]), -float(place[1]), float(place[2]))
        node.SetNthControlPointLabel(index, name_there)
        node.SetNthControlPointDescription(index, finding.message)
    node.SetLocked(True)
    return node


def _largest(finding: Finding) -> list[tuple[float, float, float]]:
    """The largest places of a finding; the first where their sizes are not known."""
    order = range(len(finding.places))
    if len(finding.sizes) == len(finding.places):
        order = sorted(order, key=lambda index: -finding.sizes[index])  # type: ignore[assignment]
    return [finding.places[index] for index in order][:MARKS]


def show_marks_of(node: Any, finding: Finding) -> None:
    """Show the places of one finding alone."""
    for index in range(node.GetNumberOfControlPoints()):
        node.SetNthControlPointVisibility(index, node.GetNthControlPointDescription(index) == finding.message)
    node.GetDisplayNode().SetVisibility(True)


def json_node(content: Mapping[str, Any], scene: Any, name: str) -> Any:
    """New text node with `content` as JSON."""
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetText(json.dumps(content, indent=1, default=str))
    return node
