"""The worker of ingestion jobs: reads a source, writes Parquet, says how far it is. It talks REST, as any client."""
