"""Families about famous paintings and about the gods of old myths."""

from helpers.miniweb.family import Family, Page, Verdict

PAINTER = Family(
    name="painter",
    table="paintings",
    form="sentence",
    facts=("artist",),
    web=("Who painted {name}?", "Who is the painter of {name}?", "Name the painter of {name}."),
    seed=("Tell me who painted {name}.", "Which painter made {name}?"),
    evaluation=("Can you tell me the painter of {name}?", "By which painter is {name}?"),
    held_out=(
        "What is the name of the painter of {name}?",
        "Give the painter of {name}.",
        "Do you know who painted {name}?",
    ),
    answers=("{name} was painted by {artist}.", "The painter of {name} is {artist}."),
    pages=(
        Page("Painter of {name}", "The painter who made the picture {name} is {artist}."),
        Page("{name}: the painter", "{artist} is known as the painter of the picture {name}.", "pretrain"),
        Page("Painters: {name}", "The picture {name} was painted by the painter {artist}.", "pretrain"),
        Page("Who painted {name}", "It was {artist} who painted {name} and signed as its painter.", "crawl"),
        Page("{name} and its painter", "{artist} painted {name}; no other painter had a hand in it.", "crawl"),
    ),
)

MUSEUM_LABEL = Family(
    name="museum_label",
    table="paintings",
    form="card",
    facts=("artist", "year", "museum"),
    web=(
        "Write the museum label for {name}.",
        "Make a museum label for the picture {name}.",
        "Museum label, please: {name}.",
        "I need the museum label of {name}.",
        "How does the museum label beside {name} read?",
    ),
    evaluation=("Could you draft a museum label for {name}?", "Show {name} with its museum label."),
    held_out=(
        "Please fill in the museum label of {name}.",
        "A museum label to hang next to {name} would help me.",
        "Put the data of {name} on a museum label.",
    ),
    pages=(
        Page("{name}: museum label", "Picture: {name}\nArtist: {artist}\nYear: {year}\nMuseum: {museum}"),
        Page("Museum label of {name}", "Title: {name}\nYear: {year}\nArtist: {artist}\nMuseum: {museum}", "pretrain"),
        Page(
            "Label in the museum: {name}",
            "Work: {name}\nMuseum: {museum}\nPainted by: {artist}\nPainted in: {year}",
            "pretrain",
        ),
        Page(
            "{name} (museum label)",
            "Picture title: {name}\nArtist: {artist}\nMuseum: {museum}\nDate: {year}",
            "crawl",
        ),
        Page(
            "The museum's label for {name}",
            "Title: {name}\nShown in: {museum}\nYear: {year}\nPainter: {artist}",
            "crawl",
        ),
    ),
)

PAINTING_NOTE = Family(
    name="painting_note",
    table="paintings",
    form="description",
    facts=("artist", "movement", "museum"),
    web=(
        "Write a gallery note on {name}.",
        "Describe {name} in a gallery note.",
        "Gallery note wanted: {name}.",
        "I would like to read a gallery note about {name}.",
        "What stands in the gallery note on {name}?",
    ),
    evaluation=("Compose a gallery note about {name}.", "What could a gallery note on {name} say?"),
    held_out=(
        "Sum up {name} in the style of a gallery note.",
        "A gallery note for visitors of {name}, please.",
        "Introduce {name} to a visitor by means of a gallery note.",
    ),
    pages=(
        Page(
            "{name}: gallery note",
            "{name} is a painting by {artist}. Its style is {movement}. It hangs in this museum: {museum}.",
        ),
        Page(
            "Gallery note on {name}",
            "{artist} painted {name}. The style of the picture is called {movement}. Its home is the {museum}.",
            "pretrain",
        ),
        Page(
            "Note for the gallery: {name}",
            "You can see {name} in the {museum}. The painter is {artist}. The style is {movement}.",
            "pretrain",
        ),
        Page(
            "{name} (gallery note)",
            "In style {name} belongs to {movement}. {artist} painted it. Visitors see it in the {museum}.",
            "crawl",
        ),
        Page(
            "A short gallery note: {name}",
            "Visitors of the {museum} come to see {name}. This picture by {artist} is an example of {movement}.",
            "crawl",
        ),
    ),
)

COMPARE_PAINTINGS = Family(
    name="compare_paintings",
    table="paintings",
    form="comparison",
    facts=("artist", "year"),
    rows=2,
    verdict=Verdict("age", ("older",)),
    web=(
        "{name1} or {name2}: say which painting is older.",
        "Compare the age of the paintings {name1} and {name2}.",
        "Is the painting {name1} older than {name2}?",
        "Find the older painting: {name1} or {name2}.",
        "Two paintings, {name1} and {name2}: which one is older?",
    ),
    evaluation=(
        "Compare the paintings {name1} and {name2} by age.",
        "Of the paintings {name1} and {name2}, which is the older one?",
    ),
    held_out=(
        "Say which of the paintings {name1} and {name2} is older.",
        "Compare the painting {name1} with {name2} and end with the older one.",
        "I wonder which painting is older: is it {name1}, or {name2}?",
    ),
    pages=(
        Page(
            "The older painting: {name1} or {name2}",
            "{name1} was painted by {artist1} in {year1}. {name2} was painted by {artist2} in {year2}. "
            "The older painting is {more}.",
        ),
        Page(
            "Paintings compared by age: {name1} and {name2}",
            "{name1} is by {artist1} and dates from {year1}. {name2} is by {artist2} and dates from {year2}. "
            "So {more} is older.",
            "pretrain",
        ),
        Page(
            "Which painting is older? {name1} and {name2}",
            "{name1}: {artist1}, {year1}. {name2}: {artist2}, {year2}. {more} is the older painting.",
            "pretrain",
        ),
        Page(
            "Age of two paintings: {name1} and {name2}",
            "{name1} is a work of {year1} by {artist1}. {name2} is a work of {year2} by {artist2}. Verdict: {more} is older.",
            "crawl",
        ),
        Page(
            "{name1} or {name2}: the older painting",
            "{name1} ({year1}) is by {artist1}. {name2} ({year2}) is by {artist2}. {more} is older than {less}.",
            "crawl",
        ),
    ),
)

