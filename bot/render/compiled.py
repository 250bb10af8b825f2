"""Templates compiled once for the whole process, however many environments run them."""

from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Code of templates by file, as long as the file says the same; for environments with equal options.

    A fifth of the time of an edition in all its forms, where each is rendered with an environment of its
    own. Code holds nothing of the environment or the data that it ran with.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives the bucket its code, if it was compiled from the same text."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps the bucket's code in place of what the file held before."""
        if bucket.code is not None:
            self._kept[bucket.key] = bucket.checksum, bucket.code

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()
