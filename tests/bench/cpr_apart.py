"""Texts in which the date and the last four digits of a CPR number stand apart, and texts that look like them.

``{d}``, ``{mo}`` and ``{y}`` are day, month and year with two digits, ``{d1}`` and ``{mo1}`` without a leading zero,
``{yyyy}`` the year with four digits, ``{month}`` the month's name and ``{s}`` the four digits; ``{name}`` is a person.
"""

from __future__ import annotations

MONTHS = "januar februar marts april maj juni juli august september oktober november december".split()

SPLIT = (
    "{name}, født {d}.{mo}.{y}, sidste fire cifre {s}.",
    "Født {d}{mo}{y}, de sidste fire er {s}",
    "{d}{mo}{y} (løbenr. {s})",
    "Fødselsdag {d}-{mo}-{y}, og de sidste 4 i cpr er {s}.",
    "{d} {mo} {y} er hans fødselsdag, og resten af nummeret er {s}",
    "Born {d}/{mo}/{y}, last four digits {s}",
    # A day and a month without leading zeros, and other dates.
    "{name} er født d. {d1}/{mo1}-{yyyy}. De sidste fire cifre er {s}.",
    "Født den {d1}.{mo1}.{y} og sidste fire tal er {s}",
    "født {yyyy}{mo}{d}, sidste fire {s}",
    "{name}, {yyyy}-{mo}-{d}, sidste fire i cpr: {s}",
    "Min fødselsdag er {d1}. {month} {yyyy}, og mit cpr slutter på {s}.",
    "født {d}{mo}{y}, de fire sidste cifre er {s}",
    "cpr starter med {d}{mo}{y} og slutter {s}",
    "CPR (6 første cifre): {d}{mo}{y} CPR (4 sidste cifre): {s}",
    # Forms.
    "Navn: {name}\n\nFødselsdato: {d}-{mo}-{yyyy}\n\nSidste fire cifre: {s}",
    "Fødselsdato:\n{d}{mo}{y}\nSidste fire cifre:\n{s}",
    "Fødselsdato\t{d}-{mo}-{yyyy}\nAdresse\tVejgade 3, 4700 Næstved\nSidste fire cifre\t{s}",
    "Født: {d1}/{mo1}-{y}\nTelefon: 20 00 00 41\nSidste 4 cifre i cpr: {s}\nNavn: {name}",
    # The last four first, or the date masked.
    "De sidste fire cifre er {s}, og fødselsdagen er den {d1}. {month} {yyyy}.",
    "Løbenr. {s}, født {d}{mo}{y}",
    "Mit cpr ender på {s}. Jeg er født den {d1}/{mo1} {yyyy}.",
    "{name} født {d}-{mo}-{yyyy}, CPR xxxxxx-{s}",
    "Cpr.: ******-{s}, fødselsdag {d}{mo}{y}",
    # Columns.
    "Navn\tFødselsdato\tAdresse\tSidste fire\n{name}\t{d}-{mo}-{yyyy}\tVejgade 3\t{s}",
    "Fødselsdag,Løbenr\n{d}-{mo}-{yyyy},{s}",
    "Løbenr.;Navn;Født\n{s};{name};{yyyy}-{mo}-{d}",
    # Two cells below what calls them a number.
    "CPR:\n{d}{mo}{y}\t{s}",
    "CPR-numre på nye medarbejdere\n\n{name};{d}{mo}{y};{s}",
)
# A date and four digits that are strangers, or of something else.
NOT_SPLIT = (
    "Mødet er den {d1}/{mo1}-{y}. De sidste fire uger har vi talt {s} biler.",
    "{name} har fødselsdag den {d1}. {month}. De sidste fire flasker er fra {s}.",
    "{name} er født {d1}/{mo1}-{y}. Hendes dankort slutter på {s}.",
    "Kortets sidste fire cifre er {s}. Kortholder er født {d}-{mo}-{yyyy}.",
    "Fødselsdato: {d}-{mo}-{yyyy}\nTelefonnummeret ender på: {s}",
    "Fødselsdato: {d}-{mo}-{yyyy}\nKort: **** **** **** {s}",
    "Koden til døren slutter på {s}. Vi holder fødselsdag {d1}/{mo1}-{y}.",
    "Bestilt {d1}/{mo1}-{y}, leveret {d}.{mo}.{yyyy}, {s} Næstved",
    "Mødet {d1}/{mo1}-{y} slutter {s}",
    "{name} er født {d1}/{mo1}-{yyyy}, og 2014 flyttede familien til Hals.",
    "Startnr. {s}, født {d}-{mo}-{yyyy}",
    "Navn\tFødselsdato\tStartnr.\n{name}\t{d}-{mo}-{yyyy}\t{s}",
    "Løbenr;Navn;Fødselsdato\n1001;{name};{d}-{mo}-{yyyy}\n1002;Bo Beck;07-07-1961\n1003;Ib Falk;08-01-1972",
    "Visa ending in {s} was charged on {yyyy}-{mo}-{d}.",
    "Version {yyyy}-{mo}-{d}, build {s}, de sidste fire fejl er rettet",
)
