"""Segmentation by programs of others (AI), installed by the user: described as data, run in their own environment and process.

What the other packages need stands here and is loaded when it is first asked for: the panel lists backends while it opens.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ask import backend_facts, backend_notes, failure_from_words, label_with_backend
    from .installation import find_backend, installed_program, quiet_environment
    from .licence import licence_notice, require_confirmed_licence
    from .profile import Backend, BackendTask, Licence, load_backend, split_choice
    from .tasks import open_task

_HOMES = {
    "Backend": "profile",
    "BackendTask": "profile",
    "Licence": "profile",
    "backend_facts": "ask",
    "backend_notes": "ask",
    "failure_from_words": "ask",
    "find_backend": "installation",
    "installed_program": "installation",
    "label_with_backend": "ask",
    "licence_notice": "licence",
    "load_backend": "profile",
    "open_task": "tasks",
    "quiet_environment": "installation",
    "require_confirmed_licence": "licence",
    "split_choice": "profile",
}

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


def __getattr__(name: str) -> Any:
    """The object of a name in `__all__`, from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
