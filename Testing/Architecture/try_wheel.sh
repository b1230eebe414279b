#!/usr/bin/env bash
# Builds the engine's wheel and tries it in an empty environment: the wheel with its declared dependencies and nothing else.
# Usage: try_wheel.sh [PYTHON]
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
python="$("${1:-python3}" -c 'import sys; print(sys.executable)')"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONNOUSERSITE=1

cd "$work" # outside of the sources: what is imported can only come from the wheel
"$python" -m venv env
env/bin/python -m pip wheel --quiet --no-deps -w dist "$root"
env/bin/python -m pip install --quiet dist/dicomtoprint-*.whl
env/bin/python -m pip check

env/bin/python - "$root" <<'PYTHON'
import importlib.util
import subprocess
import sys
import zipfile
from importlib.metadata import files
from pathlib import Path

import dicomtoprint

root, here = Path(sys.argv[1]), Path(dicomtoprint.__file__).parent
assert Path(sys.prefix) in here.parents, here
for name in ("slicer", "DicomToPrintLib", "qt"):
    assert importlib.util.find_spec(name) is None, f"{name} is in an environment that was empty"
listing = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "DicomToPrint/dicomtoprint"]
tracked = subprocess.run(listing, capture_output=True, text=True, check=False)
wanted = {name.removeprefix("DicomToPrint/") for name in tracked.stdout.splitlines() if (root / name).is_file()}
with zipfile.ZipFile(next(Path("dist").glob("*.whl"))) as wheel:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
assert tracked.returncode or held == wanted, f"the wheel and the tracked files differ: {sorted(held ^ wanted)}"
assert {str(file) for file in files("dicomtoprint")} >= {"dicomtoprint/py.typed", "dicomtoprint/data/report/report.css"}
PYTHON

expect() { # CODE COMMAND...
  local wanted="$1" code=0
  shift
  "$@" >"$work/said" 2>&1 || code=$?
  if [ "$code" != "$wanted" ]; then
    echo "exit code $code instead of $wanted: ${*#"$work"/}" >&2
    cat "$work/said" >&2
    exit 1
  fi
}

expect 0 env/bin/dicomtoprint --version
expect 0 env/bin/python -m dicomtoprint list uses
expect 0 env/bin/dicomtoprint demo --output made
expect 0 env/bin/dicomtoprint check made/phantom --json acceptance.json
# The phantom has a plate of 0.5 mm, which the process does not print.
expect 1 env/bin/dicomtoprint inspect made/model/bone.stl --process fdm --json printability.json
for file in made/model/{report.html,record.json,bone.stl} acceptance.json printability.json; do
  test -s "$file" || { echo "$file is missing" >&2; exit 1; }
done
echo "The wheel works by itself: $(basename dist/*.whl), demo, check and inspect."
