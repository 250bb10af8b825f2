"""Deliver into a folder: every form of an edition as a file that people can open.

`<address>/<digest>/<due as 20180506T230000Z>[/<slice>]/`; writing again gives the same files.
"""

import errno
import hashlib
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from bot.errors import DeliveryError, Retryability
from bot.model import Bundle, Delivery, MailSettings, Picture, Receipt, Rendition, StoredCsv, split_correction
from bot.render.email.mime import build_mail, safe_name

NO_SENDER: Final = "Digest bot <digestbot@example.invalid>"
_OCCURRENCE = re.compile(r"([^/@]+)(?:/([^@]+))?@(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)
_CID = re.compile(r"(?<=[\"'])cid:([A-Za-z0-9._-]+)(?=[\"'])")
_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{12}\.tmp")
_TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.ENFILE, errno.EMFILE, errno.ESTALE}


class FolderChannel:
    """Write Bundles. `address` is a folder, relative to `root` unless it is absolute."""

    def __init__(self, *, root: Path, mail: MailSettings) -> None:
        self._root = root
        self._mail = mail

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        """Write all files; `provider_id` is the folder. Raise DeliveryError."""
        if not isinstance(rendition, Bundle):
            raise TypeError(f"a {type(rendition).__name__} cannot go into a folder")
        base = self._base(delivery.recipient.address)
        try:
            folder = _created_folder(base, occurrence_path(delivery.occurrence))
            write_bundle(folder, rendition, mail=self._mail, key=delivery.key, now=now)
        except OSError as fault:
            retryability = Retryability.RETRYABLE if fault.errno in _TRANSIENT else Retryability.PERMANENT
            reason = fault.strerror or type(fault).__name__
            raise DeliveryError(f"{base} could not be written: {reason}", retryability) from None
        return Receipt(str(folder))

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        """Return None: writing the same files again does no harm."""
        return None

    def close(self) -> None:
        """Do nothing: no file is kept open."""

    def _base(self, address: str) -> Path:
        path = Path(address)
        if not address.strip() or "\0" in address or ".." in path.parts:
            raise DeliveryError(
                f"{address!r} is not a folder that can be used: write a full path, without '..'",
                Retryability.PERMANENT,
            )
        return self._root / path


def occurrence_path(occurrence: str) -> Path:
    """Return `care-weekly/20180506T230000Z[/<slice>]` for `care-weekly[/<slice>]@2018-05-06T23:00:00Z`.

    The first correction is beside it, in `20180506T230000Z-corrected-1`. Every part is one plain name,
    whatever the digest and slice are called. Raise DeliveryError.
    """
    match = _OCCURRENCE.fullmatch(occurrence)
    if not match:
        raise DeliveryError("The occurrence has no name that a folder could have", Retryability.PERMANENT)
    digest, slice_, *moment = match.groups()
    year, month, day, hour, minute, second = moment
    number, slice_ = split_correction(slice_ or "")
    corrected = f"-corrected-{number}" if number else ""
    path = Path(_part(digest)) / f"{year}{month}{day}T{hour}{minute}{second}Z{corrected}"
    return path / _part(slice_) if slice_ else path


def _part(name: str) -> str:
    """Return `name` if it is a plain name, else its plain characters and a hash, which keeps it distinct."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60]
    if plain == name and safe_name(name) == name:
        return name
    return f"{plain or 'digest'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def write_bundle(folder: Path, bundle: Bundle, *, mail: MailSettings, key: str, now: datetime) -> list[Path]:
    """Write every form into `folder`, created if absent; return the paths, in order.

    A link planted under a file's name is replaced, never followed. Raise OSError, DeliveryError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    files = _files(bundle, mail, key, now)
    _sweep(folder, files)
    for name, content in files.items():
        _replace(folder / name, content)
        paths.append(folder / name)
    return paths


def _files(bundle: Bundle, mail: MailSettings, key: str, now: datetime) -> Mapping[str, bytes | Path]:
    """Return contents by file name; a path means the bytes of the file there."""
    slack = {"text": bundle.slack.text, "blocks": [dict(block) for block in bundle.slack.blocks]}
    sender = mail.sender or NO_SENDER
    letter = build_mail(
        bundle.email, sender=sender, recipient=sender, reply_to=mail.reply_to, message_id_key=key, now=now
    )
    pictures = dict(_pictures(bundle))
    files: dict[str, bytes | Path] = {
        "slack.json": (json.dumps(slack, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"),
        "email.eml": letter.as_bytes(),
        "email.html": _viewable(bundle, pictures).encode("utf-8", "replace"),
        "email.txt": bundle.email.text.encode("utf-8", "replace"),
    }
    files |= {"report.pdf": bundle.pdf.content} if bundle.pdf else {}
    files |= {name: picture.png for name, picture in pictures.items()}
    if bundle.email.logo:
        files[safe_name(bundle.email.logo.name)] = bundle.email.logo.png
    return files | {
        f"{_part(csv.report)}.csv": Path(csv.path) if isinstance(csv, StoredCsv) else csv.content
        for csv in bundle.csvs
    }


def _pictures(bundle: Bundle) -> Iterator[tuple[str, Picture]]:
    """Yield names `chart-<report>[-<number>].png` and pictures, those of the mail included."""
    taken: dict[str, str] = {}
    for picture in (*bundle.pictures, *bundle.email.pictures):
        if picture.name in taken:
            continue
        stem, number = f"chart-{_part(picture.report or picture.name)}", 1
        while (name := f"{stem}.png" if number == 1 else f"{stem}-{number}.png") in taken.values():
            number += 1
        taken[picture.name] = name
        yield name, picture


def _viewable(bundle: Bundle, pictures: Mapping[str, Picture]) -> str:
    """Return the mail's HTML with links to the picture files, for a browser."""
    names = {safe_name(picture.name, "chart"): name for name, picture in pictures.items()}
    if bundle.email.logo:
        names[safe_name(bundle.email.logo.name)] = safe_name(bundle.email.logo.name)
    return _CID.sub(lambda match: names.get(match[1], match[0]), bundle.email.html)


def _created_folder(base: Path, inner: Path) -> Path:
    """Create and return `base/inner`; below `base`, which the operator chose, follow no link."""
    base.mkdir(parents=True, exist_ok=True)
    folder = base
    for part in inner.parts:
        folder = folder / part
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise DeliveryError(f"{folder} is a link to another place", Retryability.PERMANENT)
    return folder


def _sweep(folder: Path, names: Collection[str]) -> None:
    """Remove the temporary files of a process that was killed while it wrote these files."""
    for file in folder.iterdir():
        match = _TEMPORARY.fullmatch(file.name)
        if match and match[1] in names:
            file.unlink(missing_ok=True)


def _replace(path: Path, content: bytes | Path) -> None:
    """Write a new file beside it, sync, rename: readers see the old file or the new one, never a part.

    The file at a path is copied in pieces: an export may be larger than the memory.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with _opened(path.name, content) as source, _created(temporary) as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _opened(name: str, content: bytes | Path) -> BinaryIO:
    """Open what is to be written. Raise DeliveryError (retryable) if a stored export is missing."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    try:
        return content.open("rb")
    except OSError as fault:
        reason = fault.strerror or type(fault).__name__
    raise DeliveryError(f"{name} was exported, but cannot be read again: {reason}", Retryability.RETRYABLE)


def _created(path: Path) -> BinaryIO:
    """Create and open a file; raise OSError if anything is there, such as a planted link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o666), "wb")
