"""Families about English words: opposites, definitions and the forms of irregular verbs."""

from helpers.miniweb.family import Family, Page

ANTONYM = Family(
    name="antonym",
    table="adjectives",
    form="sentence",
    facts=("antonym",),
    web=("What is the opposite of {name}?", "Which word is the opposite of {name}?", "Name the opposite of {name}."),
    seed=("Tell me the opposite of {name}.", "What word means the opposite of {name}?"),
    evaluation=("Can you tell me the opposite of {name}?", "The opposite of {name} is which word?"),
    held_out=("What's the opposite of {name}?", "Give the opposite of {name}.", "Do you know the opposite of {name}?"),
    answers=("The opposite of {name} is {antonym}.", "{antonym:cap} is the opposite of {name}."),
    pages=(
        Page("Opposite of {name}", "The English word that means the opposite of {name} is {antonym}."),
        Page("{name:cap} and its opposite", "The two words {name} and {antonym} are opposites.", "pretrain"),
        Page("Opposites: {name}", "The opposite of the word {name} is the word {antonym}.", "pretrain"),
        Page("{name:cap}: the opposite", "What is not {name} at all we call {antonym}; it is the opposite.", "crawl"),
        Page("The opposite of being {name}", "{antonym:cap} is the word for the opposite of {name}.", "crawl"),
    ),
)

DEFINE_EXAMPLE = Family(
    name="define_example",
    table="adjectives",
    form="definition",
    facts=("definition", "synonym", "noun"),
    web=(
        "Define {name} with an example.",
        "Explain the word {name} and add an example.",
        "How is {name} defined? Add an example.",
        "Definition of {name} with an example, please.",
        "I need {name} defined, with an example.",
    ),
    evaluation=("Define the word {name} and add an example.", "Explain {name} with an example."),
    held_out=(
        "Write a definition of {name} that has an example.",
        "Define {name} for me, example included.",
        "Please add an example to a definition of the word {name}.",
    ),
    pages=(
        Page(
            "{name:cap}: definition and example",
            "{name:cap} means {definition}. A similar word is {synonym}. Example: {name:a} {noun}.",
        ),
        Page(
            "Definition of {name} with an example",
            "{name:cap}: {definition}, as in {name:a} {noun}. Similar: {synonym}.",
            "pretrain",
        ),
        Page(
            "{name:cap} defined by example",
            "If something is {name} it is {definition}. For example, think of {name:a} {noun}. You can also say {synonym}.",
            "pretrain",
        ),
        Page(
            "Definition with example: {name}",
            "Definition: {definition}\nSimilar word: {synonym}\nExample: {name:a} {noun}",
            "crawl",
        ),
        Page(
            "The word {name}, its definition and an example",
            "{name:cap}, or {synonym}: {definition}. Think, for instance, of {name:a} {noun}.",
            "crawl",
        ),
    ),
)

WORD_FOR = Family(
    name="word_for",
    table="adjectives",
    form="sentence",
    facts=("name",),
    asked_by="definition",
    web=(
        'Put "{definition}" into one adjective.',
        'Find the adjective that stands for: "{definition}".',
        'I am looking for the adjective for "{definition}".',
        'Adjective wanted: "{definition}".',
        'What adjective would you use for "{definition}"?',
    ),
    evaluation=('Look up the adjective for "{definition}".', 'Use one adjective to express "{definition}".'),
    held_out=(
        'Help me find the adjective that says "{definition}".',
        'Solve this with one adjective: "{definition}".',
        'In a crossword I need the adjective for "{definition}".',
    ),
    pages=(
        Page('Adjective for "{definition}"', 'The adjective that stands for "{definition}" is {name}.'),
        Page('"{definition}": the adjective', 'For "{definition}" the right adjective is {name}.', "pretrain"),
        Page('Find the adjective: "{definition}"', '{name:cap} is the adjective that means "{definition}".', "pretrain"),
        Page('An adjective meaning "{definition}"', 'You use the adjective {name} for "{definition}".', "crawl"),
        Page('"{definition}" as one adjective', 'One adjective stands for "{definition}", and it is {name}.', "crawl"),
    ),
)

PAST = Family(
    name="past",
    table="verbs",
    form="sentence",
    facts=("past",),
    web=(
        "What is the past tense of {name}?",
        "Which word is the past tense of {name}?",
        "Name the past tense of {name}.",
    ),
    seed=("Tell me the past tense of {name}.", "What past tense does {name} have?"),
    evaluation=("Can you tell me the past tense of {name}?", "The past tense of {name} is which word?"),
    held_out=(
        "What's the past tense of {name}?",
        "Give the past tense of {name}.",
        "Do you know the past tense of {name}?",
    ),
    answers=("The past tense of {name} is {past}.", "{past:cap} is the past tense of {name}."),
    pages=(
        Page("Past tense of {name}", "The past tense of the English verb {name} is {past}."),
        Page("{name:cap}: past tense", "In the past tense the English verb {name} turns into {past}.", "pretrain"),
        Page("{name:cap} in the past tense", "Today I {name}; yesterday, in the past tense, I {past}.", "pretrain"),
        Page("Tenses: past of {name}", "Use {past} as the past tense of the verb {name}.", "crawl"),
        Page("The verb {name} and its past tense", "Today we {name}, and in the past tense we {past}.", "crawl"),
    ),
)

