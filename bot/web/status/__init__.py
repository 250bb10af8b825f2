"""The page of `run --status`: how the service stands, for people, for a supervisor and for Prometheus.

`collect` takes a snapshot of the ledger and the service, at most one in two seconds; `health` judges it;
`page` shows it. Nothing here changes anything.
"""

from bot.web.status.collect import Collector
from bot.web.status.page import serve_status

__all__ = ["Collector", "serve_status"]