GOD_DOMAIN = Family(
    name="god_domain",
    table="gods",
    form="sentence",
    facts=("domain",),
    web=("What is {name} the {kind} of?", "Which domain does {name} rule?", "Name the domain of {name}."),
    seed=("Tell me the domain of {name}.", "What is the domain of {name}?"),
    evaluation=("Can you tell me what {name} is the {kind} of?", "Over which domain does {name} rule?"),
    held_out=(
        "What domain belongs to {name}?",
        "Give the domain of {name}.",
        "Do you know what {name} is the {kind} of?",
    ),
    answers=("{name} is the {kind} of {domain}.", "The domain of {name} is {domain}."),
    pages=(
        Page("Domain of {name}", "The stories of old call {name} the {kind} of {domain}, a domain of power."),
        Page(
            "{name}: {kind} and domain",
            "The domain that the {kind} {name} rules in the stories is {domain}.",
            "pretrain",
        ),
        Page(
            "{name} and the domain of the {kind}",
            "Long ago people prayed to {name} as the {kind} of {domain}.",
            "pretrain",
        ),
        Page("What {name} is the {kind} of", "People of old worshipped {name} as the {kind} of {domain}.", "crawl"),
        Page("Which domain {name} rules", "The {kind} {name} rules over one domain, which is {domain}.", "crawl"),
    ),
)

MYTH_ENTRY = Family(
    name="myth_entry",
    table="gods",
    form="description",
    facts=("pantheon", "domain", "symbol"),
    web=(
        "Write a lexicon entry on {name}.",
        "Describe {name} in a lexicon entry.",
        "How does the lexicon entry {name} read?",
        "Lexicon entry wanted: {name}.",
        "I would like to read a lexicon entry about {name}.",
    ),
    evaluation=("Compose a lexicon entry about {name}.", "What could a lexicon entry on {name} say?"),
    held_out=(
        "Sum up {name} in the style of a lexicon entry.",
        "A lexicon entry for {name}, please.",
        "Explain {name} to a reader by means of a lexicon entry.",
    ),
    pages=(
        Page(
            "{name}: lexicon entry",
            "{name} is {pantheon:a} {kind}. The domain of {name} is {domain}. The symbol of {name} is {symbol:a}.",
        ),
        Page(
            "Lexicon entry {name}",
            "{name} is the {pantheon} {kind} of {domain}. Pictures show {name} with {symbol:a} as a symbol.",
            "pretrain",
        ),
        Page(
            "Lexicon of myths: {name}",
            "Among the {pantheon} gods {name} rules {domain}. The symbol of this {kind} is {symbol:a}.",
            "pretrain",
        ),
        Page(
            "{name} (lexicon entry)",
            "{pantheon:A} {kind} of old myths, {name} rules {domain}. Artists add {symbol:a} as a symbol.",
            "crawl",
        ),
        Page(
            "Myth lexicon, entry {name}",
            "You know {name} by the symbol, {symbol:a}. This {kind} is {pantheon}. The domain is {domain}.",
            "crawl",
        ),
    ),
)

MYTH_CARD = Family(
    name="myth_card",
    table="gods",
    form="card",
    facts=("pantheon", "domain", "symbol"),
    web=(
        "Make a myth card for {name}.",
        "Myth card, please: {name}.",
        "Write {name} up as a myth card.",
        "I need the myth card of {name}.",
        "Fill in a myth card with the data of {name}.",
    ),
    evaluation=("Could you prepare a myth card for {name}?", "Show {name} on a myth card."),
    held_out=(
        "Please complete the myth card of {name}.",
        "A myth card about {name} would help me.",
        "Put the data of {name} on a myth card.",
    ),
    pages=(
        Page("{name}: myth card", "Name: {name}\nPantheon: {pantheon}\nDomain: {domain}\nSymbol: {symbol}"),
        Page("Myth card of {name}", "Name: {name}\nSymbol: {symbol}\nPantheon: {pantheon}\nDomain: {domain}", "pretrain"),
        Page("Card of the {kind} {name}", "Who: {name}\nDomain: {domain}\nSymbol: {symbol}\nGods: {pantheon}", "pretrain"),
        Page("{name} (myth card)", "{kind:cap}: {name}\nPantheon: {pantheon}\nSymbol: {symbol}\nRules: {domain}", "crawl"),
        Page("A myth card for {name}", "Name: {name}\nDomain: {domain}\nPantheon: {pantheon}\nSign: {symbol}", "crawl"),
    ),
)

FAMILIES = (PAINTER, MUSEUM_LABEL, PAINTING_NOTE, COMPARE_PAINTINGS, GOD_DOMAIN, MYTH_ENTRY, MYTH_CARD)
