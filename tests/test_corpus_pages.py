"""Which parts of a page become text: elements chosen by their content, the reach of a header, formulas, code, word lists."""

import pytest
from test_corpus import page, texts

from helpers import corpus
from helpers.corpus import Filters
from helpers.corpus.filters import promotion, rejected_by
from helpers.corpus.headers import capitals, is_navigation

ONE = "The potter lets the bowl dry in the shade for three days before it goes into the kiln. A bowl dried in the sun cracks."
TWO = "Glaze is a thin coat of glass. It is brushed on when the clay has been fired once, and it melts in the second firing."
THREE = "A kiln that cools too fast breaks what it holds. Most potters leave the door shut for a night and a day after it."


def paths(html: str) -> dict[tuple[str, ...], str]:
    """The text under each header, one segment a header."""
    return {found.header_path: found.text for found in corpus.segment(page(html), min_chars=1, max_chars=200)}


def test_the_sign_by_which_a_definition_is_cited_is_no_text():
    sign = '<a class="headerlink" href="#fire" title="Link to this">¶</a>'
    assert texts(f"<h1>Kilns</h1><dl><dt>fire(hours){sign}</dt><dd>Feeds the fire.</dd></dl><p>{ONE}{sign}</p>") == [
        f"Kilns\nfire(hours): Feeds the fire.\n\n{ONE}"
    ]


def test_a_control_beside_a_header_ends_no_reach():
    edit = '<span class="mw-editsection"><span>[</span><a href="/e">edit</a><span>]</span></span>'
    html = f"<h1>Pots</h1><p>{ONE}</p><div class='mw-heading'><h2>Glaze</h2>{edit}</div><p>{TWO}</p>"
    assert paths(html)[("Pots", "Glaze")] == f"Glaze\n{TWO}"


def test_what_an_element_is_not_says_nothing_of_it():
    assert texts(f"<div class='wrap not-footer'><h1>Pots</h1><p>{ONE}</p></div>") == [f"Pots\n{ONE}"]


def test_a_form_without_fields_is_a_wrapper():
    hidden = "<input type=hidden name=id value=7>"
    assert texts(f"<h1>Pots</h1><form class=usertext>{hidden}<p>{ONE}</p><p>{TWO}</p></form>") == [f"Pots\n{ONE}\n\n{TWO}"]
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><form><p>Write to us. We read it.</p><input name=mail></form>") == [f"Pots\n{ONE}"]


def test_a_word_with_a_tooltip_stays_in_its_sentence():
    html = "<h1>Pots</h1><p>The <span class=tooltip>kiln<span class=tooltiptext>an oven</span></span> is hot.</p>"
    assert texts(html) == ["Pots\nThe kiln is hot."]


def test_a_processing_instruction_is_no_text_and_no_crash():
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><?php echo $x; ?><p>{TWO}</p>") == [f"Pots\n{ONE}\n\n{TWO}"]


@pytest.mark.parametrize(
    "box",
    [
        "<div class=teaser-list><h3>Latest stories</h3><ul><li><a href=/a>Bread</a><li><a href=/b>Salt</a></ul></div>",
        "<section><h2>Other crafts</h2><ul><li>Weaving</li><li>Carving</li></ul></section>",
        f"<div><h3>A note on shade</h3><p>{THREE}</p></div>",
        "<div class=card><h4><a href=/weaver>The last weaver of the valley</a></h4></div>",
        "<div><div><h3>Trending</h3></div><ul><li><a href=/a>Bread is dear</a></li></ul></div>",
        "<section><article><h3><a href=/a>Bread</a></h3><p>Dear.</p></article><article><h3><a href=/b>Salt</a></h3></article>"
        "</section>",
    ],
)
def test_a_box_between_paragraphs_heads_nothing_after_it(box):
    html = f"<article><h1>Pots</h1><p>{ONE}</p>{box}<p>{TWO}</p></article>"
    whole = next(text for text in texts(html) if text.startswith("Pots"))
    assert ONE in whole
    assert TWO in whole.split("A note on shade")[0]


