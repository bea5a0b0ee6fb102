"""Programs made by a generator and recorded like the written ones; empty, since workers import it."""
