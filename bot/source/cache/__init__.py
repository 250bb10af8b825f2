"""Answers kept and shared between threads, processes and runs."""
