"""The call flow drawn from a plan: what leads where, as a graph, and the graph as text or as a picture."""
