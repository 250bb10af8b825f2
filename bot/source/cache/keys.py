"""The names under which answers are kept: hashes with everything in them that makes answers differ."""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.model import Query
from bot.model.report_types import FORM_REPORTS
from bot.source.http.endpoints import origin_of


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one token at one API.

    `account` is the token's hash, `api_url` where it is spoken to, `fields` the names that the filters by
    group and by user are sent under: an API that ignores one name may know the other.
    """

    account: str
    api_url: str
    fields: tuple[str, str]

    def question(self, query: Query) -> str:
        """Equal exactly for the same question with the same token to the same API."""
        return self._key("question", query.fingerprint)

    def list(self, name: str) -> str:
        """The key of a list: `users`, `groups` or `forms`."""
        return self._key("list", name)

    def filter(self, query: Query) -> str:
        """The key of a filter: its groups and users in any order, apart for questions about forms."""
        asked = (tuple(sorted(set(query.groups))), tuple(sorted(set(query.users))))
        return self._key("filter", *asked, query.type in FORM_REPORTS)

    def _key(self, kind: str, *parts: object) -> str:
        place = (*origin_of(self.api_url), urlsplit(self.api_url).path.rstrip("/"))
        text = repr((kind, self.account, place, self.fields, parts))
        return hashlib.sha256(text.encode()).hexdigest()
