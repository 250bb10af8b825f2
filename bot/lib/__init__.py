"""Small pieces that more than one room needs, one noun a file."""
