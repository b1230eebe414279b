"""The failures a user can mend. Each is one sentence: what, where, what to do; each class has its exit code."""


class DicomToPrintError(Exception):
    """Base of all failures that are reported to the user as one sentence."""

    exit_code = 70


class UsageError(DicomToPrintError):
    """An option or a combination of options that makes no sense."""

    exit_code = 2


class InputError(DicomToPrintError):
    """The input cannot be read, or holds no image series or no mesh."""

    exit_code = 3


class RefusedError(DicomToPrintError):
    """The scan is rejected for this use, or a step declined rather than give a wrong result."""

    exit_code = 1


class UnansweredQuestionError(DicomToPrintError):
    """A question that blocks this use has no answer yet."""

    exit_code = 4


class OutputError(DicomToPrintError):
    """An output cannot be written, or did not read back as it was meant."""

    exit_code = 5


class MissingDependencyError(DicomToPrintError):
    """A step needs a package that is not installed; the sentence names it and what works without."""

    exit_code = 2


class CancelledError(DicomToPrintError):
    """The user stopped the step."""

    exit_code = 130
