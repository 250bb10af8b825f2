"""The shipped fonts: complete, small, licensed, with family names of their own."""

import pytest
from fontTools.ttLib import TTFont

from bot.render.fonts import FAMILIES, FOLDER, FONT_FACES, FONT_FILES, FONT_STACK, advances


@pytest.mark.parametrize("face", FONT_FACES, ids=lambda face: face.file)
def test_font_family_matches_style_sheets(face) -> None:
    font = TTFont(face.path)
    assert font["name"].getDebugName(16) == face.family
    assert font["OS/2"].usWeightClass == face.weight
    assert "OFL" in font["name"].getDebugName(14) or "openfontlicense" in font["name"].getDebugName(14)


def test_figures_can_be_set_in_columns() -> None:
    for face in FONT_FACES[:4]:
        features = {record.FeatureTag for record in TTFont(face.path)["GSUB"].table.FeatureList.FeatureRecord}
        assert "tnum" in features


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FONT_FILES) < 2_500_000
    assert {path.name for path in FOLDER.glob("*.[to]tf")} == {path.name for path in FONT_FILES}


def test_each_typeface_has_its_licence() -> None:
    texts = [path.read_text() for path in (FOLDER / "LICENSES").glob("*.txt")]
    assert len(texts) == 4
    assert all("SIL OPEN FONT LICENSE Version 1.1" in text and "Copyright" in text for text in texts)


def test_our_own_text_needs_first_font_only() -> None:
    inter = TTFont(FONT_FACES[0].path).getBestCmap()
    assert all(ord(character) in inter for character in "Aaé1234567890–—−…·▲▼●○→ ’“”€£%&<>{}")


def test_every_font_has_a_space_glyph() -> None:
    """Else the blank in a Chinese name would be a box."""
    assert all(0x20 in TTFont(path).getBestCmap() for path in FONT_FILES)


def test_stack_names_every_family_without_quotes() -> None:
    assert ",".join(FAMILIES) == FONT_STACK
    assert not set("'\"") & set(FONT_STACK)


@pytest.mark.parametrize("weight", [400, 600])
def test_width_table_matches_font(weight: int) -> None:
    font = TTFont(next(face.path for face in FONT_FACES if face.weight == weight))
    em, metrics = font["head"].unitsPerEm, font["hmtx"]
    table = advances(weight)
    for code, glyph in font.getBestCmap().items():
        assert table[code] == -(-metrics[glyph][0] * 1000 // em)
