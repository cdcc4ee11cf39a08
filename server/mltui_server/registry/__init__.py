"""The registry: models, their versions, aliases, stages and approvals."""