@pytest.mark.parametrize(
    "cards",
    [
        "<div><div><a href=/a><h5>The oldest kiln</h5></a><p>3 March</p></div><div><a href=/b><h5>A new glaze</h5></a></div>"
        "<div><a href=/c><h5>Clay</h5></a></div></div>",
        "<div><h4><a href=/a>The oldest kiln</a></h4><h4><a href=/b>A glaze</a></h4><h4><a href=/c>Clay</a></h4></div>",
    ],
)
def test_a_list_of_linked_headlines_heads_nothing_after_it(cards):
    assert paths(f"<div><h1>Pots</h1>{cards}</div><div><p>{ONE}</p></div>")[("Pots",)].startswith(f"Pots\n{ONE}")


@pytest.mark.parametrize(
    "wrapped",
    [
        "<header><h2>Glaze</h2><p>By A. Potter</p></header>",
        "<div class=title><h2>Glaze</h2><span>3 March</span></div>",
        "<div><div><h2>Glaze</h2></div></div>",
        "<h2><a href=#glaze>Glaze</a></h2>",
    ],
)
def test_a_wrapper_around_a_header_does_not_end_its_reach(wrapped):
    html = f"<main><h1>Pots</h1><p>{ONE}</p>{wrapped}<p>{TWO}</p></main>"
    assert any(text.startswith("Glaze") and TWO in text for text in texts(html, max_chars=200))


def test_a_dateline_is_no_header_and_a_chronicle_is():
    assert texts(f"<h1>Pots</h1><h4>March 3, 2021</h4><p>{ONE}</p>") == [f"Pots\n{ONE}"]
    assert texts(f"<h2>3 March 2021</h2><h3>Pots</h3><p>{ONE}</p>") == [f"Pots\n{ONE}"]
    chronicle = f"<h1>Kilns</h1><p>{ONE}</p><h2>1 May 1902</h2><p>{TWO}</p><h2>2 May 1902</h2><p>{THREE}</p>"
    assert "1 May 1902\n" + TWO in texts(chronicle)[0]


def test_an_empty_header_heads_its_text_and_a_gap_or_logo_heads_none():
    assert paths(f"<h1>Pots</h1><p>{ONE}</p><h2></h2><p>{TWO}</p>")[("Pots", "")] == TWO
    for gap in ("<h2>&nbsp;</h2>", "<h2><br></h2>", "<h2><img src=logo.png></h2>"):
        assert list(paths(f"<h1>Pots</h1><p>{ONE}</p>{gap}<p>{TWO}</p>")) == [("Pots",)]


@pytest.mark.parametrize(
    "header",
    [
        'Firing<a class="headerlink" href="#f">¶</a>',
        '<a class="toc-backref" href="#id3">Firing</a><a href="#f">#</a>',
        'Firing<span class="mw-editsection">[<a href="/e">Bearbeiten</a>]</span>',
        "Firing [edit]",
        '<button aria-expanded="false">Firing</button>',
        "Firing <button>Copy link</button>",
        'Firing <a class="anchor" href="#f"><span class="visually-hidden">Permalink for this section</span></a>',
        'Firing <small>(<a href="/e">edit</a>)</small>',
        'Firing <a class="anchor" href="#f"><svg></svg></a>',
    ],
)
def test_controls_in_a_header_are_no_part_of_it(header):
    assert list(paths(f"<h2>{header}</h2><p>{ONE}</p>")) == [("Firing",)]


