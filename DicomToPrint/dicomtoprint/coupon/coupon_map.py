"""The map of a test plate: JSON beside its files, by which form, scan and calibration know what was drawn."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import resources
from ..errors import InputError
from ..messages import _
from .plan import CouponFeature, CouponLayout

SCHEMA = "dicom-to-print/coupon/1"
NAME = "coupon.json"
MOST_BYTES = 4_000_000


def map_content(layout: CouponLayout, process: Mapping[str, Any]) -> dict[str, Any]:
    """What was drawn. `process` is the content of the process file; ``id`` tells this plate from every other, whoever makes it."""
    content = {
        "schema": SCHEMA,
        "process": dict(process),
        "plan": resources.load_json_resource("coupon", "coupon")[0]["version"],
        "plate_mm": [round(value, 4) for value in layout.size],
        "features": [_feature(feature) for feature in layout.features],
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return {**content, "id": hashlib.sha256(text.encode("ascii")).hexdigest()[:12]}


def _feature(feature: CouponFeature) -> dict[str, Any]:
    return {
        "name": feature.name,
        "kind": feature.kind,
        "nominal": feature.nominal,
        "unit": feature.unit,
        "box_mm": [round(value, 4) for value in feature.box],
        "axis": feature.axis,
        "limit": feature.limit,
        "guideline": feature.limit_value,
        "second": feature.second,
        "second_nominal": feature.second_nominal,
        "measured": feature.is_measured,
        "asked": feature.is_asked,
        "declared": feature.is_declared,
    }


def read_map(given: Path) -> tuple[Path, dict[str, Any]]:
    """Path and content of the map of a folder, or of the file itself.

    Raises `InputError` for what is no map, or one that was changed.
    """
    path = given / NAME if given.is_dir() else given
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(
                _(
                    "{path} is larger than any map of a test plate: name {name}, which coupon wrote.",
                    path=path.name,
                    name=NAME,
                )
            )
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            _(
                "{path} cannot be opened ({strerror}): name the folder that coupon wrote.",
                path=path.name,
                strerror=error.strerror,
            )
        ) from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise InputError(
            _("{path} is no map of a test plate: name {name}, which coupon wrote.", path=path.name, name=NAME)
        )
    drawn = {name: content.get(name) for name in ("schema", "process", "plan", "plate_mm", "features")}
    text = json.dumps(drawn, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    if content.get("id") != hashlib.sha256(text.encode("ascii")).hexdigest()[:12]:
        raise InputError(
            _("{path} was changed after it was written: take it again from where the plate was made.", path=path.name)
        )
    return path, content
