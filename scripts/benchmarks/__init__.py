"""The figures that scripts/bench prints; each module measures one part and exposes `figures(quick)`."""