@pytest.mark.parametrize(
    "kept",
    [
        f'<div class="builder-widget"><h2>Pots</h2></div><div class="builder-widget-text"><p>{ONE}</p><p>{TWO}</p></div>',
        f'<form id="aspnet"><h2>Pots</h2><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></form>',
        f'<body style="visibility: hidden"><h2>Pots</h2><p>{ONE}</p><p>{TWO}</p></body>',
        f'<div aria-hidden="true"><main><h2>Pots</h2><p>{ONE}</p><p>{TWO}</p></main></div><div role="dialog">Hi.</div>',
        f'<div class="hidden md:block"><h2>Pots</h2><p>{ONE}</p><p>{TWO}</p></div>',
        f'<section id="related-crafts"><h2>Related crafts</h2><p>{ONE}</p><p>{TWO}</p></section>',
        f"<h2>Pots</h2><p>{ONE}</p><aside class=tip><p>{TWO}</p></aside>",
        f'<h2>Pots</h2><p>{ONE}</p><h3>And glaze?</h3><div style="display:none"><p>{TWO}</p></div>',
        f'<h2>Pots</h2><p>{ONE}</p><h3>And glaze?</h3>\n  <div style="display:none"><p>{TWO}</p></div>',
        f'<h2>Pots</h2><p>{ONE}</p><div class="faq-answer" hidden><p>{TWO}</p></div>',
        f'<div class="lunch-menu"><h2>Pots</h2><p>{ONE}</p><p>{TWO}</p></div>',
        f'<div id="app" aria-hidden="true"><h2>Pots</h2><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></div>',
    ],
)
def test_what_holds_running_text_is_no_furniture(kept):
    text = "\n".join(texts(kept))
    assert ONE in text
    assert TWO in text


@pytest.mark.parametrize(
    "left_out",
    [
        "<aside><h3>Newsletter</h3><p>Get our stories by post.</p><form><input></form></aside>",
        "<footer><p>Made by the guild. All rights reserved. Nothing here may be copied without a letter from us.</p></footer>",
        f'<div class="comments"><p>{TWO}</p><p>{THREE}</p></div>',
        f'<div class="cookie-consent"><p>{TWO}</p></div>',
        f'<div role="dialog" hidden><p>{TWO}</p></div>',
        '<div style="display:none">{"id": 7, "date": "2020-01-01"}</div>',
        "<table><tr><td><a href=/1>The first of many pages</a></td></tr><tr><td><a href=/2>The second</a></td></tr></table>",
    ],
)
def test_furniture_stays_furniture(left_out):
    assert texts(f"<h1>Pots</h1><p>{ONE}</p>{left_out}") == [f"Pots\n{ONE}"]


def test_a_link_in_a_sentence_is_words_of_it_whatever_its_class():
    link = "<a href='#n' class=popup>in the shade</a>"
    assert texts(f"<p>A bowl dries {link} for three days.</p>") == ["A bowl dries in the shade for three days."]
    assert texts(f"<p>{link} a bowl dries for three days.</p>") == ["in the shade a bowl dries for three days."]
    assert texts(f"<p>{ONE}</p><p>{link}</p>") == [ONE]
    sentences = "<a class=popup href='#1'>Dry it slowly.</a> <a class=popup href='#2'>Then fire it.</a>"
    assert texts(f"<p>{ONE} {sentences} {TWO}</p>") == [f"{ONE} Dry it slowly. Then fire it. {TWO}"]
    assert texts(f"<p>{ONE} <a class=share href='#1'>Share</a> <a class=share href='#2'>Pin</a></p>") == [ONE]


@pytest.mark.parametrize(
    "header",
    [
        "By Ada Potter",
        "Written by Ada de la Potter, Guild of Kilns",
        "by Ada Potter Monday, March 1, 2021",
        "Click on a name in red for our notes",
        "Scroll down for pictures",
    ],
)
def test_a_byline_and_an_order_head_nothing_and_are_no_text(header):
    assert texts(f"<h1>Pots</h1><h3>{header}</h3><p>{ONE}</p>") == [f"Pots\n{ONE}"]
    assert texts(f"<h1>Pots</h1><p>{header}</p><p>March 1, 2021</p><p>{ONE}</p>") == [f"Pots\n{ONE}"]
    assert header in texts(f"<h1>Pots</h1><p>{ONE} {TWO}</p><p>{header}</p><p>{TWO}</p>")[0], (
        "only between a header and its text"
    )


