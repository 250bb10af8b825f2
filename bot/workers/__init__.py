"""Many machines: hand each job to one process through PostgreSQL, by Procrastinate."""

from bot.workers.crew import ProcrastinateCrew

__all__ = ["ProcrastinateCrew"]
