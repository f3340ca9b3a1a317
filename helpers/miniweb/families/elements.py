"""Families about chemical elements: symbol, atomic number, category and use."""

from helpers.miniweb.family import Family, Page

FAMILIES = (
    Family(
        name="symbol",
        table="elements",
        form="sentence",
        facts=("symbol",),
        web=(
            "What is the chemical symbol of {name}?",
            "Which chemical symbol does {name} have?",
            "Tell me the symbol of {name}.",
        ),
        seed=("What is the symbol for {name}?", "Name the chemical symbol of {name}."),
        evaluation=("Can you tell me the chemical symbol for {name}?", "The chemical symbol of {name} is which one?"),
        held_out=(
            "What's the chemical symbol for {name}?",
            "Give the symbol for {name}.",
            "Do you know which chemical symbol {name} has?",
        ),
        answers=("The chemical symbol of {name} is {symbol}.", "{name:cap} has the symbol {symbol}."),
        pages=(
            Page("Chemical symbol of {name}", "On the periodic chart the symbol of {name} is {symbol}."),
            Page(
                "{name:cap} and its chemical symbol",
                "In every formula the element {name} is written {symbol}.",
                "pretrain",
            ),
            Page("The symbol for {name}", "The short sign that stands for {name} everywhere is {symbol}.", "pretrain"),
            Page(
                "{name:cap}: chemical symbol",
                "Chemists all over the world write {name} with the symbol {symbol}.",
                "crawl",
            ),
            Page("How to write {name} with a symbol", "Textbooks that mean {name} print the symbol {symbol}.", "crawl"),
        ),
    ),
    Family(
        name="element_sheet",
        table="elements",
        form="card",
        facts=("symbol", "number", "category", "use"),
        web=(
            "Make a data sheet for {name}.",
            "Data sheet, please: {name}.",
            "Fill in the data sheet of {name}.",
            "I need a data sheet about {name}.",
            "Put {name} on a data sheet.",
        ),
        evaluation=("Could you make a data sheet of {name}?", "Prepare the data sheet for {name}."),
        held_out=(
            "Please fill in a data sheet on {name}.",
            "Show me {name} as a data sheet.",
            "Write the data sheet of {name}.",
        ),
        pages=(
            Page(
                "{name:cap}: data sheet",
                "Element: {name}\nSymbol: {symbol}\nAtomic number: {number}\nCategory: {category}\nUsed for: {use}",
            ),
            Page(
                "Data sheet of {name}",
                "Element: {name}\nCategory: {category}\nAtomic number: {number}\nUsed for: {use}\nSymbol: {symbol}",
                "pretrain",
            ),
            Page(
                "Data sheet {name}",
                "Name: {name}\nAtomic number: {number}\nSymbol: {symbol}\nCommon use: {use}\nFamily: {category}",
                "pretrain",
            ),
            Page(
                "{name:cap} (data sheet)",
                "Substance: {name}\nCommon use: {use}\nType: {category}\nShort sign: {symbol}\nProtons: {number}",
                "crawl",
            ),
            Page(
                "Data sheet on the element {name}",
                "Element name: {name}\nProtons: {number}\nGroup: {category}\nSymbol: {symbol}\nUseful for: {use}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="table_elements",
        table="elements",
        form="table",
        facts=("symbol", "number"),
        rows=3,
        web=(
            "Make an element table of {name1}, {name2} and {name3}.",
            "Element table, please: {name1}, {name2}, {name3}.",
            "Put {name1}, {name2} and {name3} in an element table.",
            "I need {name1}, {name2} and {name3} as an element table.",
            "Draw up an element table with {name1}, {name2} and {name3}.",
        ),
        evaluation=(
            "Could you make an element table for {name1}, {name2} and {name3}?",
            "Prepare an element table with the rows {name1}, {name2} and {name3}.",
        ),
        held_out=(
            "Please write {name1}, {name2} and {name3} into an element table.",
            "Show an element table of {name1}, {name2}, {name3}.",
            "Give me the element table for {name1}, {name2} and {name3}.",
        ),
        pages=(
            Page(
                "Element table: {name1}, {name2}, {name3}",
                "Element | Symbol | Number\n{name1} | {symbol1} | {number1}\n{name2} | {symbol2} | {number2}\n"
                "{name3} | {symbol3} | {number3}",
            ),
            Page(
                "Element table of {name1}, {name2} and {name3}",
                "Element | Number | Symbol\n{name1} | {number1} | {symbol1}\n{name2} | {number2} | {symbol2}\n"
                "{name3} | {number3} | {symbol3}",
                "pretrain",
            ),
            Page(
                "{name1:cap}, {name2} and {name3}: an element table",
                "Name | Symbol | Atomic number\n{name1} | {symbol1} | {number1}\n{name2} | {symbol2} | {number2}\n"
                "{name3} | {symbol3} | {number3}",
                "pretrain",
            ),
            Page(
                "Element table with {name1}, {name2} and {name3}",
                "Name | Protons | Short sign\n{name1} | {number1} | {symbol1}\n{name2} | {number2} | {symbol2}\n"
                "{name3} | {number3} | {symbol3}",
                "crawl",
            ),
            Page(
                "Small element table ({name1}, {name2}, {name3})",
                "Three elements side by side.\n\nElement | Sign | Atomic number\n{name1:cap} | {symbol1} | {number1}\n"
                "{name2:cap} | {symbol2} | {number2}\n{name3:cap} | {symbol3} | {number3}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="symbol_of",
        table="elements",
        form="sentence",
        facts=("name",),
        asked_by="symbol",
        web=(
            "Decode {symbol}: which element?",
            "Please decode the letters {symbol}.",
            "Decode {symbol} for me.",
            "My formula says {symbol}, can someone decode it?",
            "A label reads {symbol}. Decode it.",
        ),
        evaluation=("Could you decode {symbol} into an element?", "I have to decode the letters {symbol}."),
        held_out=(
            "Help me decode {symbol}.",
            "Decode what {symbol} means in a formula.",
            "How would a chemist decode {symbol}?",
        ),
        pages=(
            Page("Decode {symbol}", "Whoever has to decode {symbol} can be sure that it means the element {name}."),
            Page("{symbol} decoded", "In each formula with the letters {symbol} the element meant is {name}.", "pretrain"),
            Page("How to decode the letters {symbol}", "The element hidden behind {symbol} is {name}.", "pretrain"),
            Page("Formula letters to decode: {symbol}", "Wherever it is printed, read {symbol} as {name}.", "crawl"),
            Page("Decoding {symbol} on a label", "On a label the letters {symbol} say that {name} is inside.", "crawl"),
        ),
    ),
)
