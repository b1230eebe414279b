"""Peak memory of a program, as Linux counts it."""

import re
from pathlib import Path


def peak_bytes(process: str = "self") -> int:
    """Peak resident memory of a process alone, 0 where it is gone.

    `resource`'s ru_maxrss would not do: a child starts with its parent's peak.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) * 1024 if found else 0
