"""`slicer.parameterNodeWrapper` in miniature: typed properties on a script node. Slicer's own replaces it when it
can be had.
"""

import json
import typing


def parameterNodeWrapper(cls):
    """Class decorator: every annotated name becomes a property kept in the wrapped node."""
    hints = typing.get_type_hints(cls)
    for name, kind in hints.items():
        setattr(cls, f"_default_{name}", getattr(cls, name, _empty(kind)))
        setattr(cls, name, _node_property(name) if hasattr(kind, "GetNodeTagName") else _value_property(name, kind))

    def __init__(self, parameterNode, prefix=None):
        self.parameterNode = parameterNode

    cls.__init__ = __init__
    cls.AddObserver = lambda self, event, callback, priority=0.0: self.parameterNode.AddObserver(
        event, callback, priority
    )
    cls.RemoveObserver = lambda self, tag: self.parameterNode.RemoveObserver(tag)
    cls.StartModify = lambda self: self.parameterNode.StartModify()
    cls.EndModify = lambda self, was: self.parameterNode.EndModify(was)
    cls.Modified = lambda self: self.parameterNode.Modified()
    return cls


def _empty(kind):
    return None if hasattr(kind, "GetNodeTagName") else kind()


def _node_property(name):
    def get(self):
        return self.parameterNode.GetNodeReference(name)

    def put(self, node):
        self.parameterNode.SetNodeReferenceID(name, node.GetID() if node is not None else None)

    return property(get, put)


def _value_property(name, kind):
    def get(self):
        text = self.parameterNode.GetParameter(name)
        return kind(json.loads(text)) if text else getattr(self, f"_default_{name}")

    def put(self, value):
        if not isinstance(value, kind):
            raise TypeError(f"{name} takes {kind.__name__}, not {type(value).__name__}")
        self.parameterNode.SetParameter(name, json.dumps(value))

    return property(get, put)
