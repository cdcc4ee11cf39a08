"""Why a run failed: everything that a person would look up, looked up."""
