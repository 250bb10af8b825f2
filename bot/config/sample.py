"""The commented reports.yaml to start from."""

from pathlib import Path

_PACKAGED = Path(__file__).with_name("sample_reports.yaml")
_IN_CHECKOUT = Path(__file__).parents[2] / "reports.yaml"


def sample_text() -> str:
    """The sample file's text: packaged in a wheel, the top-level reports.yaml in a checkout."""
    source = _PACKAGED if _PACKAGED.is_file() else _IN_CHECKOUT
    return source.read_text(encoding="utf-8")
