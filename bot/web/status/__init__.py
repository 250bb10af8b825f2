"""The page of `run --status`: how the service stands, for people, for a supervisor and for Prometheus.

`lookout` looks (at the ledger and the service's pulse, never more than once in two seconds), `health` judges,
`page` and `metrics` word it, `guards` says who may ask, `server` answers. Nothing here changes anything.
"""

from bot.web.status.guards import Guard, guard_for
from bot.web.status.lookout import Lookout
from bot.web.status.server import StatusServer

__all__ = ["Guard", "Lookout", "StatusServer", "guard_for"]
