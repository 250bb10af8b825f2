"""One occurrence, step by step: compose, fan out, deliver, retry, reconcile. Read `pipeline.py` first."""
