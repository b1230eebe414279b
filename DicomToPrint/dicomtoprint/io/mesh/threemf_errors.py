"""What lib3mf says of a package, in words for who has to export it again."""

from ...messages import _

_IN_WORDS = (  # the first whose words stand in lib3mf's message; its code is mostly 5, which says nothing
    (
        ("node index", "coordinate indices", "triangle"),
        _("a triangle names a corner that is not there, or one corner twice"),
    ),
    (("coordinate", "convert", "double", "float", "number"), _("a coordinate is no number, or too large")),
    (("no build section",), _("it does not say which objects are to be built, or was cut short")),
    (("build item", "build-item"), _("it places an object that it does not hold")),
    (("component",), _("an object is made of one that it does not hold, or of itself")),
    (("duplicate",), _("two of its objects have one number")),
    (("key", "secure", "encrypt", "decrypt"), _("it is encrypted")),
    (("transform", "matrix"), _("an object is placed by numbers that turn it into nothing")),
    (("namespace", "extension"), _("it needs an extension of 3MF that is not known here")),
    (("zip", "opc", "relationship", "part", "stream", "attachment"), _("a part of the package is missing or damaged")),
    (("xml", "parse", "attribute", "element", "tag", "node"), _("its XML is damaged")),
    (("resource", "object"), _("it names an object that it does not hold")),
)


def in_words(error: Exception) -> str:
    """The reason of lib3mf's exception as half a sentence."""
    told = str(getattr(error, "_message", "") or error).lower()
    return next((words for keys, words in _IN_WORDS if any(key in told for key in keys)), _("its content is damaged"))
