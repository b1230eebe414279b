"""What can be judged only once the anatomy is chosen: whether the field of view cuts it, metal near it, contrast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..rules import aggregate_verdict
from ..volume import Volume
from .evaluate import apply_answer, finding_for, relevant_images
from .protocol import Protocol
from .results import SeriesAcceptance

_REPLACED = ("metal", "fov-cut", "contrast")


def reevaluate_for_anatomy(
    accepted: SeriesAcceptance,
    protocols: Sequence[Protocol],
    volume: Volume,
    mask: np.ndarray,
    answers: Mapping[str, str],
) -> SeriesAcceptance:
    """The series judged again where the chosen anatomy, `mask` (k, j, i) bool on the volume's grid, says more than the largest bone.

    Replaces the findings on ``fov_cut_mm2``, ``fov_cut_ends_mm2``, ``contrast_to_noise`` and ``metal_mm3`` (what lies
    within 20 mm of it); answers count as in `accept`. The pictures of what was found are added, those of the scan as a
    whole that they replace are left out.
    """
    from .detectors import run_anatomy_detectors  # heavy, and a check of headers needs none of it

    facts, pictures = run_anatomy_detectors(volume, mask, accepted.series)
    results = dict(accepted.protocols)
    for protocol in protocols:
        if protocol.name not in results:
            continue
        again = {
            rule.id: apply_answer(finding_for(rule, facts[rule.fact]), answers.get(rule.id))
            for rule in protocol.rules
            if rule.fact in facts
        }
        findings = tuple(again.get(finding.rule, finding) for finding in results[protocol.name].findings)
        results[protocol.name] = replace(results[protocol.name], findings=findings, verdict=aggregate_verdict(findings))
    verdict = max((result.verdict for result in results.values()), key=lambda one: one.rank)
    kept = tuple(picture for picture in accepted.pictures if picture.name not in _REPLACED)
    return replace(
        accepted, protocols=results, verdict=verdict, pictures=(*kept, *relevant_images(pictures, protocols, results))
    )