@pytest.mark.parametrize("header", ["By Hand", "By air, land and sea", "Click Settings", "Written by hand", "Scrolls of clay"])
def test_a_header_that_looks_like_a_byline_or_an_order_is_one(header):
    assert header in texts(f"<h1>Pots</h1><h3>{header}</h3><p>{ONE}</p>")[0]


def test_what_an_element_lacks_or_holds_is_not_what_it_is():
    for name in ("no-caption", "image has-caption", "layout_with_sidebar", "without-ads"):
        assert texts(f"<h1>Pots</h1><div class='{name}'>{ONE}</div>") == [f"Pots\n{ONE}"]


@pytest.mark.parametrize("caption", ["class=caption", "class='wp-caption-text'", "class='photo caption'"])
def test_a_caption_by_its_class_is_a_caption(caption):
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><div {caption}>{TWO}</div>") == [f"Pots\n{ONE}"]


def test_a_list_of_teasers_is_a_menu():
    teasers = "".join(
        f"<li><a href=/{i}>Story {i}</a> Once upon a time there was a potter who had {dots}</li>"
        for i, dots in enumerate(["...", "…", "[...]"])
    )
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><ul>{teasers}</ul>") == [f"Pots\n{ONE}"]
    items = "<li>Wedge the clay...<li>Throw the bowl.<li>Dry it.<li>Fire it."
    assert "- Wedge the clay...\n- Throw" in texts(f"<h1>Pots</h1><ul>{items}</ul>")[0]


def test_what_cannot_be_seen_is_no_paragraph():
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><p>\u200d</p><p>\u200c</p>") == [f"Pots\n{ONE}"]


@pytest.mark.parametrize(
    "question",
    [
        "<button class=accordion>Why dry?</button><div class=panel style='display: none'>{}</div>",
        "<div><button aria-expanded=false>Why dry?</button></div><div hidden>{}</div>",
        "<input type=checkbox id=q><label for=q>Why dry?</label><div class=tab-content>{}</div>",
        "<dl><dt><button>Why dry?</button></dt><dd>{}</dd></dl>",
    ],
)
def test_a_button_over_the_answer_that_it_unfolds_is_its_question(question):
    text = texts(f"<h1>Pots</h1>{question.format(f'<p>{ONE}</p>')}")[0]
    assert text.startswith("Pots\nWhy dry?")
    assert text.endswith(ONE)
    assert texts(f"<h1>Pots</h1><button>Subscribe</button><p>{ONE}</p><label>Name</label><input>") == [f"Pots\n{ONE}"]


def test_labels_of_a_check_list_are_its_items():
    items = "<li><label><input type=checkbox>Shut the vent</label></li><li><label>Fill the pan</label></li>"
    assert texts(f"<h2>Before firing</h2><ul>{items}</ul>") == ["Before firing\n- Shut the vent\n- Fill the pan"]


def test_only_a_link_with_a_target_is_a_link():
    html = f"<h1>Pots</h1><p>{ONE}</p><p><a name=glaze>{TWO}</p><p>{THREE}</p>"
    assert texts(html) == [f"Pots\n{ONE}\n\n{TWO}\n\n{THREE}"]
    assert THREE in texts(f"<h1>Pots</h1><p>{ONE}</p><p><a href=/x>{TWO * 3}</p><p>{THREE * 3}</p>")[0]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<math alttext="a+b"><mi>a</mi></math>', "a+b"),
        ('<math><mi>a</mi><annotation encoding="application/x-tex">\\alpha</annotation></math>', "\\alpha"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup></math>", "x^2"),
        ('<img class="mwe-math-fallback-image-inline" alt="{\\displaystyle k}">', "k"),
        ('<img class="latex" alt="x^2">', "x^2"),
        ('<img src="http://a.example/latex.php?x" title="x^2">', "x^2"),
        ('<script type="math/tex">y=mx</script>', "y=mx"),
        ('<span aria-hidden="true" class="katex-html">m</span><math><mi>m</mi></math>', "m"),
        ("10<sup>15</sup>", "10^15"),
        ("10<sup>−9</sup>", "10^-9"),
        ("10 <sup>6</sup>", "10 ^6"),
        ("5 m<sup>2</sup>", "5 m^2"),
        ("x<sup>2n+1</sup>", "x^(2n+1)"),
        ("the 20<sup>th</sup>", "the 20th"),
        ('a kiln<sup><a href="#n1">[1]</a></sup>', "a kiln"),
        ("a kiln<sup>3</sup>", "a kiln[3]"),
        ("H<sub>2</sub>O", "H2O"),
    ],
)
def test_formulas_and_raised_numbers_stay_readable(html, text):
    assert texts(f"<p>So {html} it is.</p>") == [f"So {text} it is."]


