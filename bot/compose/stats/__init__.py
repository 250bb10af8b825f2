"""Signal or noise: usual ranges, chance, and earlier editions."""
