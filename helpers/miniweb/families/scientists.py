"""Families about scientists: field, country, year of birth and what each is known for."""

from helpers.miniweb.family import Family, Page

FAMILIES = (
    Family(
        name="scientist_field",
        table="scientists",
        form="sentence",
        facts=("field",),
        web=(
            "Which field of science did {name} work in?",
            "What is the scientific field of {name}?",
            "Tell me the field of science of {name}.",
        ),
        seed=("What was the field of science of {name}?", "Name the scientific field of {name}."),
        evaluation=(
            "Can you tell me which field of science {name} worked in?",
            "{name} worked in which scientific field?",
        ),
        held_out=(
            "What's the scientific field of {name}?",
            "Give the field of science that {name} worked in.",
            "Do you know the scientific field of {name}?",
        ),
        answers=("{name} worked in {field}.", "The field of {name} is {field}."),
        pages=(
            Page("Scientific field of {name}", "The field of science that {name} worked in is {field}."),
            Page("{name} and a field of science", "The life of {name} was devoted to {field}.", "pretrain"),
            Page("Field of science: {name}", "Ask what {name} studied and you will hear of {field}.", "pretrain"),
            Page("{name} (scientific field)", "The name {name} is a great one in {field}.", "crawl"),
            Page("In which field of science was {name}?", "Much of the fame of {name} comes from {field}.", "crawl"),
        ),
    ),
    Family(
        name="scientist_bio",
        table="scientists",
        form="description",
        facts=("field", "country", "known_for", "born"),
        web=(
            "Write a short biography of {name}.",
            "Short biography wanted: {name}.",
            "I would like to read a short biography about {name}.",
            "Sum up the life of {name} in a short biography.",
            "A short biography of {name}, please.",
        ),
        evaluation=(
            "Could you write a short biography about {name}?",
            "Put the life of {name} into a short biography.",
        ),
        held_out=(
            "Compose a short biography of {name}.",
            "Please sum up {name} as a short biography.",
            "Can I have a short biography on {name}?",
        ),
        pages=(
            Page(
                "{name}: a short biography",
                "{name} came from {country} and was born in {born}. The field was {field}. "
                "The world remembers {name} for {known_for}.",
            ),
            Page(
                "Short biography of {name}",
                "{name} was born in {born}. {country} was home and {field} was the field. "
                "The best known work is on {known_for}.",
                "pretrain",
            ),
            Page(
                "The life of {name}, a short biography",
                "Known for {known_for}, {name} worked in {field}. The life began in {born} in {country}.",
                "pretrain",
            ),
            Page(
                "{name} (short biography)",
                "Born in {born}, {name} chose {field}. The great subject became {known_for}. The country is {country}.",
                "crawl",
            ),
            Page(
                "Short biography: who was {name}?",
                "{country} gave the world {name}. Fame came with {known_for}. "
                "The year of birth was {born} and the field {field}.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="scientist_card",
        table="scientists",
        form="card",
        facts=("field", "country", "known_for", "born"),
        web=(
            "Make an index card for {name}.",
            "Index card, please: {name}.",
            "Fill in the index card of {name}.",
            "I need an index card about {name}.",
            "Put {name} on an index card.",
        ),
        evaluation=("Could you make an index card of {name}?", "Prepare the index card for {name}."),
        held_out=(
            "Please fill in an index card on {name}.",
            "Show me {name} as an index card.",
            "Write the index card of {name}.",
        ),
        pages=(
            Page(
                "{name}: index card",
                "Scientist: {name}\nField: {field}\nCountry: {country}\nKnown for: {known_for}\nBorn: {born}",
            ),
            Page(
                "Index card for {name}",
                "Scientist: {name}\nBorn: {born}\nCountry: {country}\nField: {field}\nKnown for: {known_for}",
                "pretrain",
            ),
            Page(
                "Index card {name}",
                "Name: {name}\nKnown for: {known_for}\nField: {field}\nYear of birth: {born}\nFrom: {country}",
                "pretrain",
            ),
            Page(
                "{name} (index card)",
                "Person: {name}\nFrom: {country}\nSubject: {field}\nYear of birth: {born}\nFamous work: {known_for}",
                "crawl",
            ),
            Page(
                "{name} on an index card",
                "Full name: {name}\nFamous for: {known_for}\nBorn: {born}\nScience: {field}\nHome country: {country}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="discoverer",
        table="scientists",
        form="sentence",
        facts=("name",),
        asked_by="known_for",
        web=(
            "Who gets the credit for {known_for}?",
            "Give credit where it is due: {known_for}.",
            "Credit for {known_for} goes to whom?",
            "I wonder whom to credit with {known_for}.",
            "Whom do historians credit with {known_for}?",
        ),
        evaluation=("Who should get credit for {known_for}?", "To whom does the credit for {known_for} go?"),
        held_out=(
            "Whom would you credit with {known_for}?",
            "Please say who has the credit for {known_for}.",
            "The credit for {known_for} belongs to which person?",
        ),
        pages=(
            Page("Credit for {known_for}", "When people speak of {known_for}, the credit goes to {name}."),
            Page("{known_for:cap}: who gets the credit", "For {known_for} historians credit {name}.", "pretrain"),
            Page("The credit for {known_for}", "Famous above all for {known_for} is {name}.", "pretrain"),
            Page("Giving credit for {known_for}", "Textbooks on {known_for} owe thanks to {name}.", "crawl"),
            Page("Who has the credit for {known_for}?", "The person behind {known_for} was {name}.", "crawl"),
        ),
    ),
)
