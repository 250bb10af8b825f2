"""What is wrong, for the page: the place, the words, and the line itself with its mark."""

import re
from pathlib import Path
from typing import Any

from bot.config.messages import Excerpts
from bot.config.yaml_tree import Place
from bot.errors import BotError, Problem, TemplateFailed

MOST_BYTES = 1_000_000
_PLACED = re.compile(r"^(?P<file>[^\n]+?):(?P<line>\d+): (?P<message>.*)$", re.DOTALL)


def of_file(problem: Problem) -> dict[str, Any]:
    """A problem of reports.yaml; `excerpt` is its line without secrets, `column` counts from 1."""
    return {
        "place": f"{problem.file}:{problem.line}:{problem.column}",
        "line": problem.line,
        "column": problem.column if problem.excerpt else 0,
        "message": problem.message,
        "excerpt": problem.excerpt,
    }


def of_error(error: BotError) -> dict[str, Any]:
    """Any error meant for people; of a template's the line is shown too, where the message names one."""
    found = _PLACED.match(str(error)) if isinstance(error, TemplateFailed) else None
    if found is None:
        return {"place": "", "line": 0, "column": 0, "message": str(error).removeprefix("--"), "excerpt": ""}
    line = int(found["line"])
    excerpt = _line(Path(error.file), line) if isinstance(error, TemplateFailed) and error.file else ""
    place = f"{found['file']}:{line}"
    return {"place": place, "line": line, "column": 0, "message": found["message"], "excerpt": excerpt}


def _line(path: Path, line: int) -> str:
    """One line of a template, secrets masked as in reports.yaml; '' where it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    return Excerpts(str(path), text).problem(Place(line, 1), "").excerpt
