"""Faults of the brand, and of what the mail's subject and its foot take from elsewhere in the file."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from bot.config.problems import quoted
from bot.config.yaml_tree import Path
from bot.model.logo import LogoFault, load, logo_of
from bot.model.placeholders import names_in

Finding = tuple[Path, str]


def of_looks(data: dict[str, Any], folder: FilePath) -> Iterator[Finding]:
    """Their paths and sentences; `folder` holds the file."""
    brand = data.get("brand")
    brand = brand if isinstance(brand, dict) else {}
    logo = brand.get("logo")
    if isinstance(logo, str) and logo.strip():
        yield from _of_logo(logo.strip(), folder)
    if not brand.get("name"):
        yield from _brandless_subjects(data)
    yield from _ways_of_one_kind(data)


def _of_logo(name: str, folder: FilePath) -> Iterator[Finding]:
    path = ("brand", "logo")
    try:
        logo_of(load(folder / name))
    except FileNotFoundError:
        yield path, f"logo: there is no file {quoted(name)} beside this file; write its path from there"
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, LogoFault) else "cannot be read as a file"
        yield path, f"logo: {quoted(name)} {reason}"


def _brandless_subjects(data: dict[str, Any]) -> Iterator[Finding]:
    digests = data.get("digests")
    for name, digest in digests.items() if isinstance(digests, dict) else ():
        subject = digest.get("subject") if isinstance(digest, dict) else None
        if isinstance(subject, str) and "brand" in names_in(subject):
            sentence = "subject: {brand} is empty, because brand has no name; write brand: {name: …} above"
            yield ("digests", name, "subject"), sentence


def _ways_of_one_kind(data: dict[str, Any]) -> Iterator[Finding]:
    email = data.get("email")
    ways = email.get("unsubscribe") if isinstance(email, dict) else None
    kinds = [str(way).partition(":")[0] for way in ways] if isinstance(ways, list) else []
    for index, kind in enumerate(kinds):
        if kind in kinds[:index]:
            yield ("email", "unsubscribe", index), f"unsubscribe: there is a second {kind}: address; keep one"
