"""What waiting costs, measured side by side: `make benchmark`."""
