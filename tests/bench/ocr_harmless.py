"""Pictures without personal data, as ordinary mail has them: logos, charts, icons, signatures by hand, textures, a
screen with harmless words. What ``bench_ocr.py`` must raise no alarm for. A folder of photographs can be added there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from bench.ocr_pages import SANS, SERIF, Case, font, jpeg, page, png, turned

NAMES = (
    "Jersing Vandværk",
    "Kær & Søn A/S",
    "BOLIG NORD",
    "Nordlys Energi",
    "Tandlægerne i Havnegade",
    "vejle VVS",
)
SCREEN = (
    "Indstillinger\nMailboks: fælles postkasse\nSignatur: vis altid ved nye mails\nSkabeloner og regler findes under "
    "menuen Filer.\nKlik på Gem for at bruge de nye indstillinger, eller på Annuller for at beholde de gamle."
)


def harmless() -> Iterator[Case]:
    """All of them; each is made when it is asked for."""
    for number, name in enumerate(NAMES):
        yield Case("logo", png(_logo(name, number)), name)
        yield Case("logo, small", png(_logo(name, number).resize((140, 60))), name)
        yield Case("logo, turned", png(turned(_logo(name, number), 12)), name)
    for seed in range(6):
        yield Case("bars", png(_bars(Random(seed))), "")
        yield Case("curve", png(_curve(Random(seed))), "")
        yield Case("signature", png(signature(Random(seed))), "")
        yield Case(
            "signature, photographed",
            jpeg(signature(Random(seed)).filter(ImageFilter.GaussianBlur(2)), 60),
            "",
        )
        yield Case("icons", png(_icons(Random(seed))), "")
        yield Case("texture", jpeg(_texture(seed), 70), "")
        yield Case("map", png(_map(Random(seed))), "")
        yield Case("floor plan", png(_plan(Random(seed))), "")
    for dpi, size in ((96, 9), (96, 11), (120, 10), (200, 11)):
        yield Case("screen", png(page(SCREEN, size, dpi)), SCREEN)
        yield Case("screen, dark", png(page(SCREEN, size, dpi, ink=220, paper=30)), SCREEN)
        yield Case("screen, JPEG", jpeg(page(SCREEN, size, dpi), 50), SCREEN)
    for shade in (0, 90, 128, 200, 255):
        yield Case("one colour", png(Image.new("RGB", (900, 700), (shade, 80, 255 - shade))), "")
        yield Case(
            "gradient",
            jpeg(Image.linear_gradient("L").resize((1000, 700)).point(lambda t, s=shade: (t + s) // 2)),
            "",
        )


def _logo(name: str, number: int) -> Image.Image:
    colours = ("navy", "darkgreen", "firebrick", "teal", "black", "darkorange")
    sheet = Image.new("RGB", (420, 180), "white")
    draw = ImageDraw.Draw(sheet)
    draw.ellipse((20, 40, 110, 130), fill=colours[number])
    draw.polygon([(65, 50), (100, 110), (30, 110)], fill="white")
    draw.text((125, 65), name, fill=colours[number], font=font(SERIF if number % 2 else SANS, 26))
    return sheet


def _bars(chance: Random) -> Image.Image:
    sheet = Image.new("RGB", (800, 500), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((250, 15), "Forbrug pr. måned", fill="black", font=font(SANS, 22))
    for month in range(12):
        height = chance.randint(50, 380)
        draw.rectangle((70 + 58 * month, 450 - height, 110 + 58 * month, 450), fill="steelblue")
        draw.text((75 + 58 * month, 460), f"{month + 1:02}", fill="black", font=font(SANS, 14))
    for mark in range(0, 500, 100):
        draw.text((15, 440 - mark * 0.8), f"{mark}", fill="dimgrey", font=font(SANS, 14))
        draw.line((60, 450 - mark * 0.8, 780, 450 - mark * 0.8), fill="lightgrey")
    return sheet


def _curve(chance: Random) -> Image.Image:
    sheet = Image.new("RGB", (700, 400), "white")
    draw, height = ImageDraw.Draw(sheet), 200.0
    spots = []
    for place in range(60, 680, 4):
        height = max(20, min(370, height + chance.uniform(-15, 15)))
        spots.append((place, height))
    draw.line(spots, fill="crimson", width=2)
    for mark in range(6):
        draw.line((55, 30 + 65 * mark, 690, 30 + 65 * mark), fill="gainsboro")
        draw.text((5, 22 + 65 * mark), f"{60 - 10 * mark} °C", fill="black", font=font(SANS, 13))
    return sheet


def signature(chance: Random) -> Image.Image:
    """A name by hand: one stroke of loops."""
    sheet = Image.new("L", (500, 180), 255)
    draw = ImageDraw.Draw(sheet)
    wide, speed, spots = chance.uniform(15, 40), chance.uniform(0.25, 0.6), []
    for step in range(260):
        swing = wide * math.sin(step * speed) * (1 + 0.6 * math.sin(step * 0.05))
        spots.append((40 + step * 1.6 + 14 * math.cos(step * speed * 1.3), 90 + swing))
    draw.line(spots, fill=20, width=3, joint="curve")
    return sheet


def _icons(chance: Random) -> Image.Image:
    sheet = Image.new("RGB", (640, 90), "white")
    draw = ImageDraw.Draw(sheet)
    for place in range(20, 620, 70):
        box = (place, 20, place + 50, 70)
        colour = chance.choice(("royalblue", "black", "crimson", "orange", "seagreen"))
        chance.choice((draw.ellipse, draw.rectangle))(box, fill=colour)
        draw.line((place + 12, 45, place + 38, 45), fill="white", width=6)
    return sheet


def _texture(seed: int) -> Image.Image:
    Random(seed)
    grain = 2 << seed % 4
    return Image.effect_noise((1200 // grain, 900 // grain), 70).resize((1200, 900), Image.Resampling.BICUBIC)


def _map(chance: Random) -> Image.Image:
    sheet = Image.new("RGB", (900, 700), "honeydew")
    draw = ImageDraw.Draw(sheet)
    for number in range(14):
        ends = [(chance.randint(0, 900), chance.randint(0, 700)) for _ in range(3)]
        draw.line(ends, fill="white" if number % 3 else "gold", width=chance.choice((4, 8, 14)))
    for name in ("Skovvej", "Havnen", "Kirkegade", "Mosen", "Østerbro", "Engvej", "Nørregade"):
        name_of = Image.new("L", (120, 30), 0)
        ImageDraw.Draw(name_of).text((5, 5), name, fill=255, font=font(SANS, 15))
        aslant = name_of.rotate(chance.choice((0, 0, 20, -35, 60, 90)), expand=True)
        sheet.paste("dimgrey", (chance.randint(0, 750), chance.randint(0, 600)), aslant)
    return sheet


def _plan(chance: Random) -> Image.Image:
    sheet = Image.new("L", (1000, 700), 255)
    draw = ImageDraw.Draw(sheet)
    for name in ("Stue", "Køkken", "Bad", "Værelse", "Entré", "Bryggers"):
        left, top = chance.randrange(40, 700, 60), chance.randrange(40, 460, 60)
        draw.rectangle((left, top, left + 240, top + 180), outline=0, width=5)
        draw.text((left + 70, top + 70), name, fill=0, font=font(SANS, 18))
        draw.text((left + 70, top + 95), f"{chance.randint(40, 300) / 10} m²", fill=0, font=font(SANS, 14))
    return sheet
