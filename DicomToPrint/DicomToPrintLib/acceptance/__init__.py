"""Facts to findings to a verdict under named protocols, the questions no file answers, and the gate of `run`."""

from .accept import Acceptance, ProtocolResult, Question, SeriesAcceptance, accept, asked_by
from .chosen import judge_anatomy
from .gate import Gate, UseCase, gate, load_use, use_names
from .protocol import Protocol, StandingQuestion, load_protocol, protocol_names

__all__ = [
    "Acceptance",
    "Gate",
    "Protocol",
    "ProtocolResult",
    "Question",
    "SeriesAcceptance",
    "StandingQuestion",
    "UseCase",
    "accept",
    "asked_by",
    "gate",
    "judge_anatomy",
    "load_protocol",
    "load_use",
    "protocol_names",
    "use_names",
]
