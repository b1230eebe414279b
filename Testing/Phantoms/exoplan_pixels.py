"""Cases of the exoplan statement on the pixels: how they are stored, rescaled and shown."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case, cases
from .exoplan_edit import edit
from .files import (
    File,
    Raw,
)
from .series import (
    CLASSIC,
    ENHANCED,
    KINDS,
    bend,
    put,
    series,
    take,
)


def pixel_module_cases() -> Iterator[Case]:
    yield from _sample_cases()
    yield from _bit_depth_cases()
    yield from _representation_cases()
    yield from _pixel_size_cases()
    yield from _rescale_cases()
    yield from _pixel_data()


def _sample_cases() -> Iterator[Case]:
    both = {"I17": "reject"}

    def three_samples(files: list[File]) -> None:
        put(files, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
        for file in files:
            file.pixels *= 3

    yield from edit("colour", {"E-SamplesPerPixel": "reject", "E-Photometric": "reject"} | both, three_samples)
    yield from edit(
        "samples-missing", {"E-SamplesPerPixel": "reject"} | both, lambda files: take(files, "SamplesPerPixel")
    )
    for photometric in ("MONOCHROME1", "PALETTE COLOR"):
        yield from edit(
            photometric.lower().replace(" ", "-"),
            {"E-Photometric": "reject"} | both,
            lambda files, p=photometric: put(files, PhotometricInterpretation=p),
        )
    yield from edit(
        "photometric-missing", {"E-Photometric": "reject"} | both, lambda f: take(f, "PhotometricInterpretation")
    )


def _bit_depth_cases() -> Iterator[Case]:
    both = {"I17": "reject"}

    def eight_bits(files: list[File]) -> None:
        put(files, BitsAllocated=8, BitsStored=8, HighBit=7)
        for file in files:
            file.pixels = file.pixels[::2]

    def wide_bits(files: list[File]) -> None:
        put(files, BitsAllocated=32, BitsStored=32, HighBit=31)
        for file in files:
            file.pixels *= 2

    yield from edit("8-bits", {"E-BitsAllocated": "reject"} | both, eight_bits)
    yield from edit("32-bits", {"E-BitsAllocated": "reject"} | both, wide_bits)
    yield from edit("bits-allocated-missing", {"E-BitsAllocated": "reject"} | both, lambda f: take(f, "BitsAllocated"))
    yield from edit("17-bits-stored", {"E-BitsStored": "reject"} | both, lambda f: put(f, BitsStored=17, HighBit=16))
    yield from edit("bits-stored-missing", {"E-BitsStored": "reject"} | both, lambda f: take(f, "BitsStored"))
    yield from edit("high-bit-15-of-12", {"E-HighBit": "reject"} | both, lambda f: put(f, HighBit=15))
    yield from edit("high-bit-missing", {"E-HighBit": "reject"} | both, lambda f: take(f, "HighBit"))
    yield from edit(
        "16-bits-stored",
        {"E-BitsStored": "pass", "E-HighBit": "pass"},
        lambda f: put(f, BitsStored=16, HighBit=15),
        conformant=True,
    )


def _representation_cases() -> Iterator[Case]:
    both = {"I17": "reject"}
    yield from edit(
        "signed", {"E-PixelRepresentation": "pass"}, lambda f: put(f, PixelRepresentation=1), conformant=True
    )
    yield from edit(
        "representation-2", {"E-PixelRepresentation": "reject"} | both, lambda f: put(f, PixelRepresentation=2)
    )
    yield from edit(
        "representation-missing", {"E-PixelRepresentation": "reject"} | both, lambda f: take(f, "PixelRepresentation")
    )

    def overlay_bits(files: list[File]) -> None:
        for file in files:
            file.pixels = b"\x18\xf0" * (len(file.pixels) // 2)

    yield from edit("overlay-in-the-high-bits", {"E-HighBit": "pass"}, overlay_bits, conformant=True)


def _pixel_size_cases() -> Iterator[Case]:
    both = {"I17": "reject"}
    for keyword in ("Rows", "Columns"):
        clause = {f"E-{keyword}": "reject"} | both
        yield from edit(f"{keyword.lower()}-missing", clause, lambda f, k=keyword: take(f, k))
        yield from edit(f"{keyword.lower()}-zero", clause, lambda f, k=keyword: put(f, **{k: 0}))
    spacing = {"E-PixelSpacing": "reject"} | both
    yield from edit("pixel-spacing-missing", spacing, lambda f: take(f, "PixelSpacing"))
    yield from edit("pixel-spacing-zero", spacing, lambda f: put(f, PixelSpacing=["0", "0"]))
    yield from edit("pixel-spacing-negative", spacing, lambda f: put(f, PixelSpacing=["-0.5", "0.5"]))
    yield from edit("pixel-spacing-of-one-value", spacing, lambda f: put(f, PixelSpacing="0.5"))


def _rescale_cases() -> Iterator[Case]:
    both = {"I17": "reject"}
    yield from edit("slope-zero", {"E-Rescale": "reject"} | both, lambda f: put(f, RescaleSlope="0"))
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        yield from edit(f"{keyword.lower()}-missing", {"E-Rescale": "reject"} | both, lambda f, k=keyword: take(f, k))
        yield from edit(
            f"{keyword.lower()}-empty", {"E-Rescale": "reject"} | both, lambda f, k=keyword: put(f, **{k: ""})
        )
    yield from edit(
        "rescale-varies",
        {"E-Rescale": "warn"},
        lambda f: put(f, [3], RescaleIntercept="-1000"),
        verdicts={"3dsystems-ortho": "warn|ask|accept"},
    )


def _pixel_data() -> Iterator[Case]:
    short = {"E-PixelData": "reject", "I03": "reject"}

    def cut(files: list[File]) -> None:
        files[-1].pixels = files[-1].pixels[:-64]

    yield from edit("pixel-data-short", {"E-PixelData": "reject"}, cut, verdicts={"3dsystems-ortho": "reject"})
    yield from edit(
        "file-truncated-in-pixels",
        short,
        lambda f: bend(f, [len(f) - 1], bend=(lambda b: b[:-300],)),
        verdicts={"3dsystems-ortho": "reject"},
    )
    yield from edit(
        "pixel-data-missing",
        {"E-PixelData": "reject"},
        lambda f: bend(f, [len(f) - 1], pixels=b""),
        verdicts={"3dsystems-ortho": "reject"},
    )

    def longer(files: list[File]) -> None:
        files[-1].pixels += b"\0" * 40

    yield from edit(
        "pixel-data-long",
        {"E-PixelData": "reject|warn"},
        longer,
        verdicts={"3dsystems-ortho": "reject|warn|accept|ask"},
    )
    yield from edit(
        "pixel-data-ob",
        {"E-PixelData": "warn"},
        lambda f: bend(f, pixel_vr="OB"),
        verdicts={"3dsystems-ortho": "accept|ask|warn"},
    )

    def floating(files: list[File]) -> None:
        put(files, BitsAllocated=32)
        take(files, "BitsStored", "HighBit", "PixelRepresentation")
        for file in files:
            file.header[(0x7FE0, 0x0008)] = ("OF", file.pixels * 2)  # type: ignore[index]
            file.pixels = b""

    yield from edit(
        "float-pixel-data",
        {"E-PixelData": "reject"},
        floating,
        (CLASSIC, ENHANCED),
        verdicts={"3dsystems-ortho": "reject"},
    )

    yield from cases(
        "odd-matrix", {"E-PixelData": "pass"}, lambda kind: series(kind, size=(31, 33)), KINDS, conformant=True
    )


def windows_cases() -> Iterator[Case]:
    yield from edit(
        "window-absent",
        {"E-Window": "pass|n/a"},
        lambda f: take(f, "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"),
        conformant=True,
    )
    yield from edit(
        "window-without-names", {"E-Window": "pass"}, lambda f: take(f, "WindowCenterWidthExplanation"), conformant=True
    )
    yield from edit(
        "window-width-1",
        {"E-Window": "pass"},
        lambda f: put(f, WindowCenter="40", WindowWidth="1", WindowCenterWidthExplanation="A"),
        conformant=True,
    )
    ortho = {"3dsystems-ortho": "accept|ask"}
    yield from edit(
        "window-width-0",
        {"E-Window": "warn"},
        lambda f: put(f, WindowCenter="40", WindowWidth="0", WindowCenterWidthExplanation="A"),
        verdicts=ortho,
    )
    yield from edit(
        "window-counts-differ",
        {"E-Window": "warn"},
        lambda f: put(f, WindowCenter=["40", "400"], WindowWidth="80"),
        verdicts=ortho,
    )
    yield from edit(
        "window-names-differ",
        {"E-Window": "warn"},
        lambda f: put(f, WindowCenter=["40", "400"], WindowWidth=["80", "2000"], WindowCenterWidthExplanation="A"),
        verdicts=ortho,
    )
    yield from edit(
        "window-decimal-comma", {"E-Window": "warn"}, lambda f: put(f, WindowCenter=Raw("DS", b"40,5")), verdicts=ortho
    )
    yield from edit("window-width-alone", {"E-Window": "warn"}, lambda f: take(f, "WindowCenter"), verdicts=ortho)