@pytest.mark.parametrize(
    "code",
    [
        '<pre><code><span class="token comment"># one</span>\nif x:\n    y()</code></pre>',
        "<pre><div class=line># one</div><div class=line>if x:</div><div class=line>    y()</div></pre>",
        '<table><tr><td class="gutter">1<br>2<br>3</td><td><pre># one\nif x:\n    y()</pre></td></tr></table>',
        "<table><tr><td><pre>1\n2\n3</pre></td><td><pre># one\nif x:\n    y()</pre></td></tr></table>",
        "<table><tr><td data-line-number=1></td><td># one</td></tr><tr><td data-line-number=2></td><td>if x:</td></tr>"
        "<tr><td data-line-number=3></td><td>    y()</td></tr></table>",
        "<table><tr><td class=gutter>1 2 3</td><td><div># one</div><div>if x:</div>"
        "<div>&nbsp;&nbsp;&nbsp; y()</div></td></tr></table>",
        "<p><code># one<br>if x:<br>&nbsp;&nbsp;&nbsp;&nbsp;y()</code></p>",
    ],
)
def test_code_keeps_its_lines_remarks_and_indentation(code):
    assert texts(f"<h2>Loop</h2>{code}") == ["Loop\n# one\nif x:\n    y()"]


def test_navigation_words_match_whole_headers():
    for header in (
        "Related articles",
        "Comments",
        "12 Comments",
        "More from the guild",
        "Latest news",
        "References",
        "Selected Publications",
    ):
        assert is_navigation(header), header
    for header in (
        "Related species",
        "Comments in Python",
        "Recommended dosage",
        "More exact kilns",
        "Search trees",
        "Popular music",
        "Advertising in the 1920s",
        "Footer styles",
    ):
        assert not is_navigation(header), header
    assert not is_navigation("related to from by and " * 8)


def test_an_acronym_is_no_shouting():
    assert capitals("HIV/AIDS") == capitals("SQL") == capitals("X") == 0
    assert capitals("GREAT POTS") == 1


def test_a_copyright_line_counts_once():
    assert promotion(f"{ONE}\n© 2020 The guild. All rights reserved.") == 1
    assert promotion("Buy now. Click here.") == 2
    assert promotion("The terms of service say so. Who reads the terms of service?") == 1


def test_later_pieces_say_so_and_can_be_left_out():
    html = f"<h1>Pots</h1><h2>Firing</h2>{''.join(f'<p>{ONE} Fire {i}.</p>' for i in range(8))}"
    pieces = corpus.segment(page(html), min_chars=100, max_chars=400)
    assert [found.piece for found in pieces] == list(range(len(pieces)))
    assert {found.header_path for found in pieces} == {("Pots", "Firing")}
    rules = [rejected_by(found, Filters(min_chars=1, later_pieces=False, disabled=("repetition",))) for found in pieces]
    assert rules == [None] + ["later_piece"] * (len(pieces) - 1)


def test_markdown_is_read_with_its_headers(tmp_path):
    (tmp_path / "pots.md").write_text(f"# Pots\n\n{ONE}\n\nGlaze\n-----\n{TWO}\n\n```\n# no header\n\nx = 1\n```\n")
    found = corpus.build([tmp_path], Filters(min_chars=1, max_chars=200, languages=(), disabled=("symbols",)))
    assert list(found.segments.header_path) == ["Pots", "Pots > Glaze"]
    assert found.segments.text.iloc[1].endswith("```\n# no header\n\nx = 1\n```")


