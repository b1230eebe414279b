"""One readiness of several files that hold a part of a model each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..mesh.core import concatenate
from ..messages import join
from ..rules import Finding, Outcome
from .measurements import SUMMED_METRICS
from .readiness import VERDICTS, Readiness


def merge_readiness(judged: Sequence[Readiness], names: Sequence[str]) -> Readiness:
    """The parts of a model, each judged in a file of its own, as one: the worst finding of each rule, with the part it speaks of.

    Counts, volume and area are sums, the box holds all parts, wall and gap are the least. `names` are those of the parts, one a
    file. `judged` must not be empty; a single one comes back as it is.
    """
    if len(judged) == 1:
        return judged[0]
    # By rule, the number of the file that has the worst finding; the first of equals.
    rules = list(dict.fromkeys(finding.rule for one in judged for finding in one.findings))
    chosen = {rule: max(range(len(judged)), key=lambda at: _weight(_of(judged[at], rule))) for rule in rules}
    findings = tuple(_named(_of(judged[at], rule), names[at]) for rule, at in chosen.items())
    starts = np.cumsum([0, *(sum(len(mesh.triangles) for mesh in one.meshes) for one in judged)])
    return replace(
        judged[0],
        verdict=max((one.verdict for one in judged), key=list(dict.fromkeys(VERDICTS.values())).index),
        mesh=_figures(judged),
        findings=tuple(finding for finding in findings if finding is not None),
        meshes=tuple(mesh for one in judged for mesh in one.meshes),
        shapes={rule: judged[at].shapes[rule] for rule, at in chosen.items() if rule in judged[at].shapes},
        marked={rule: judged[at].marked[rule] + starts[at] for rule, at in chosen.items() if rule in judged[at].marked},
    )


def _of(readiness: Readiness, rule: str) -> Finding | None:
    return next((finding for finding in readiness.findings if finding.rule == rule), None)


def _weight(finding: Finding | None) -> tuple[int, int]:
    if finding is None:
        return -1, 0
    outcomes = (Outcome.NOT_APPLICABLE, Outcome.PASS, Outcome.ASK, Outcome.FAIL)
    return finding.verdict.rank, outcomes.index(finding.outcome)


def _named(finding: Finding | None, name: str) -> Finding | None:
    if finding is None or finding.outcome not in (Outcome.ASK, Outcome.FAIL):
        return finding
    return replace(finding, message=join(": ", (name, finding.message)))


def _figures(judged: Sequence[Readiness]) -> Mapping[str, object]:
    each = [one.mesh for one in judged]

    def known(name: str) -> list[float]:
        return [float(value) for mesh in each if isinstance(value := mesh.get(name), (int, float))]

    figures: dict[str, object] = {}
    for name, value in each[0].items():
        if name in SUMMED_METRICS:
            total = sum(known(name))
            figures[name] = int(total) if isinstance(value, int) else total
        elif name == "bounds_mm":
            figures[name] = list(concatenate([mesh for one in judged for mesh in one.meshes]).bounds)
        else:
            figures[name] = min(known(name), default=None)
    return figures
