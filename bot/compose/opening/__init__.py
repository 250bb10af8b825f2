"""What stands above the sections: headline, key figures, hints, subject."""
