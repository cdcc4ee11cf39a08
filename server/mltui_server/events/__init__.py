"""Events: every change, by whom, with what was before and after."""
