"""Stand-ins for backends: a data file whose program is a script that a test writes."""

import json
import sys

from dicomtoprint.config.resources import RESOURCE_DIR

LABEL = """
import SimpleITK as sitk
scan = sitk.ReadImage(source)
labels = sitk.Cast(scan > 300, sitk.sitkUInt8) * 51
"""
WRITE = LABEL + "sitk.WriteImage(labels, target)\n"


def write_backend(folder, body, **changes):
    """Path of a data file whose program runs `body`, with the scan as `source` and the labels to be written as `target`."""
    folder.mkdir(exist_ok=True)
    script = folder / "program.py"
    script.write_text(f"import os, sys, time\nsource, target = sys.argv[1:3]\n{body}\n", encoding="utf-8")
    content = json.loads((RESOURCE_DIR / "backends" / "totalsegmentator.json").read_text(encoding="utf-8"))
    content.pop("module")
    content |= {
        "name": "stand-in",
        "title": "Stand-in",
        "package": "SimpleITK",
        "call": f"exec(open({str(script)!r}, encoding='utf-8').read())",
        "arguments": ["{input}", "{output}"],
        "commands": ["no-such-program-of-a-backend"],
        **changes,
    }
    path = folder / "stand-in.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def options(path, task="", confirmed=True):
    """Words of the command line that ask for it, in the Python that runs the tests."""
    choice = f"{path}:{task}" if task else str(path)
    words = ["--segment-with", choice, "--backend-command", sys.executable]
    return [*words, "--confirm-licence", "stand-in"] if confirmed else words