def test_a_token_of_inline_code_is_code_whatever_its_class():
    html = "<p>Write <code>x <span class='token comment'># why</span></code> beside it.</p>"
    assert texts(html) == ["Write x # why beside it."]


CARDS = "".join(f"<div class=card><a href=/{i}><h3>The {i}th story of the valley</h3></a></div>" for i in range(4))


def test_headlines_of_other_stories_are_no_text_of_this_one():
    html = f"<article><h1>Pots</h1><p>{ONE}</p><div class=row>{CARDS}</div><p>{TWO}</p></article>"
    assert f"Pots\n{ONE}\n\n{TWO}" in texts(html)
    single = "<div class=embedded><ul><li><h3><a href=/s>The last weaver of the valley</a></h3></ul></div>"
    assert texts(f"<h1>Pots</h1><div><p>{ONE}</p>{single}<p>{TWO}</p></div>")[0] == f"Pots\n{ONE}\n\n{TWO}"
    more = "<h4>More:</h4><ul><li><h4><a href=/a>A kiln is sold</a></h4></ul><ul><li><h4><a href=/b>A glaze</a></h4></ul>"
    assert texts(f"<h1>Pots</h1><div><p>{ONE}</p>{more}<p>{TWO}</p></div>")[0] == f"Pots\n{ONE}\n\n{TWO}"


def test_headers_with_nothing_under_them_at_the_end_are_segments_of_their_own():
    found = texts(f"<h1>Pots</h1><p>{ONE}</p><h2>Glaze</h2><p>{TWO}</p><h2>Our latest work</h2><h2>Clay</h2>")
    assert found == [f"Pots\n{ONE}\n\nGlaze\n{TWO}", "Clay", "Our latest work"]
    assert texts(f"<h1>Pots</h1><h2>Glaze</h2><h2>Clay</h2><p>{ONE}</p>") == [f"Pots\nGlaze\n\nClay\n{ONE}"]


@pytest.mark.parametrize("name", ["articlePromo", "PromoSmall-title", "most-popular", "siteFooter"])
def test_words_of_a_class_in_camel_case_are_words(name):
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><div class={name}><p>A short tale of a weaver.</p></div>") == [f"Pots\n{ONE}"]
    assert ONE in texts(f"<h1>Pots</h1><div class='formula mathMenu_Attached_0'>{ONE}</div>")[0]


@pytest.mark.parametrize("name", ["popularCulture", "adTech", "socialScience", "relatedWork"])
def test_a_topic_in_a_class_or_id_is_no_furniture(name):
    for attribute in ("class", "id"):
        assert ONE in texts(f"<h1>Pots</h1><p>{TWO}</p><section {attribute}={name}><h2>Clay</h2><p>{ONE}</p></section>")[0]


@pytest.mark.parametrize(
    "said",
    [
        "First published in 1813, the novel is about five sisters and their mother.",
        "Copyright in a photograph belongs to the person who took it.",
        "An error occurred when I ran the installer on Windows. How do I fix it?",
        "Subscribe to the topic before the first message is sent.",
        "Follow these steps to add a button of Facebook to the page.",
        "Get the list of unread messages in the inbox with one call.",
        "Image: the name of the image that the container is made of.",
        "The app requires JavaScript. It loads in a second.",
        "Born 3 December 1895, Vienna",
    ],
)
def test_a_sentence_that_sounds_like_a_notice_and_says_something_stays(said):
    assert said in texts(f"<h1>Pots</h1><p>{said}</p><p>{ONE}</p>")[0]
    assert said in texts(f"<h1>Pots</h1><p>{ONE}</p><p>{said}</p><p>{TWO}</p>")[0]


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("<pre><code>Git Pull Origin</code></pre>", "Git Pull Origin"),
        ("<p>2 eggs</p><p>1 cup milk</p>", "milk"),
        ("<p>42</p>", "42"),
    ],
)
def test_code_and_amounts_at_the_end_of_a_text_stay(end, last):
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><p>Then there is this.</p>{end}")[0].endswith(last)


