"""An edition as a PDF."""
