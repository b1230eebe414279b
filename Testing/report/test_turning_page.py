"""The page that turns, and a report as PDF, in a real browser; skipped with a reason where there is none."""

import numpy as np
import pytest

from dicomtoprint.errors import MissingDependencyError, OutputError
from dicomtoprint.mesh.core import flying_edges
from dicomtoprint.rendering import print_map, provenance_map, wall_map
from dicomtoprint.rendering.turning_page import render_turning_page
from dicomtoprint.report import pdf

WAIT_MS = 20_000


@pytest.fixture(scope="module")
def part():
    """A ball of 20 mm, dark blue below and brown above, of which a part was not seen."""
    axis = np.arange(-12.0, 12.5, 1.0)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    ball = flying_edges((10.0 - np.sqrt(x * x + y * y + z * z)).astype(np.float32), 0.0)
    points = ball.points - 12.0
    values = np.sign(points[:, 2]) * 0.3
    values[points[:, 0] > 7.0] = np.nan
    provenance = np.where(np.arange(len(ball.triangles)) < 500, 0, 1).astype(np.uint8)
    arrays = {"Deviation": values.astype(np.float32), "Wall": np.full(len(points), 5.0, np.float32)}
    return type(ball)(points, ball.triangles).with_arrays(
        point_arrays=arrays, triangle_arrays={"Provenance": provenance}
    )


@pytest.fixture(scope="module")
def page(part):
    pytest.importorskip("k3d", reason="the viewer's package k3d is not installed")
    return render_turning_page(
        [(part, print_map(part)), (part, wall_map(part)), (part, provenance_map(part))], "A <part>"
    )


@pytest.fixture
def browser():
    try:
        program = pdf.find_browser()
    except MissingDependencyError as error:
        pytest.skip(f"no browser: {error}")
    return program


@pytest.fixture
def opened(page, browser, tmp_path):
    """The page in a browser without network; every request that it makes is noted."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright, which drives a browser, is not installed"
    )
    file = tmp_path / "part.html"
    file.write_text(page, encoding="utf-8")
    drawn_by_the_processor = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with playwright.sync_playwright() as driver:
        program = driver.chromium.launch(executable_path=browser, args=drawn_by_the_processor)
        tab = program.new_context(viewport={"width": 700, "height": 500}, offline=True).new_page()
        requests, errors = [], []
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(file.as_uri())
        tab.get_by_text("Distance of the print").first.wait_for(timeout=WAIT_MS)
        yield tab, requests, errors, file
        program.close()


def picture(tab):
    """The model's pixels (h, w, 3), without the panel and the legend."""
    image = pytest.importorskip("PIL.Image")
    import io

    tab.wait_for_timeout(1500)
    shot = np.asarray(image.open(io.BytesIO(tab.screenshot())).convert("RGB")).astype(int)
    return shot[120:, :470]


def blue(pixels):
    return int(((pixels[..., 2] - pixels[..., 0]) > 50).sum())


def brown(pixels):
    return int(((pixels[..., 0] - pixels[..., 2]) > 50).sum())


def test_the_page_shows_turns_and_cuts_the_model_offline(opened):
    tab, requests, errors, file = opened
    first = picture(tab)
    assert blue(first) > 2000 and brown(first) > 2000
    assert not errors
    assert [url for url in requests if not url.startswith((file.as_uri(), "blob:", "data:"))] == []
    tab.mouse.move(300, 300)
    tab.mouse.down()
    tab.mouse.move(300, 420, steps=8)
    tab.mouse.up()
    turned = picture(tab)
    assert (np.abs(turned - first).max(axis=-1) > 40).mean() > 0.03
    tab.get_by_text("Controls", exact=True).click()
    tab.get_by_text("Clipping planes", exact=True).click()
    constant = tab.get_by_text("constant", exact=True).locator("xpath=..").locator("input").first
    constant.fill("0")
    constant.press("Enter")
    cut = picture(tab)
    assert (turned.min(axis=-1) < 235).sum() > 1.15 * (cut.min(axis=-1) < 235).sum()


def test_the_page_holds_all_maps_and_no_path(page):
    assert "<title>A &lt;part&gt;</title>" in page
    assert 1_000_000 < len(page) < 4_000_000
    for outside in ('src="http', "src='http", 'href="http'):
        assert outside not in page


def test_a_page_becomes_a_pdf_or_nothing(browser, tmp_path, monkeypatch):
    page = tmp_path / "report.html"
    page.write_text("<h1>Report</h1>" + "<p style='break-before: page'>one more</p>" * 2, encoding="utf-8")
    made = pdf.print_to_pdf(page, tmp_path / "report.pdf")
    content = made.read_bytes()
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") == 3
    monkeypatch.setattr(pdf, "find_browser", lambda: "/bin/false")
    with pytest.raises(OutputError, match="gave no PDF"):
        pdf.print_to_pdf(page, tmp_path / "other.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.pdf"]


def test_without_a_browser_the_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda command: None)
    monkeypatch.setattr(pdf.Path, "is_file", lambda path: str(path).endswith(".json"))
    with pytest.raises(MissingDependencyError, match="leave --pdf out"):
        pdf.find_browser()
