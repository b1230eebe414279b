"""The script of the command, and the one sentence that it ends with."""

import re
from pathlib import Path

PROGRESS_LINE = re.compile(r" *\d+ % after \d+ s: .*")  # a slow machine takes more than ten seconds
SCRIPT = Path(__file__).resolve().parents[2] / "DicomToPrint" / "Scripts" / "dicom_to_print.py"


def sentence_of(capsys) -> str:
    """The sentence on standard error, beside which only lines of progress may stand."""
    lines = capsys.readouterr().err.strip().splitlines()
    text = "\n".join(line for line in lines if not PROGRESS_LINE.fullmatch(line))
    assert text.startswith("dicom_to_print: ")
    assert "\n" not in text
    assert "Traceback" not in text
    return text
