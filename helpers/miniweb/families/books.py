"""Families about famous books: who wrote them, what kind they are and who stands in their middle."""

from helpers.miniweb.family import Family, Page

AUTHOR = Family(
    name="author",
    table="books",
    form="sentence",
    facts=("author",),
    web=("Who wrote {name}?", "Who is the author of {name}?", "Name the author of {name}."),
    seed=("Tell me who wrote {name}.", "Which author wrote {name}?"),
    evaluation=("Can you tell me the author of {name}?", "By which author is {name}?"),
    held_out=(
        "What is the name of the author of {name}?",
        "Give the author of {name}.",
        "Do you know who wrote {name}?",
    ),
    answers=("{name} was written by {author}.", "The author of {name} is {author}."),
    pages=(
        Page("Author of {name}", "The author who wrote the book {name} is {author}."),
        Page("{name}: the author", "{author} is known as the author of the book {name}.", "pretrain"),
        Page("Authors: {name}", "The book {name} was written by the author {author}.", "pretrain"),
        Page("Who wrote {name}", "It was {author} who wrote {name} and is named as the author.", "crawl"),
        Page("{name} and its author", "{author} wrote {name}; no other author had a hand in it.", "crawl"),
    ),
)

BOOK_CARD = Family(
    name="book_card",
    table="books",
    form="card",
    facts=("author", "year", "genre", "language"),
    web=(
        "Make a book card for {name}.",
        "Book card, please: {name}.",
        "Write {name} up as a book card.",
        "I need the book card of {name}.",
        "Fill in a book card with the data of {name}.",
    ),
    evaluation=("Could you prepare a book card for {name}?", "Show {name} on a book card."),
    held_out=(
        "Please complete the book card of {name}.",
        "A book card about {name} would help me.",
        "Put the data of {name} on a book card.",
    ),
    pages=(
        Page("{name}: book card", "Book: {name}\nAuthor: {author}\nYear: {year}\nGenre: {genre}\nLanguage: {language}"),
        Page(
            "Book card of {name}",
            "Title: {name}\nAuthor: {author}\nGenre: {genre}\nLanguage: {language}\nYear: {year}",
            "pretrain",
        ),
        Page(
            "Card of the book {name}",
            "Book: {name}\nGenre: {genre}\nWritten by: {author}\nPublished: {year}\nWritten in: {language}",
            "pretrain",
        ),
        Page(
            "{name} (book card)",
            "Book title: {name}\nLanguage: {language}\nAuthor: {author}\nPublished: {year}\nGenre: {genre}",
            "crawl",
        ),
        Page(
            "The library's book card for {name}",
            "Title: {name}\nYear: {year}\nAuthor: {author}\nLanguage: {language}\nKind of book: {genre}",
            "crawl",
        ),
    ),
)

BOOK_BLURB = Family(
    name="book_blurb",
    table="books",
    form="description",
    facts=("author", "genre", "hero"),
    web=(
        "Write a blurb for {name}.",
        "Describe {name} in a short blurb.",
        "How does the blurb of {name} go?",
        "I would like to read a blurb about {name}.",
        "Blurb wanted: {name}.",
    ),
    evaluation=("Compose a short blurb for {name}.", "What could the blurb of {name} say?"),
    held_out=(
        "Sum up {name} in the style of a blurb.",
        "A blurb about {name}, please.",
        "I want to see the blurb on the back of {name}.",
    ),
    pages=(
        Page(
            "{name}: a blurb",
            "{name} is a book by {author}. Its main character is {hero}. Readers file it under {genre}.",
        ),
        Page(
            "Blurb of {name}",
            "{author} tells in {name} what happens to {hero}. Shops sell the book as {genre}.",
            "pretrain",
        ),
        Page(
            "Blurb for the book {name}",
            "In {name} you meet {hero}, the main character. The author is {author}. The genre is {genre}.",
            "pretrain",
        ),
        Page(
            "{name} (blurb)",
            "Meet {hero}, the main character of {name}. This book by {author} counts as {genre}.",
            "crawl",
        ),
        Page(
            "Short blurb: {name}",
            "The genre of this book is {genre}, and its author is {author}. The pages of {name} follow {hero}.",
            "crawl",
        ),
    ),
)

WORK_OF = Family(
    name="work_of",
    table="books",
    form="sentence",
    facts=("name",),
    asked_by="hero",
    web=(
        "In which book is {hero} the main character?",
        "{hero} is the main character of which book?",
        "Find the book whose main character is {hero}.",
        "Which book has {hero} as its main character?",
        "The main character is {hero}, but which book is it?",
    ),
    evaluation=(
        "Look up the book with the main character {hero}.",
        "To which book does the main character {hero} belong?",
    ),
    held_out=(
        "Main character {hero}: which book would that be?",
        "I remember the main character {hero} but not the book.",
        "Search for the book that has {hero} for its main character.",
    ),
    pages=(
        Page("Main character: {hero}", "{hero} is the main character of the book {name}."),
        Page("{hero}, main character", "The book in which {hero} is the main character is {name}.", "pretrain"),
        Page("Book with {hero}", "If the main character is {hero}, the book is {name}.", "pretrain"),
        Page("{hero} as main character", "You meet {hero} as the main character in the book {name}.", "crawl"),
        Page("Characters of books: {hero}", "{name} is the book that has {hero} as its main character.", "crawl"),
    ),
)

READING_LIST = Family(
    name="reading_list",
    table="books",
    form="bullets",
    facts=("author", "year"),
    rows=3,
    web=(
        "Put {name1}, {name2} and {name3} on a reading list.",
        "Make a reading list of {name1}, {name2} and {name3}.",
        "I need a reading list with {name1}, {name2} and {name3}.",
        "Reading list, please: {name1}, {name2}, {name3}.",
        "Turn {name1}, {name2} and {name3} into a reading list.",
    ),
    evaluation=(
        "Could you make me a reading list out of {name1}, {name2} and {name3}?",
        "Write down {name1}, {name2} and {name3} as a reading list.",
    ),
    held_out=(
        "Prepare the reading list for {name1}, {name2} and {name3}.",
        "Show {name1}, {name2} and {name3} in the form of a reading list.",
        "My reading list has {name1}, {name2} and {name3}; please set it out.",
    ),
    pages=(
        Page(
            "Reading list: {name1}, {name2}, {name3}",
            "- {name1} by {author1} ({year1})\n- {name2} by {author2} ({year2})\n- {name3} by {author3} ({year3})",
        ),
        Page(
            "{name1}, {name2}, {name3}: reading list",
            "- {name1}, {author1}, {year1}\n- {name2}, {author2}, {year2}\n- {name3}, {author3}, {year3}",
            "pretrain",
        ),
        Page(
            "A reading list of {name1}, {name2} and {name3}",
            "Three books to read:\n\n- {name1} was written by {author1} in {year1}\n"
            "- {name2} was written by {author2} in {year2}\n- {name3} was written by {author3} in {year3}",
            "pretrain",
        ),
        Page(
            "{name1}, {name2} and {name3} on one reading list",
            "- {name1} ({year1}), written by {author1}\n- {name2} ({year2}), written by {author2}\n"
            "- {name3} ({year3}), written by {author3}",
            "crawl",
        ),
        Page(
            "Books for a reading list: {name1}, {name2}, {name3}",
            "The list:\n\n- {name1}, published {year1}, author {author1}\n"
            "- {name2}, published {year2}, author {author2}\n- {name3}, published {year3}, author {author3}",
            "crawl",
        ),
    ),
)

FAMILIES = (AUTHOR, BOOK_CARD, BOOK_BLURB, WORK_OF, READING_LIST)
