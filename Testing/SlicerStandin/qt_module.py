"""Module `qt`: PySide6 classes that behave as PythonQt's do, and refuse what PythonQt does not have."""

import functools
import inspect
import sys
import types

from PySide6 import QtCore, QtGui, QtWidgets

# Inherited by every class of `qt`; what PythonQt adds to a QObject, or what Python itself needs.
_ADDED = {"connect", "disconnect", "delete", "className", "exec_"}
_PROPERTIES: dict[type, frozenset] = {}


def properties(cls) -> frozenset:
    """Names of the Qt properties of a class, with those that a stand-in class declares in `DECLARED`."""
    found = _PROPERTIES.get(cls)
    if found is None:
        meta = cls.staticMetaObject
        names = {meta.property(index).name() for index in range(meta.propertyCount())}
        for base in cls.__mro__:
            names |= set(base.__dict__.get("DECLARED", {}))
        # Qt asks for hints and spacing in Python: a property would ask itself for ever.
        found = _PROPERTIES[cls] = frozenset(names - {"sizeHint", "minimumSizeHint", "spacing"})
    return found


def native(widget, name):
    """The underlying attribute, without PythonQt's rules; for the stand-in's own code."""
    return QtCore.QObject.__getattribute__(widget, name)


class PythonQtRules:
    """Properties are attributes, signals are connected by full signature, and nothing new may be hung on a widget."""

    def __getattribute__(self, name):
        if name in _ADDED:
            return functools.partial(getattr(PythonQtRules, name), self)
        if name.startswith("__"):
            return super().__getattribute__(name)
        cls = type(self)
        if name in properties(cls):
            for base in cls.__mro__:
                declared = base.__dict__.get("DECLARED", {})
                if name in declared:
                    return _told(super().__getattribute__("_values").get(name, declared[name]))
            return _told(self.property(name))
        return super().__getattribute__(name)

    def __setattr__(self, name, value):
        cls = type(self)
        if name in properties(cls):
            value = _taken(cls, name, value)
            for base in cls.__mro__:
                if name in base.__dict__.get("DECLARED", {}):
                    super().__getattribute__("_values")[name] = value
                    changed = getattr(cls, "declared_changed", None)
                    if changed:
                        changed(self, name, value)
                    return
            if not self.setProperty(name, value):
                raise TypeError(f"{cls.__name__}.{name} does not take {value!r}")
            return
        if name.startswith("_"):  # the stand-in's own state
            super().__setattr__(name, value)
            return
        raise AttributeError(f"PythonQt lets nobody hang '{name}' on a {cls.__name__}")

    def connect(self, *arguments):
        if len(arguments) != 2:  # PySide's own signals come back here with the sender
            return QtCore.QObject.connect(*arguments)
        signature, slot = arguments
        _signal(self, signature).connect(_adapted(self, signature, slot))
        return True

    def disconnect(self, *arguments):
        if len(arguments) != 2:
            return QtCore.QObject.disconnect(*arguments)
        signature, slot = arguments
        _signal(self, signature).disconnect(_adapted(self, signature, slot))
        return True

    def delete(self):
        self.deleteLater()

    def exec_(self):
        return native(self, "exec")()

    def className(self):
        return type(self).__name__


def _told(value):
    """A property's value as PythonQt hands it out: lists come as tuples."""
    return tuple(value) if isinstance(value, list) else value


def _taken(cls, name, value):
    """A value as PythonQt puts it into a property: None becomes the text "None", a float for an int is cut off."""
    meta = cls.staticMetaObject
    index = meta.indexOfProperty(name)
    kind = meta.property(index).typeName() if index >= 0 else ""
    if kind == "QString" and value is None:
        return "None"
    if kind in ("int", "uint") and isinstance(value, float):
        return int(value)
    return value


def _signal(widget, signature):
    own = getattr(type(widget), "SIGNALS", {}).get(signature)
    if own:
        return native(widget, own)
    normal = QtCore.QMetaObject.normalizedSignature(signature).data().decode()
    meta = type(widget).staticMetaObject
    if "(" not in signature or meta.indexOfSignal(normal) < 0:
        raise ValueError(f"{type(widget).__name__} has no signal '{signature}'")
    name, _, arguments = normal.partition("(")
    signal = native(widget, name)
    try:
        return signal[tuple(_TYPES[a] for a in arguments[:-1].split(",") if a)] if _overloaded(meta, name) else signal
    except (KeyError, IndexError):
        return signal


_TYPES = {"bool": bool, "int": int, "double": float, "QString": str}


def _overloaded(meta, name):
    methods = (meta.method(index) for index in range(meta.methodCount()))
    return sum(m.name().data().decode() == name and m.methodType() == QtCore.QMetaMethod.Signal for m in methods) > 1


_CONNECTED: dict = {}


def _adapted(widget, signature, slot):
    """The slot, called with exactly the arguments of the signature; an exception in it is kept for the test to
    raise.
    """
    count = len([a for a in signature[signature.index("(") + 1 : -1].split(",") if a.strip()])
    key = (id(widget), signature, getattr(slot, "__func__", slot), id(getattr(slot, "__self__", None)))
    if key not in _CONNECTED:
        if not _takes(slot, count):
            raise TypeError(f"the slot of '{signature}' does not take {count} arguments")

        def call(*arguments):
            try:
                slot(*arguments[:count])
            except Exception as error:  # PythonQt prints it; a test must see it
                UNCAUGHT.append(error)
                raise

        _CONNECTED[key] = call
    return _CONNECTED[key]


UNCAUGHT: list[BaseException] = []


def keep_uncaught(kind, error, trace):
    """In the place of `sys.excepthook`: what an observer of VTK raises is printed by it, and a test must see it."""
    if error not in UNCAUGHT:
        UNCAUGHT.append(error)
    sys.__excepthook__(kind, error, trace)


def _takes(slot, count):
    try:
        inspect.signature(slot).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


@functools.cache
def strict(cls):
    """The class with PythonQt's rules; classes that are no QObject are taken as they are."""
    if not issubclass(cls, QtCore.QObject):
        return cls
    return type(cls.__name__, (PythonQtRules, cls), {"__module__": "qt"})


class QtModule(types.ModuleType):
    """`qt`: only names that Qt itself has; no `Signal`, no `Slot`."""

    def __getattr__(self, name):
        if name == "Qt":
            return QtCore.Qt
        if not name.startswith("Q") or name.startswith("Qt"):
            raise AttributeError(f"PythonQt's qt has no '{name}'")
        for module in (QtWidgets, QtGui, QtCore):
            found = getattr(module, name, None)
            if inspect.isclass(found):
                return strict(found)
        raise AttributeError(f"PythonQt's qt has no '{name}'")


def make() -> QtModule:
    """A new `qt` module."""
    return QtModule("qt")
