from .intersection import self_intersections
from .topology import Topology, topology
