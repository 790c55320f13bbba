"""XML that names its texts in a document type, and XML whose elements bear names that HTML has."""

from __future__ import annotations

import time

import pytest

from corpus.unfolded import Read
from segl_classifier.markup.html import read_html
from segl_classifier.markup.xml_entities import entities

CPR = "070761-4285"
TYPES = ("text/xml", "application/xml", "application/octet-stream", "text/plain")


def read(markup: str, content_type: str = "text/xml") -> Read:
    return Read("p.xml", markup.encode(), content_type)


def person(content: str, *declared: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE person [{"".join(declared)}]><person><cpr>{content}</cpr></person>'
    )


@pytest.mark.parametrize("content_type", TYPES)
def test_the_text_of_an_entity_is_read_and_the_document_is_not_believed(content_type: str) -> None:
    found = read(person("&c;", f'<!ENTITY c "{CPR}">'), content_type)
    assert CPR in str(found)
    assert found.causes == ["unreadable.damaged"]


@pytest.mark.parametrize("content_type", TYPES)
def test_half_a_number_in_an_entity_is_a_gap(content_type: str) -> None:
    assert read(person("070761&c;", "<!ENTITY c '-4285'>"), content_type).causes == ["unreadable.damaged"]


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ("<!ENTITY c '-4285'>", True),
        ("<!ENTITY c '&d;'><!ENTITY d '-42'>", True),
        ("<!ENTITY % c '<!ENTITY x \"1\">'>", True),
        ("<!ENTITY unused 'Nordby'>", False),
        ("<!ENTITY c 'http://www.w3.org/2000/svg'>", False),  # as drawing programs do
        ("<!ENTITY c '&#160;'>", False),
        ("<!ENTITY c SYSTEM 'file:///etc/passwd'>", False),
        ("<!ENTITY aelig '&#230;'>", False),
        ("<!ENTITY aelig '-4285'>", True),
    ],
)
def test_only_a_document_made_of_entities_is_a_gap(declared: str, used: bool) -> None:
    assert entities(person("070761&c; &aelig;", declared)).used is used


def test_nothing_is_put_in_where_it_is_named() -> None:
    bomb = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}ha'>" for n in range(1, 60))
    began = time.process_time()
    assert sum(map(len, entities(person("&e59;", bomb)).texts)) < len(bomb)
    assert time.process_time() - began < 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ['<!ENTITY x "', "<!ENTITY x 'a\"> ", "<!ENTITY x '&b;'>", "<!ENTITY ", "&aaaa"]
)
def test_hostile_declarations_cost_linear_time(piece: str) -> None:
    began = time.process_time()
    entities("<!ENTITY" + piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 3


def test_what_else_stands_in_the_brackets_of_a_document_type_is_read() -> None:
    page = read_html(f"<!DOCTYPE a [<!ATTLIST a cpr CDATA '{CPR}'>]><a/>", xml=True)
    assert CPR in page.aside


@pytest.mark.parametrize("name", ["person", "a", "td", "span", "style", "x:a", "A"])
@pytest.mark.parametrize("form", ["{}", "<r><!-- {} --></r>"])
def test_attributes_of_xml_are_text_whatever_the_element_is_called(name: str, form: str) -> None:
    found = read(form.format(f'<{name} cpr="{CPR}"/>'))
    assert f"cpr: {CPR}" in str(found)


def test_attributes_part_no_text_of_elements_that_join() -> None:
    assert f"{CPR}\n" in read_html('<x>070761<span lang="da">-4285</span></x>', xml=True).text
