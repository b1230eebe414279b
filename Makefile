# Set-up and tests outside Slicer, on Linux and macOS. Needs Python 3.10 to 3.13 and nothing else; works offline once installed.
PYTHON ?= python3
OUTPUT ?= demo-output
PYTEST_OPTIONS ?= -n 2
# What another VTK or Slicer can change, and what the absence of both can; the other packages run on the same wheels as in `make test`.
PACKAGES_ON_SLICER = Architecture io mesh repair simplify reconstruction rendering report run_record dicom_export accuracy mrml gui
PACKAGES_ON_ENGINE = Architecture cli rendering report run_record dicom_export accuracy io

.PHONY: demo test test-slicer-5.12 test-library test-wheel lint docs clean

demo: .venv/installed
	.venv/bin/python DicomToPrint/Scripts/dicom_to_print.py demo --output "$(OUTPUT)"

test: .venv/installed
	.venv/bin/python -m pytest $(PYTEST_OPTIONS) Testing

test-slicer-5.12: .venv-5.12/installed
	.venv-5.12/bin/python -m pytest $(PYTEST_OPTIONS) $(addprefix Testing/,$(PACKAGES_ON_SLICER))

test-library: .venv-library/installed
	.venv-library/bin/python -m pytest $(PYTEST_OPTIONS) $(addprefix Testing/,$(PACKAGES_ON_ENGINE))

test-wheel:
	Testing/Architecture/try_wheel.sh "$(PYTHON)"

lint: .venv/installed
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy

docs: .venv-docs/installed
	.venv-docs/bin/python -m sphinx -b html -W --keep-going -q docs docs/_build

.venv/installed: Testing/requirements/slicer-5.13.txt Testing/requirements/library.txt Testing/requirements/test.txt
.venv-5.12/installed: Testing/requirements/slicer-5.12.txt Testing/requirements/library.txt Testing/requirements/test.txt
.venv-library/installed: Testing/requirements/library-only.txt Testing/requirements/library.txt Testing/requirements/test.txt
.venv-docs/installed: Testing/requirements/docs.txt

.venv/installed .venv-5.12/installed .venv-library/installed .venv-docs/installed:
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.10 to 3.13 is needed, and '$(PYTHON)' is another: name one, as in: make demo PYTHON=python3.12" >&2; exit 2; }
	"$(PYTHON)" -m venv --clear "$(@D)"
	"$(@D)/bin/python" -m pip install --quiet --disable-pip-version-check -r "$<"
	@touch "$@"

clean:
	rm -rf .venv .venv-5.12 .venv-library .venv-docs docs/_build demo-output .pytest_cache .mypy_cache .ruff_cache
