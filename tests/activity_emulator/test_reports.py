"""The table of reports is complete: every function of a report module is in it, under its type's name."""

import importlib
import inspect
import pkgutil
from typing import Any

from activity_emulator import reports


def functions(module: Any) -> dict[str, Any]:
    """Return the public functions that a module defines, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def test_table_has_every_report() -> None:
    found = {
        name: function
        for info in pkgutil.iter_modules(reports.__path__)
        for name, function in functions(importlib.import_module(f"{reports.__name__}.{info.name}")).items()
        if list(inspect.signature(function).parameters) == ["log", "selection"]
    }
    assert found == reports.REPORTS | reports.EXPORTS
    assert all(
        inspect.signature(export).return_annotation is reports.Table for export in reports.EXPORTS.values()
    )
