"""Load on the service: a real process, a real index, questions that are all different."""
