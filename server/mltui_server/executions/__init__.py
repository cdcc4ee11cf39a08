"""Executions: attempts under an agent."""
