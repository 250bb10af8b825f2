"""What pydantic found wrong, as sentences for people at places in the file."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.config.checks import wrong_type
from bot.config.entries import SHAPES, Entry
from bot.config.problems import nearest, one_of, quoted
from bot.config.tables import SECRET_WORDS
from bot.config.yaml_tree import Complaint, Path, Tree

_SECRETS_PLACE = (
    "secrets never stand in this file; set ACTIVITY_API_TOKEN, SLACK_BOT_TOKEN or SMTP_URL "
    "in the environment, or NAME_FILE with a path"
)

_NOBODY = ", so nobody would get this digest"


def complaints_of(error: ValidationError, tree: Tree) -> Iterator[Complaint]:
    """One complaint per error, each at its place."""
    for detail in error.errors(include_url=False):
        yield _complaint(detail, tree)


def _complaint(detail: Any, tree: Tree) -> Complaint:
    kind, path = detail["type"], _path_in_file(detail)
    if kind == "missing":
        return Complaint(tree.place_of(path[:-1]), _missing(path))
    if kind == "extra_forbidden":
        return Complaint(tree.place_of_key(path), _unknown_key(path))
    if kind == "refused":
        return _refused(detail, path, tree)
    return Complaint(tree.place_of(path), _sentence(kind, path, detail))


def _path_in_file(detail: Any) -> Path:
    """Where in the file; pydantic marks an error of a key itself by a last part "[key]" of its own."""
    loc: Path = detail["loc"]
    return loc[:-1] if _is_of_a_key(detail) else loc


def _is_of_a_key(detail: Any) -> bool:
    # Somebody's unknown key may be called just that.
    return bool(detail["loc"][-1:] == ("[key]",) and detail["type"] != "extra_forbidden")


def _refused(detail: Any, path: Path, tree: Tree) -> Complaint:
    context = detail["ctx"]
    whole = (*path, *context["path"])
    at_key = context["at_key"] or _is_of_a_key(detail)
    place = tree.place_of_key(whole) if at_key else tree.place_of(whole)
    subject = "" if _is_of_a_key(detail) else _subject(path)
    return Complaint(place, f"{subject}{context['sentence']}")


def _subject(path: Path) -> str:
    """`schedule: ` before the sentence, so that it reads well without the excerpt."""
    names = [part for part in path if isinstance(part, str)]
    return f"{names[-1]}: " if names else ""


def _sentence(kind: str, path: Path, detail: Any) -> str:
    found = detail["input"]
    if kind == "too_short":
        why = _NOBODY if path[-1:] == ("recipients",) else ""
        return f"{_subject(path)}this is empty{why}; write at least one, for example {_example(path)}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = detail["ctx"].get("ge", detail["ctx"].get("le"))
        side = "at least" if "ge" in detail["ctx"] else "at most"
        return f"{_subject(path)}{found} is out of range; write {side} {bound}"
    return f"{_subject(path)}{wrong_type(found, _expected(kind, path))}"


def _expected(kind: str, path: Path) -> str:
    if kind.startswith("bool"):
        return "true or false"
    if kind.startswith("int"):
        return f"a whole number, such as {_example(path)}"
    if kind == "list_type" and _example(path).startswith("["):
        return f"a list, such as {_example(path)}"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"keys with values, such as {_example(path)}"
    return f"something like {_example(path)}"


def _missing(path: Path) -> str:
    why = _NOBODY if path[-1] == "recipients" else ""
    return f'"{path[-1]}" is missing{why}; write, for example: {path[-1]}: {_example(path)}'


def _unknown_key(path: Path) -> str:
    key, model = str(path[-1]), _model_at(path[:-1])
    known = sorted(_keys(model)) if model else []
    if any(word in key.lower() for word in SECRET_WORDS):
        return f"unknown key {quoted(key)}; {_SECRETS_PLACE}"
    close = nearest(key, known)
    hint = f'did you mean "{close}"?' if close else f"the keys here are {one_of(known)}"
    return f"unknown key {quoted(key)}; {hint}"


def _keys(model: type[Entry]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_at(path: Path) -> type[Entry] | None:
    for pattern, model in SHAPES:
        if len(pattern) == len(path) and all(
            want in ("*", part) for want, part in zip(pattern, path, strict=True)
        ):
            return model
    return None


def _example(path: Path) -> str:
    """The example of the field at `path`, or of the nearest field above it."""
    for length in range(len(path), 0, -1):
        model = _model_at(path[: length - 1])
        field = _keys(model).get(str(path[length - 1])) if model else None
        if field and field.examples:
            return _flow(field.examples[0])
        shape = _model_at(path[:length])
        if shape and length == len(path):
            return _flow(_example_entry(shape))
    return "key: value"


def _example_entry(model: type[Entry]) -> dict[str, Any]:
    """The required keys of a mapping with their examples, or its first key."""
    fields = _keys(model)
    wanted = {key: field for key, field in fields.items() if field.is_required()}
    chosen = wanted or dict(list(fields.items())[:1])
    return {key: field.examples[0] for key, field in chosen.items() if field.examples}


def _flow(value: object) -> str:
    """A value as one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value) if value.startswith("#") else value
    return json.dumps(value)
