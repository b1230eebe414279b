"""A package of somebody else as pip leaves it, with entry points of ours."""

import importlib


def install(folder, monkeypatch, group, name, source, attribute, package="somebody_else"):
    """Write a module with `source` and the entry point `name` of `group` that names `attribute` of it; it can be imported from then on."""
    (folder / f"{package}.py").write_text(source, encoding="utf-8")
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {package}:{attribute}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(importlib.import_module("sys").modules, package, raising=False)
    importlib.invalidate_caches()
