"""The script of the command, and the one sentence that it ends with."""

from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "DicomToPrint" / "Scripts" / "dicom_to_print.py"


def sentence_of(capsys) -> str:
    text = capsys.readouterr().err.strip()
    assert text.startswith("dicom_to_print: ")
    assert "\n" not in text
    assert "Traceback" not in text
    return text