def test_answers_below_a_question_are_no_comments():
    for name in ("replies", "'comments answers'"):
        answers = f"<div class={name}><article><p>{TWO}</p></article></div>"
        assert TWO in "".join(texts(f"<h1>Pots</h1><p>{ONE}</p>{answers}"))


@pytest.mark.parametrize(
    "debris",
    [
        "Advert",
        "Text size",
        "Loading content ...",
        "Replay",
        "‹ › ×",
        "Related topics",
        "(Image: © A. Potter)",
        "Photo: Ada Potter, AP",
        "Follow me on Twitter or LinkedIn. See what I do.",
        "Sign up for our newsletter.",
        "Get the latest updates right in your inbox. It is free.",
        "Subscribe to our channel and never miss a kiln.",
        "Copyright © 2019 The Guild. All rights reserved.",
        "This article was originally published by the Guild.",
        "We noticed that you're using an ad blocker.",
    ],
)
def test_labels_credits_and_notices_are_no_text(debris):
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><p>{debris}</p><p>{TWO}</p>") == [f"Pots\n{ONE}\n\n{TWO}"]


@pytest.mark.parametrize(
    "said",
    [
        "Get the clay from a pit, and let it dry.",
        "Follow the edge of the bowl with your thumb.",
        "Photos show the bowl from all sides.",
        "Picture: The Bowl<br>Artist: A. Potter<br>Year: 1910",
        "The newsletter of the guild was printed in 1902.",
        "Register your kiln with the town.",
        "* * *",
        "Copies were sold all over the valley.",
        "}",
    ],
)
def test_short_paragraphs_that_say_something_stay(said):
    assert said.split("<br>")[0] in texts(f"<h1>Pots</h1><p>{ONE}</p><p>{said}</p><p>{TWO}</p>")[0]


@pytest.mark.parametrize(
    "stamp",
    [
        "Ada Potter - Nov 19, 2019, 8:15 pm CST",
        "By Ada Potter - 11/19/19 06:56 AM EST",
        "Updated 1:39 am EST, Wednesday, November 20, 2019",
        "PUBLISHED: 10:48, Tue, Nov 19, 2019 | UPDATED: 11:05, Tue, Nov 19, 2019",
        "November 20, 2019 / 1:07 AM / The Guild",
    ],
)
def test_a_line_of_dates_and_names_above_the_text_is_a_dateline(stamp):
    assert texts(f"<h1>Pots</h1><p>{stamp}</p><p>{ONE}</p>") == [f"Pots\n{ONE}"]
    assert texts(f"<h1>Pots</h1><p>How a bowl is made</p><p>Ada Potter</p><p>{stamp}</p><p>{ONE}</p>") == [
        f"Pots\nHow a bowl is made\n\n{ONE}"
    ]
    assert stamp in texts(f"<h1>Pots</h1><p>{ONE} {TWO}</p><p>{stamp}</p><p>{TWO}</p>")[0]


def test_a_line_that_says_what_happened_on_a_day_is_text():
    for line in ("On 3 March 2021 the kiln was lit", "Opened on 3 March 2021 by the guild of potters", "Born in 1902"):
        assert line in texts(f"<h1>Pots</h1><p>{line}</p><p>{ONE}</p>")[0]


def test_short_lines_below_the_last_paragraph_are_no_text():
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><p>More great tales of clay</p><p>Data also provided by</p>") == [f"Pots\n{ONE}"]
    for kept in ("Stir: 3 times a day", "f(x) = 2x", "That is all.", "“Dry it!”"):
        assert texts(f"<h1>Pots</h1><p>{ONE}</p><p>{kept}</p>") == [f"Pots\n{ONE}\n\n{kept}"]
    assert texts(f"<h1>Pots</h1><p>{ONE} Say this:</p><p>Shut the vent</p>") == [f"Pots\n{ONE} Say this:\n\nShut the vent"]
    assert texts("<h1>Pots</h1><p>Clay</p><p>Glaze</p>") == ["Pots\nClay\n\nGlaze"]


