"""Writes HTML as authors do: text as paragraphs, lists, cards and tables, with navigation and adverts around it."""

import html
import random
import re
from html.entities import codepoint2name

OPTIONAL_END = {"p", "li", "td", "th", "tr", "dt", "dd"}
"""Elements whose end tag HTML lets an author leave out."""


class Markup:
    """Writes HTML with the habits of one random author: some write tags in capitals, some leave end tags out."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.capitals = rng.random() < 0.08
        self.unclosed = rng.random() < 0.12
        self.names_entities = rng.random() < 0.4
        self.quotes = rng.random() < 0.5
        self.cards_as = rng.choice(["dl", "dl", "p"])

    def text(self, text: str) -> str:
        """Text with every special character escaped. Some authors write accented letters as entities."""
        escaped = html.escape(text, quote=self.quotes)
        if self.names_entities and not escaped.isascii():
            return "".join(
                f"&{codepoint2name[ord(c)]};" if not c.isascii() and ord(c) in codepoint2name else c for c in escaped
            )
        return escaped

    def tag(self, name: str, content: str, attributes: str = "") -> str:
        """An element around content that is already HTML."""
        end = "" if self.unclosed and name in OPTIONAL_END else f"</{name}>"
        start = f"<{name}{attributes and ' '}"
        return f"{start.upper()}{attributes}>{content}{end.upper()}" if self.capitals else f"{start}{attributes}>{content}{end}"

    def block(self, block: str, *, links: bool = False) -> str:
        """One block of the text format as a paragraph, list, card or table."""
        lines = [" ".join(line.split()) for line in block.split("\n")]
        if all(line.startswith("- ") for line in lines):
            items = [self.text(line[2:]) for line in lines]
            return self.rows("ul", "li", [self.tag("a", item, 'href="#"') for item in items] if links else items)
        if all(line.startswith(f"{place}. ") for place, line in enumerate(lines, 1)):
            return self.rows("ol", "li", [self.text(line.split(" ", 1)[1]) for line in lines])
        if len(lines) > 1 and all(" | " in line for line in lines[:2]):
            return self.rows("table", "tr", [self.cells(line, "td" if place else "th") for place, line in enumerate(lines)])
        if self.cards_as == "dl" and len(lines) > 1 and all(re.match(r"[^:|]{1,40}: \S", line) for line in lines):
            entries = [map(self.text, line.split(": ", 1)) for line in lines]
            return self.tag("dl", "\n".join(self.tag("dt", key) + self.tag("dd", value) for key, value in entries))
        return self.tag("p", "<br>\n".join(map(self.inline, lines)))

    def rows(self, outer: str, inner: str, contents: list[str]) -> str:
        """A list or table: each content in an element of its own."""
        return self.tag(outer, "\n" + "\n".join(self.tag(inner, content) for content in contents) + "\n")

    def cells(self, line: str, name: str) -> str:
        """The cells of a table row "a | b"."""
        return "".join(self.tag(name, self.text(cell)) for cell in line.split(" | "))

    def inline(self, line: str) -> str:
        """A line of a paragraph. In a longer line one word may be a link or be emphasised."""
        words = [self.text(word) for word in line.split(" ")]
        if len(words) > 9 and self.rng.random() < 0.3:
            place = self.rng.randrange(len(words))
            name, attributes = self.rng.choice([("b", ""), ("em", ""), ("span", 'class="w"'), ("a", 'href="/w"')])
            words[place] = self.tag(name, words[place], attributes)
        return " ".join(words)


def advert(m: Markup) -> str:
    """An advert, in an element marked as one."""
    return m.tag(
        *m.rng.choice(
            [
                ("aside", "Sponsored: holidays by the sea", 'class="ad"'),
                ("div", "Advert: new shoes, 20% off!", 'class="ad"'),
            ]
        )
    )


def section(m: Markup, title: str, body: str, level: str, *, links: bool = False) -> str:
    """A header and its blocks. Some sections have an element of their own, and some have an advert among the blocks."""
    blocks = [m.block(block, links=links) for block in body.split("\n\n") if block.strip()]
    if m.rng.random() < 0.04:
        blocks.insert(m.rng.randint(0, len(blocks)), advert(m))
    content = "\n".join([m.tag(level, m.text(title)), *blocks])
    return m.tag(m.rng.choice(["section", "div"]), f"\n{content}\n") if m.rng.random() < 0.4 else content


def _before(m: Markup, site: str) -> str:
    """The HTML above the content: masthead, navigation and sometimes a cookie notice."""
    menu = "".join(
        m.tag("li", m.tag("a", name, f'href="/{name.lower()}"')) for name in ("Home", "Topics", "Archive", "Contact")
    )
    bar = m.tag("nav", m.tag("ul", menu), 'class="site-nav"')
    logo = m.tag("div", m.tag("a", m.text(site), 'href="/"'), 'class="masthead"')
    cookies = m.tag(
        "div",
        m.tag("p", "We use cookies to improve your visit. ") + m.tag("button", "Accept all"),
        'id="cookie-notice"',
    )
    return "\n".join(part for part in (logo, bar, cookies if m.rng.random() < 0.5 else "") if part)


def _after(m: Markup, site: str) -> str:
    """The HTML below the content: footer, script, and sometimes a newsletter form, comments, hidden text or an advert."""
    form = m.tag(
        "form",
        '<input type="email" name="mail"><button>Subscribe to our newsletter</button>',
        'action="/news" method="post"',
    )
    said = m.rng.sample(["Nice page!", "First!", "Is this still up to date?", "Thanks, this helped my homework."], 2)
    comments = m.tag("section", m.tag("h3", "2 comments") + "".join(m.tag("p", text) for text in said), 'id="comments"')
    hidden = m.tag("div", "Loading the next page, please wait", 'style="display: none"')
    footer = m.tag("footer", m.tag("p", f"&copy; 2024 {m.text(site)} &middot; Privacy &middot; Imprint"))
    parts = [part for part in (form, comments, hidden, advert(m)) if m.rng.random() < 0.5]
    return "\n".join([*parts, footer, m.tag("script", "window.dataLayer = [{a: '<h2>no</h2>'}];")])


def document(m: Markup, main: str, *, title: str, site: str, language: str) -> str:
    """A whole page with its content. Some authors leave out the last end tags."""
    head = m.tag("title", m.text(f"{title} - {site}")) + '\n<meta name="viewport" content="width=device-width">'
    head += "\n" + m.tag("style", "h2 { margin: 1em 0 } .ad > p { color: red }")
    body = "\n".join([_before(m, site), main, _after(m, site)])
    ending = "\n</body></html>" if m.rng.random() < 0.9 else ""
    return f'<!DOCTYPE html>\n<html lang="{language}"><head>{head}</head>\n<body>\n{body}{ending}\n'
