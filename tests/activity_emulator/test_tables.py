"""The table of reports is complete: every report's file is in it, under its type's name."""

import importlib
import pkgutil

import activity_emulator.reports as reports


def test_every_report_file_is_in_the_table() -> None:
    modules = {
        info.name: importlib.import_module(f"{reports.__name__}.{info.name}")
        for info in pkgutil.iter_modules(reports.__path__)
    }
    assert {
        name: module.report for name, module in modules.items() if hasattr(module, "report")
    } == reports.REPORTS
    assert {
        name: module.export for name, module in modules.items() if hasattr(module, "export")
    } == reports.EXPORTS
