"""A batch whose main process is killed again and again, with children that hold, make and publish a case as the real ones do, but whose
run only writes ten files slowly. For a machine on which whole runs (batch_kills.py) take too long. Linux.

    python Testing/Benchmarks/batch_idle_kills.py [--cases 60] [--kills 20] [--span 8 30] [--seed 0]

Asserts what batch_kills.py does, but for verdicts and models. Writes results/batch_idle_kills.md.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from batch_kills import outcomes, partial_files, with_kills

ENGINE = Path(__file__).resolve().parents[2] / "DicomToPrint"
CHILD = f"""
import json, sys, time
sys.path[0] = {str(ENGINE)!r}
from dicomtoprint.workers.process import exit_when_stdin_closes, read_message
job = json.loads(read_message(sys.stdin.buffer))
exit_when_stdin_closes()
from pathlib import Path
from dicomtoprint.batch.case import Case
from dicomtoprint.batch.child import make_case
def run(words):
    output = Path(words[words.index("--output") + 1])
    for number in range(10):
        with open(output / f"part{{number}}.json", "w", encoding="utf-8") as file:
            file.write('{{"a": [')
            file.flush()
            time.sleep(0.1)
            file.write(",".join(["1"] * 2000) + "]}}")
    return 1
sys.exit(make_case(Case.from_message(job["case"].encode()), Path(job["root"]), job["attempt"], job["retry_failed"], run))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("cases", 60), ("kills", 20), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument(
        "--span", type=float, nargs=2, default=(8.0, 30.0), help="seconds between kills, least and most"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "in").mkdir()
        for number in range(options.cases):
            (folder / "in" / f"{number}.nrrd").write_bytes(str(number).encode())
        (folder / "child.py").write_text(CHILD, encoding="utf-8")
        inputs, output = [str(path) for path in sorted((folder / "in").iterdir())], folder / "out"
        code = (
            f"import sys; sys.path.insert(0, {str(ENGINE)!r})\nfrom pathlib import Path\n"
            f"from dicomtoprint.cli import batch_command, main\nbatch_command.ENTRY = Path({str(folder / 'child.py')!r})\n"
            f"sys.exit(main.main(['batch', *{inputs!r}, '--output', {str(output)!r}, '--jobs', '2']))"
        )
        chance = random.Random(options.seed)
        seen = with_kills([sys.executable, "-c", code], output, options.kills, chance, tuple(options.span))
        finished, partial = len(outcomes(output)), len(partial_files(output))
        drafts = [path for path in folder.rglob("*") if path.name in (".making", ".before") or ".partial-" in path.name]
    text = f"""# A batch whose main process is killed, its runs only writing files

| check | result |
|---|---|
| cases, two at a time on two shared cores | {options.cases} |
| main process killed (SIGKILL) {options.span[0]:g} to {options.span[1]:g} s after its start | {seen["starts"] - 1} times |
| cases with an outcome in the end | {finished} |
| outcomes that changed after they stood there (made twice) | {seen["changed"]} |
| files under their final names that were partial, after every kill and in the end | {seen["partial"] + partial} |
| drafts left in the end | {len(drafts)} |
| wall time | {seen["seconds"]:.0f} s |

Repeat: `python Testing/Benchmarks/batch_idle_kills.py --cases {options.cases} --kills {options.kills}`
"""
    print(text, seen)
    (Path(__file__).parent / "results" / "batch_idle_kills.md").write_text(text, encoding="utf-8")
    sys.exit(1 if finished < options.cases or seen["changed"] or seen["partial"] or partial or drafts else 0)


if __name__ == "__main__":
    main()
