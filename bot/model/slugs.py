"""Names as parts of occurrences' ids, folders and channels."""

import hashlib
import re

LONGEST = 50


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens; a short hash keeps apart what that makes alike."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:LONGEST]
    if plain == text.casefold().strip().replace(" ", "-"):
        return plain
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".lstrip("-")
