"""Local HTTP pages: the preview of `preview --serve` and the status page of `run --status`."""
