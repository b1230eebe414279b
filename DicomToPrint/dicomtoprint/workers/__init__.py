"""Child processes: work that may end its process (a decoder, a renderer, a step of the panel) never ends ours."""
