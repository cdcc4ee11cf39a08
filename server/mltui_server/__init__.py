"""The mltui server: state in Postgres, samples in the sample store, work under agents."""
