"""A scheduled report delivery bot for Lexer's Activity API."""

__version__ = "0.1.0"
