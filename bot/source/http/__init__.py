"""HTTP to the Activity API and its download hosts: guarded, bounded, rate limited."""