@pytest.mark.parametrize("sign", ["Story continues below gallery", "(16 Videos)", "Must watch", "12 photos"])
def test_a_header_that_is_a_sign_heads_nothing(sign):
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><h2>{sign}</h2><p>{TWO}</p>") == [f"Pots\n{ONE}\n\n{TWO}"]
    assert texts("<h1>Pots</h1><h2>16 ways to dry a bowl</h2>" + ONE) == [f"Pots\n16 ways to dry a bowl\n{ONE}"]


def test_a_small_linked_header_above_the_text_names_the_part_of_the_site():
    topic = "<div><h6><a href=/crafts>Crafts</a></h6><ul><li>Ada</li></ul></div>"
    assert texts(f"<h1>Pots</h1>{topic}<p>{ONE}</p>")[0].startswith("Pots\n- Ada\n\n")
    steps = "".join(f"<h4><a href=/{word}>{word}</a></h4><p>{TWO}</p>" for word in ("Wedge", "Throw"))
    assert texts(f"<h1>Pots</h1>{steps}") == [f"Pots\nWedge\n{TWO}\n\nThrow\n{TWO}"]


def test_comments_are_comments_although_each_is_an_article():
    thread = f"<article class=reply><p>{TWO}</p></article><article class=reply><p>{THREE}</p></article>"
    assert texts(f"<h1>Pots</h1><p>{ONE}</p><section class=comments>{thread}</section>") == [f"Pots\n{ONE}"]
    whole = f"<div class=comments><article><p>{ONE}</p><p>{TWO}</p></article></div>"
    assert texts(whole) == [f"{ONE}\n\n{TWO}"], "an article with nothing before it is the page's own"


def test_a_last_part_of_short_lines_alone_is_a_segment_of_its_own():
    html = f"<h1>Pots</h1><p>{ONE}</p><h2>Our staff</h2><p>Editor</p><p>Senior potter</p>"
    assert texts(html) == [f"Pots\n{ONE}", "Our staff\nEditor\n\nSenior potter"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("It costs <del>100</del><ins>80</ins> lire.", "It costs 80 lire."),
        ("It costs<s>100</s>80 lire, or <strike>no</strike> more.", "It costs 80 lire, or more."),
        ("<del>Gone.</del> It is <b>here</b>.", "It is here."),
        ("A pot<del> of iron</del>, then (<s>two</s>) more.", "A pot, then () more."),
    ],
)
def test_struck_out_text_is_left_out_and_fuses_nothing(html, text):
    assert texts(f"<h1>Pots</h1><p>{html}</p><del><p>{ONE}</p></del><p>{TWO}</p>") == [f"Pots\n{text}\n\n{TWO}"]


def test_code_keeps_what_is_struck_out_in_it():
    assert texts("<h1>Pots</h1><pre>fire()\n<del>  cool()</del>\nopen()</pre>") == ["Pots\nfire()\n  cool()\nopen()"]


@pytest.mark.parametrize(
    ("start", "items", "numbers"),
    [
        ("<ol>", ("", "", ""), (1, 2, 3)),
        ("<ol start=5>", ("", "", ""), (5, 6, 7)),
        ("<ol start=-1>", ("", "", ""), (-1, 0, 1)),
        ("<ol start=x>", ("", "", ""), (1, 2, 3)),
        ("<ol reversed>", ("", "", ""), (3, 2, 1)),
        ("<ol reversed start=9>", ("", "", ""), (9, 8, 7)),
        ("<ol>", ("", " value=7", ""), (1, 7, 8)),
        ("<ol reversed>", ("", " value=7", " value"), (3, 7, 6)),
    ],
)
def test_a_list_is_numbered_as_a_browser_does(start, items, numbers):
    html = start + "".join(f"<li{item}>Fire it.<ul><li>Well.</ul></li>" for item in items) + "</ol>"
    assert texts(f"<h1>Pots</h1>{html}") == ["Pots\n" + "\n".join(f"{number}. Fire it.\n  - Well." for number in numbers)]
