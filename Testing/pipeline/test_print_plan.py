"""The print plan: a choice with its reason for everything the lab decides, in JSON and on a page of the report."""

from types import SimpleNamespace

import pytest

from dicomtoprint.config import resources
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.pipeline.print_plan import build_print_plan
from dicomtoprint.printability import load_printer, load_process
from dicomtoprint.reconstruction import ProcessingStep, SurfaceModel
from dicomtoprint.report import ReportContent, render_report


def plan_of(settings: RunSettings, count: int = 1, done: tuple[str, ...] = ()) -> dict:
    import numpy as np

    corners = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], dtype=np.float32)
    mesh = Mesh(corners, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]), "Bone")
    process = load_process(settings.process)
    finding = SimpleNamespace(rule="wall", message="The wall <b>is thin</b>.", verdict=SimpleNamespace(rank=1))
    readiness = SimpleNamespace(
        process=process, printer=load_printer(process.printer), findings=(finding,), verdict="warn", slicing={}
    )
    return build_print_plan(
        settings, SurfaceModel((mesh,) * count, (), tuple(ProcessingStep(name, "") for name in done)), readiness
    )


@pytest.mark.parametrize("process", resources.builtin_names("processes"))
def test_every_process_and_use_gets_a_whole_plan(process):
    known = resources.load_json_resource("plans", "plan")[0]["uses"]
    for use in resources.builtin_names("uses"):
        plan = plan_of(RunSettings(process=process, use=use))
        assert use in known
        for name, choice in plan.items():
            if isinstance(choice, dict):
                assert choice["choice"] not in (None, ""), name
        assert plan["material_g"] > plan["material_cm3"] * 0.5


def test_pins_and_magnets_stand_in_the_plan():
    both = RunSettings(pins=True, magnets=(5.0, 2.0))
    assert "magnets of 5 x 2 mm" in plan_of(both, 2, ("pins", "magnets"))["pins"]["choice"]
    assert plan_of(RunSettings())["pins"]["choice"] == "none"


def test_the_plan_names_what_was_made_not_what_was_asked_for():
    both = RunSettings(pins=True, magnets=(5.0, 2.0), orient=True)
    assert plan_of(both, 1, ("orient",))["pins"]["choice"] == "none"
    assert plan_of(both, 2, ("no pins", "no magnets"))["pins"]["choice"] == "glue where a cut has no room for them"
    assert plan_of(both, 2, ("pins", "no magnets"))["pins"]["choice"].startswith("D-shaped pins")
    assert "--orient" not in str(plan_of(both)["orientation"]) and "--orient" in str(
        plan_of(RunSettings())["orientation"]
    )
    entered = load_printer("60x60x70.5")
    assert (entered.name, entered.title) == ("60x60x70.5", "build volume of 60 x 60 x 70.5 mm, as entered")


def test_the_report_has_the_plan_on_a_page_of_its_own():
    page = render_report(ReportContent(plan=plan_of(RunSettings(process="sla", use="surgical-planning"), 2)))
    for words in (
        "Print plan, for the print lab",
        "standard resin",
        "wash in isopropyl alcohol",
        "0.025",
        "10 x 10 x 10; 10 x 10 x 10",
        "must the part be sterilised?",
        "The wall &lt;b&gt;is thin&lt;/b&gt;.",
    ):
        assert words in page, words
    assert "#plan { break-before: page" in page
    assert 'id="plan"' not in render_report(ReportContent())


def test_sizes_of_what_is_added_are_data():
    from dicomtoprint.pipeline.joints import preparation_defaults
    from dicomtoprint.preparation import BaseSize, ScaleBarSize

    usual = preparation_defaults()
    base, bar = BaseSize(), ScaleBarSize()
    assert (base.thickness, base.rim, base.sink) == (usual["base_mm"], usual["base_rim_mm"], usual["base_sink_mm"])
    assert (base.fillet, base.column) == (usual["fillet_mm"], usual["column_mm"])
    assert (base.tilt, base.neck) == (usual["base_tilt_deg"], usual["base_neck"])
    assert (bar.stroke, bar.tick, bar.letters) == tuple(
        usual[f"scale_bar_{n}_mm"] for n in ("stroke", "tick", "letters")
    )
