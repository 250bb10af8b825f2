"""What was rendered, in a few words for the ledger: how much of what, nothing of what it says."""

from collections.abc import Iterable

from bot.model import Bundle, CsvFile, EmailMessage, Rendition, SlackMessage


def told(rendition: Rendition) -> str:
    """'rendered as a message with 1 picture and 3 files (812 kB)'."""
    if isinstance(rendition, SlackMessage):
        pictures = (*rendition.pictures, *rendition.thread_pictures)
        sizes = [len(picture.png) for picture in pictures] + [len(file.content) for file in rendition.files]
        return _words("a message", len(pictures), len(rendition.files), sizes)
    if isinstance(rendition, EmailMessage):
        sizes = [len(picture.png) for picture in rendition.pictures]
        sizes += [len(file.content) for file in rendition.attachments]
        sizes += [len(rendition.html), len(rendition.text)]
        return _words("a mail", len(rendition.pictures), len(rendition.attachments), sizes)
    return _bundle(rendition)


def _bundle(bundle: Bundle) -> str:
    papers = [bundle.pdf] if bundle.pdf is not None else []
    sizes = [len(picture.png) for picture in bundle.pictures] + [len(paper.content) for paper in papers]
    sizes += [len(csv.content) for csv in bundle.csvs if isinstance(csv, CsvFile)]
    return _words("every form", len(bundle.pictures), len(papers) + len(bundle.csvs), sizes)


def _words(kind: str, pictures: int, files: int, sizes: Iterable[int]) -> str:
    return (
        f"rendered as {kind} with {_counted(pictures, 'picture')} and {_counted(files, 'file')} "
        f"({max(1, round(sum(sizes) / 1000)):,} kB)"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
