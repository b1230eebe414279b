"""Segmentation by programs of others (AI), installed by the user: described as data, run in their own environment and process."""

from .ask import backend_facts, backend_notes, failure_from_words, label_with_backend
from .installation import find_backend, installed_program, quiet_environment
from .licence import licence_notice, require_confirmed_licence
from .profile import Backend, BackendTask, Licence, load_backend, split_choice
from .tasks import open_task

__all__ = [
    "Backend",
    "BackendTask",
    "Licence",
    "backend_facts",
    "backend_notes",
    "failure_from_words",
    "find_backend",
    "installed_program",
    "label_with_backend",
    "licence_notice",
    "load_backend",
    "open_task",
    "quiet_environment",
    "require_confirmed_licence",
    "split_choice",
]
