"""The sample store on InfluxDB 1.x, 2.x or 3."""
