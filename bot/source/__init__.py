"""The Activity API. `ActivityApi` implements the port `bot.model.Source`."""

from bot.source.client import ActivityApi
from bot.source.http.endpoints import ApiToken, Endpoints, check_endpoints
from bot.source.http.request import HttpLimits

__all__ = ["ActivityApi", "ApiToken", "Endpoints", "HttpLimits", "check_endpoints"]
