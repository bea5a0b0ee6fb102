"""The parts of `firesteel.sql.types`, which is where programs find their names."""
