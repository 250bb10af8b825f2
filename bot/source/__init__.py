"""FROM WHERE: the Activity API. `ActivityApi` implements the port `bot.model.Source`."""

from bot.source.client import ActivityApi
from bot.source.http.endpoints import Endpoints, check_endpoints

__all__ = ["ActivityApi", "Endpoints", "check_endpoints"]
