"""Facts to findings to a verdict under named protocols, the questions that no file answers, and the gate of `run`."""

from .anatomy_checks import reevaluate_for_anatomy
from .evaluate import answerable_rule_ids, evaluate_study, require_known_answers
from .protocol import Protocol, QuestionSpec, load_protocol
from .results import AcceptanceReport, OperatorQuestion, ProtocolResult, SeriesAcceptance
from .use_gate import Gate, UseCase, evaluate_gate, load_use_case

__all__ = [
    "AcceptanceReport",
    "Gate",
    "OperatorQuestion",
    "Protocol",
    "ProtocolResult",
    "QuestionSpec",
    "SeriesAcceptance",
    "UseCase",
    "answerable_rule_ids",
    "evaluate_gate",
    "evaluate_study",
    "load_protocol",
    "load_use_case",
    "reevaluate_for_anatomy",
    "require_known_answers",
]
