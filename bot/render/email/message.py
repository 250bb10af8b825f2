"""An edition as a mail: table-based HTML with inlined CSS, and a text part.

Mail programs support little CSS and no SVG. Charts are PNG parts that the HTML refers to by `cid:`; styles
are inlined, and only rules that may be ignored stay in `<style>` (phones, dark mode). Gmail cuts HTML at
about 102 KB, so tables shrink until it has at most 90,000 bytes.
"""

from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment

from bot import model
from bot.lib.logo import read_logo
from bot.render import parts
from bot.render.charts.svg import readable
from bot.render.email.footer import Foot, foot
from bot.render.email.text import aligned_tiles, numbered, text_table, wrapped
from bot.render.escaping import cut
from bot.render.templates import output_error, render_template

HTML_LIMIT = 90_000
ROW_STEPS = (20, 10, 5)
SUBJECT_LIMIT = 200
PICTURE_WIDTH = 584
LOGO_WIDTH, LOGO_HEIGHT = 160, 40


@dataclass(frozen=True, slots=True)
class MailPicture:
    """A chart in the mail: `cid` names the picture's part, sizes are pixels on display."""

    cid: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MailPart:
    """One part of the mail in reading order; `kind` says which of the fields are filled.

    `lines` is the same part as plain text, aligned and wrapped at 78 columns.
    """

    kind: Literal["headline", "tiles", "chart", "table", "note", "look"]
    title: str = ""
    caption: str = ""
    sentences: tuple[model.Sentence, ...] = ()
    tiles: tuple[parts.Tile, ...] = ()
    picture: MailPicture | None = None
    table: parts.ShownTable | None = None
    hints: tuple[parts.ShownHint, ...] = ()
    tone: str = ""
    lines: tuple[str, ...] = ()


def email_message(
    env: Environment,
    edition: model.Edition,
    pictures: tuple[model.Picture, ...],
    files: tuple[model.Attachment, ...],
    marking: str = "",
    left_out: tuple[str, ...] = (),
    footer: Foot | None = None,
) -> model.EmailMessage:
    """Return the mail of an edition; `pictures` are its charts in order, `files` its attachments.

    `left_out` has a sentence for each file that is too large to attach. Raise TemplateFailed if a template
    fails or the HTML exceeds 90,000 bytes even with the smallest tables.
    """
    mark = parts.subject_mark(parts.marks(edition, marking))
    logo = logo_picture(edition.brand)
    for rows in ROW_STEPS:
        names = tuple(file.name for file in files)
        context = mail_context(edition, pictures, names, marking, rows, left_out)
        context |= {"logo": _fitted(logo), "foot": footer or foot(edition, model.MailSettings(), "")}
        html = inlined(env, render_template(env, "email/message.html.j2", **context), edition)
        if len(html.encode()) <= HTML_LIMIT:
            text = render_template(env, "email/message.txt.j2", **context)
            subject = cut(mark + edition.subject, SUBJECT_LIMIT)
            return model.EmailMessage(subject, text, html, pictures, files, logo)
    reason = f"the HTML is over {HTML_LIMIT:,} bytes; Gmail would cut it"
    raise output_error(env, reason, "email/message.html.j2", "email/table.html.j2", "email/tiles.html.j2")


def inlined(env: Environment, html: str, edition: model.Edition) -> str:
    """Inline `email/style.css` into the elements of the HTML; nothing is fetched."""
    import css_inline

    css = render_template(env, "email/style.css", accent=readable(edition.brand.color))
    inliner = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=css
    )
    try:
        return str(inliner.inline(html))
    except css_inline.InlineError as error:
        raise output_error(env, str(error), "email/style.css") from None


def logo_picture(brand: model.Brand) -> model.Picture | None:
    """Return the logo for a mail, at most 160 by 40 pixels on display."""
    logo = read_logo(brand.logo)
    if logo is None:
        return None
    scale = min(1.0, LOGO_WIDTH / logo.width, LOGO_HEIGHT / logo.height)
    width, height = (max(1, round(side * scale)) for side in (logo.width, logo.height))
    alt = f"Logo of {brand.name}" if brand.name else "Logo"
    return model.Picture("", f"logo.{logo.ending}", logo.content, alt, width, height)


def mail_context(
    edition: model.Edition,
    pictures: tuple[model.Picture, ...],
    file_names: tuple[str, ...],
    marking: str,
    rows: int,
    left_out: tuple[str, ...] = (),
) -> dict[str, object]:
    """Return the context of both mail templates; their first lines explain each name."""
    return {
        "edition": edition,
        "accent": readable(edition.brand.color),
        "marking_sentence": parts.marking_sentence(parts.marks(edition, marking)),
        "warnings": parts.warnings(edition),
        "about": parts.about(edition),
        "parts": mail_parts(edition, pictures, file_names, rows),
        "attached": file_names,
        "left_out": left_out,
        "language": parts.language(edition.locale),
        "wrapped": {
            "about": wrapped(parts.about(edition)),
            "warnings": tuple(line for text in parts.warnings(edition) for line in wrapped(text)),
            "left_out": tuple(line for text in left_out for line in wrapped(text)),
        },
    }


def mail_parts(
    edition: model.Edition, pictures: tuple[model.Picture, ...], file_names: tuple[str, ...], rows: int
) -> tuple[MailPart, ...]:
    """Return the edition's blocks in order, each with its picture or its rows."""
    remaining = list(pictures)
    mail: list[MailPart] = []
    for block in edition.blocks:
        if isinstance(block, model.Chart):
            mail.append(_chart(block, remaining.pop(0) if remaining else None))
        elif isinstance(block, model.TableBlock):
            mail.append(_table(block, rows, file_names))
        elif isinstance(block, model.Headline):
            mail.append(_headline(block))
        elif isinstance(block, model.Kpis):
            mail.append(_tiles(block))
        elif isinstance(block, model.LookHere):
            mail.append(_look(block))
        elif block.text not in parts.warnings(edition):
            mail.append(MailPart("note", block.title, block.text, tone=block.tone, lines=wrapped(block.text)))
    headline = {sentence.text for part in mail for sentence in part.sentences}
    return tuple(part for part in mail if part.kind != "note" or part.caption not in headline)


def _headline(block: model.Headline) -> MailPart:
    lines = tuple(line for sentence in block.sentences for line in wrapped(sentence.text))
    return MailPart("headline", sentences=block.sentences, lines=lines)


def _tiles(block: model.Kpis) -> MailPart:
    tiles = tuple(parts.tile(item) for item in block.items[: parts.MAX_TILES])
    return MailPart("tiles", tiles=tiles, lines=aligned_tiles(tiles))


def _chart(block: model.Chart, picture: model.Picture | None) -> MailPart:
    lines = wrapped(picture.alt if picture else block.alt)
    return MailPart("chart", block.title, block.caption, picture=_fitted(picture), lines=lines)


def _fitted(picture: model.Picture | None) -> MailPicture | None:
    if picture is None:
        return None
    width = min(picture.width, PICTURE_WIDTH)
    height = round(picture.height * width / max(picture.width, 1))
    return MailPicture(picture.name, picture.alt, width, height)


def _table(block: model.TableBlock, rows: int, file_names: tuple[str, ...]) -> MailPart:
    shown = parts.shown_table(block, rows, file_names)
    return MailPart("table", block.title, block.caption, table=shown, lines=text_table(shown))


def _look(block: model.LookHere) -> MailPart:
    hints = parts.shown_hints(block.items)
    lines = tuple(line for hint in hints for line in numbered(hint))
    return MailPart("look", "Look here", hints=hints, lines=lines)
