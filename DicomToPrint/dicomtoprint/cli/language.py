"""The language of the command line: of its help, and of all that it prints."""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..messages import CATALOGUES, DOMAIN, ENGLISH, Message, Said, _, languages, speaking, spoken, translate

# What argparse says itself. It looks these up in the domain that is set while a language is spoken.
OF_ARGPARSE = (
    _("usage: "),
    _("positional arguments"),
    _("options"),
    _("show this help message and exit"),
    _("show program's version number and exit"),
    _("the following arguments are required: %s"),
    _("unrecognized arguments: %s"),
    _("expected one argument"),
    _("expected at least one argument"),
    _("expected at most one argument"),
    _("invalid choice: %(value)r (choose from %(choices)s)"),
    _("invalid %(type)s value: %(value)r"),
    _("argument %(argument_name)s: %(message)s"),
    _("not allowed with argument %s"),
    _("ambiguous option: %(option)s could match %(matches)s"),
    _("ignored explicit argument %r"),
)


def language_in(arguments: Sequence[str]) -> str:
    """The language that `arguments` ask for, before they are parsed: help and errors of the parser speak it too.

    English without the option, whatever the system's language: the same command says the same on every machine.
    """
    for index, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name == "--language":
            asked = value if equals else next(iter(arguments[index + 1 : index + 2]), "")
            return asked if asked in languages() else ENGLISH
    return ENGLISH


@contextmanager
def command_line_speaking(language: str) -> Iterator[None]:
    """`speaking`, and argparse with it."""
    with speaking(language):
        if language == ENGLISH:
            yield
            return
        import gettext

        before = gettext.textdomain(), os.environ.get("LANGUAGE")
        gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = language
        try:
            yield
        finally:
            gettext.textdomain(before[0])
            os.environ.pop("LANGUAGE")
            if before[1] is not None:
                os.environ["LANGUAGE"] = before[1]


def tell(text: str, **where: Any) -> None:
    """`print` in the language that is spoken; a stream that keeps what is `said` gets it in English too."""
    said = getattr(where.get("file"), "said", None)
    if said is not None:
        said.append(Said("".join(("", text)), translate(text), spoken()))
    print(translate(text), **where)


class SpeakingParser(argparse.ArgumentParser):
    """A parser whose complaints of values are said in the language that is spoken."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **{"formatter_class": HelpFormatter, **keywords})

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        try:
            return super()._get_value(action, text)
        except argparse.ArgumentError as error:
            error.message = translate(error.message)
            raise


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Help in the language that is spoken."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return _told(action.help)

    def add_text(self, text: Any) -> None:
        super().add_text(_told(text))

    def start_section(self, heading: str | None) -> None:
        super().start_section(_told(heading))


def _told(text: str | None) -> str | None:
    if text is None or text is argparse.SUPPRESS:
        return text
    return translate(text if isinstance(text, Message) else Message(text))
