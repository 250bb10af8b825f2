"""docs/glossary.md is `bot.model`, word for word: one source for what a word means."""

import enum
import inspect
import os
from pathlib import Path

from bot import model

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
HEAD = """# Glossary

The words of the product, as `bot/model` defines them. `make golden` writes this page anew from there.

| word | meaning |
|---|---|
"""


def first_paragraph(thing: type) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def states(thing: type) -> str:
    if not issubclass(thing, enum.Enum):
        return ""
    return " One of: " + ", ".join(f"`{member.value}`" for member in thing) + "."


def expected() -> str:
    classes = {name: getattr(model, name) for name in model.__all__ if inspect.isclass(getattr(model, name))}
    rows = [
        f"| **{name}** | {first_paragraph(thing)}{states(thing)} |" for name, thing in sorted(classes.items())
    ]
    return HEAD + "\n".join(row.replace("||", "\\|\\|") for row in rows) + "\n"


def test_the_glossary_says_what_the_model_says() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        GLOSSARY.write_text(expected(), encoding="utf-8")
    assert GLOSSARY.read_text(encoding="utf-8") == expected()


def test_every_word_is_explained() -> None:
    unexplained = [
        name
        for name in model.__all__
        if inspect.isclass(getattr(model, name)) and not first_paragraph(getattr(model, name))
    ]
    assert unexplained == []
