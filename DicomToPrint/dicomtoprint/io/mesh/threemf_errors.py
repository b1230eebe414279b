"""What lib3mf says of a package, in words for who has to export it again."""

_IN_WORDS = (  # the first whose words stand in lib3mf's message; its code is mostly 5, which says nothing
    (
        ("node index", "coordinate indices", "triangle"),
        "a triangle names a corner that is not there, or one corner twice",
    ),
    (("coordinate", "convert", "double", "float", "number"), "a coordinate is no number, or too large"),
    (("no build section",), "it does not say which objects are to be built, or was cut short"),
    (("build item", "build-item"), "it places an object that it does not hold"),
    (("component",), "an object is made of one that it does not hold, or of itself"),
    (("duplicate",), "two of its objects have one number"),
    (("key", "secure", "encrypt", "decrypt"), "it is encrypted"),
    (("transform", "matrix"), "an object is placed by numbers that turn it into nothing"),
    (("namespace", "extension"), "it needs an extension of 3MF that is not known here"),
    (("zip", "opc", "relationship", "part", "stream", "attachment"), "a part of the package is missing or damaged"),
    (("xml", "parse", "attribute", "element", "tag", "node"), "its XML is damaged"),
    (("resource", "object"), "it names an object that it does not hold"),
)


def in_words(error: Exception) -> str:
    """The reason of lib3mf's exception as half a sentence."""
    told = str(getattr(error, "_message", "") or error).lower()
    return next((words for keys, words in _IN_WORDS if any(key in told for key in keys)), "its content is damaged")
