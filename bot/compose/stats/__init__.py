"""Signal or noise: usual ranges, chance, and what earlier editions said."""
