"""Test plates and what a made-up printer makes of them."""

import csv
import io
import json

from dicomtoprint.config import resources
from dicomtoprint.coupon import lay_out, write_form
from dicomtoprint.coupon.coupon_map import NAME, map_content
from dicomtoprint.printability import load_printer, load_process


def coupon_map(process="fdm"):
    """The map of the plate of a built-in process."""
    loaded = load_process(process)
    layout = lay_out(loaded, load_printer(loaded.printer))
    return map_content(layout, resources.load_json_resource("processes", process)[0])


def write_map(folder, process="fdm"):
    """The map in a folder, as `coupon` leaves it there."""
    folder.mkdir(parents=True, exist_ok=True)
    content = coupon_map(process)
    (folder / NAME).write_text(json.dumps(content), encoding="utf-8")
    return content


def printed_form(content, *, scale=(1.0, 1.0, 1.0), growth=0.0, holds=lambda feature: True, change=None, separator=","):
    """The filled-in form of a plate that a printer made with this scale and growth; `holds` says of each feature whether it came out.

    `change` may alter the rows, lists of cells below the head.
    """
    head, *rows = list(csv.reader(io.StringIO(write_form(content))))
    for row, feature in zip(rows, content["features"]):
        factor = scale["xyz".index(feature["axis"])] if feature["axis"] else scale[0]
        if feature["measured"]:
            row[5] = f"{factor * feature['nominal'] + growth:.3f}"
        if feature["asked"]:
            row[6] = "yes" if holds(feature) else "no"
    rows = rows if change is None else change(rows)
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()