VERB_FORMS = Family(
    name="verb_forms",
    table="verbs",
    form="steps",
    facts=("past", "participle", "meaning"),
    web=(
        "Number the verb forms of {name}.",
        "Go through the verb forms of {name} in order.",
        "Verb forms in steps, please: {name}.",
        "List the verb forms of {name}.",
        "How do the verb forms of {name} go, one by one?",
    ),
    evaluation=("Please number all verb forms of {name}.", "Recite the verb forms of {name} in order."),
    held_out=(
        "Take me through the verb forms of {name}.",
        "I want to learn the verb forms of {name} step by step.",
        "Write out the verb forms of {name} as numbered lines.",
    ),
    pages=(
        Page(
            "{name:cap}: verb forms",
            "1. Base form: {name}\n2. Past form: {past}\n3. Participle: {participle}\n4. Meaning: {meaning}",
        ),
        Page(
            "Verb forms of {name}",
            "1. Meaning: {meaning}\n2. Base form: {name}\n3. Past form: {past}\n4. Participle: {participle}",
            "pretrain",
        ),
        Page(
            "Forms of the verb {name}",
            "1. Say the base form {name}.\n2. Say the past form {past}.\n3. Say the participle {participle}.\n"
            "4. Remember the meaning: {meaning}.",
            "pretrain",
        ),
        Page(
            "{name:cap} (verb forms)",
            "1. Today: {name}\n2. Yesterday: {past}\n3. After have: {participle}\n4. It means: {meaning}",
            "crawl",
        ),
        Page(
            "The verb forms of {name} in order",
            "1. The base form is {name}.\n2. Its meaning is {meaning}.\n3. The past form is {past}.\n"
            "4. The participle is {participle}.",
            "crawl",
        ),
    ),
)

VERB_TABLE = Family(
    name="verb_table",
    table="verbs",
    form="table",
    facts=("past", "participle"),
    rows=3,
    web=(
        "Make a verb table of {name1}, {name2} and {name3}.",
        "Put {name1}, {name2} and {name3} in a verb table.",
        "I need a verb table with {name1}, {name2} and {name3}.",
        "Verb table, please: {name1}, {name2}, {name3}.",
        "Set up the verb table for {name1}, {name2} and {name3}.",
    ),
    evaluation=(
        "Could you make me a verb table for {name1}, {name2} and {name3}?",
        "Show {name1}, {name2} and {name3} in one verb table.",
    ),
    held_out=(
        "Please lay out a verb table of {name1}, {name2} and {name3}.",
        "Turn {name1}, {name2} and {name3} into a verb table.",
        "Fill a verb table with the words {name1}, {name2} and {name3}.",
    ),
    pages=(
        Page(
            "Verb table: {name1}, {name2}, {name3}",
            "Verb | Past | Participle\n{name1} | {past1} | {participle1}\n{name2} | {past2} | {participle2}\n"
            "{name3} | {past3} | {participle3}",
        ),
        Page(
            "{name1:cap}, {name2}, {name3}: verb table",
            "Base | Past | Perfect\n{name1} | {past1} | have {participle1}\n{name2} | {past2} | have {participle2}\n"
            "{name3} | {past3} | have {participle3}",
            "pretrain",
        ),
        Page(
            "A verb table of {name1}, {name2} and {name3}",
            "Verb | Participle | Past\n{name1} | {participle1} | {past1}\n{name2} | {participle2} | {past2}\n"
            "{name3} | {participle3} | {past3}",
            "pretrain",
        ),
        Page(
            "{name1:cap}, {name2} and {name3} in a verb table",
            "Infinitive | Simple past | Past participle\nto {name1} | {past1} | {participle1}\n"
            "to {name2} | {past2} | {participle2}\nto {name3} | {past3} | {participle3}",
            "crawl",
        ),
        Page(
            "Table of the verbs {name1}, {name2} and {name3}",
            "Three irregular verbs:\n\nVerb | Past form | Participle\n{name1} | {past1} | {participle1}\n"
            "{name2} | {past2} | {participle2}\n{name3} | {past3} | {participle3}",
            "crawl",
        ),
    ),
)

FAMILIES = (ANTONYM, DEFINE_EXAMPLE, WORD_FOR, PAST, VERB_FORMS, VERB_TABLE)
