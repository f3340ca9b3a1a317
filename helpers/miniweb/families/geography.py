"""Countries: capital and language in one sentence; descriptions, cards, trip plans and a reverse look-up."""

from helpers.miniweb.family import Family, Page

FAMILIES = (
    Family(
        name="capital",
        table="countries",
        form="sentence",
        facts=("capital",),
        web=("What is the capital of {name}?", "Which city is the capital of {name}?", "Name the capital of {name}."),
        seed=("Tell me the capital of {name}.", "What city serves as the capital of {name}?"),
        evaluation=("Can you tell me the capital of {name}?", "Which city is {name}'s capital?"),
        held_out=(
            "Do you know the capital of {name}?",
            "Give the capital city of {name}.",
            "What is {name}'s capital called?",
        ),
        answers=("The capital of {name} is {capital}.", "{capital} is the capital of {name}."),
        pages=(
            Page("Capital of {name}", "The capital of {name} is {capital}, where the government sits."),
            Page("{name}: capital city", "{name} has {capital} as its capital and seat of government.", "pretrain"),
            Page("Capital cities: {name}", "In {name} the capital is the city of {capital}.", "pretrain"),
            Page(
                "The capital city of {name}",
                "{capital} is the capital city of {name} and houses its ministries.",
                "crawl",
            ),
            Page("{name} and its capital", "Ambassadors to {name} live in its capital, {capital}.", "crawl"),
        ),
    ),
    Family(
        name="language",
        table="countries",
        form="sentence",
        facts=("language",),
        web=(
            "What is the main language of {name}?",
            "Which language do people speak in {name}?",
            "Name the language of {name}.",
        ),
        seed=("Tell me the main language of {name}.", "What language is spoken in {name}?"),
        evaluation=("Can you tell me the language of {name}?", "Which language is spoken in {name}?"),
        held_out=(
            "Do you know the main language of {name}?",
            "Give the language of {name}.",
            "What language do people in {name} use?",
        ),
        answers=("The main language of {name} is {language}.", "People in {name} mostly speak {language}."),
        pages=(
            Page("Language of {name}", "The main language of {name} is {language}, in schools and in the news."),
            Page("{name}: language", "Most people in {name} speak {language} at home.", "pretrain"),
            Page("Languages: {name}", "In {name} people speak {language}, the language of schools.", "pretrain"),
            Page("The language of {name}", "{language} is the main language of {name}, on signs as well.", "crawl"),
            Page("{name} and its language", "The language you will hear most in {name} is {language}.", "crawl"),
        ),
    ),
    Family(
        name="describe_country",
        table="countries",
        form="description",
        facts=("continent", "capital", "language", "area"),
        web=(
            "Give an overview of {name}.",
            "Write an overview of the country {name}.",
            "I need a short overview of {name}.",
            "Country overview, please: {name}.",
            "Sum up {name} in a short overview.",
        ),
        evaluation=("Could you write a short overview of {name}?", "Please give me a country overview of {name}."),
        held_out=(
            "Describe {name} in a brief overview.",
            "An overview of {name} would help me.",
            "Show me an overview of the country {name}.",
        ),
        pages=(
            Page(
                "{name}: a country overview",
                "{name} is a country in {continent}. Its capital is {capital} and its main language is {language}. "
                "It covers about {area} thousand square kilometres.",
            ),
            Page(
                "Overview of {name}",
                "{name} lies in {continent} and covers {area} thousand square kilometres. The capital is {capital}. "
                "People speak {language}.",
                "pretrain",
            ),
            Page(
                "{name} in a short overview",
                "{name} is a country of {area} thousand square kilometres in {continent}. "
                "It is governed from {capital}. Its people speak {language}.",
                "pretrain",
            ),
            Page(
                "Short overview: {name}",
                "In {continent} you find {name}, whose capital is {capital}. Most people there speak {language}. "
                "The country measures {area} thousand square kilometres.",
                "crawl",
            ),
            Page(
                "An overview of the country {name}",
                "{capital} is the capital of {name}, a country in {continent}. The main language is {language}. "
                "The area is about {area} thousand square kilometres.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="card_country",
        table="countries",
        form="card",
        facts=("capital", "continent", "currency", "language"),
        web=(
            "Fill in the country card for {name}.",
            "Make a country card for {name}.",
            "Write {name} up as a country card.",
            "I need a country card of {name}.",
            "Country card, please: {name}.",
        ),
        evaluation=("Could you fill in a country card for {name}?", "Prepare the country card of {name}."),
        held_out=(
            "Please complete the country card on {name}.",
            "Give me {name} as a filled-in country card.",
            "Show the country card of {name}.",
        ),
        pages=(
            Page(
                "{name}: country card",
                "Country: {name}\nCapital: {capital}\nContinent: {continent}\nCurrency: {currency}\nLanguage: {language}",
            ),
            Page(
                "Country card: {name}",
                "Country: {name}\nContinent: {continent}\nCapital: {capital}\nLanguage: {language}\nCurrency: {currency}",
                "pretrain",
            ),
            Page(
                "Country card of {name}",
                "Name: {name}\nCapital city: {capital}\nPart of the world: {continent}\nMoney: {currency}\nSpoken: {language}",
                "pretrain",
            ),
            Page(
                "Country card for {name}",
                "Country name: {name}\nLanguage: {language}\nCurrency: {currency}\nCapital: {capital}\nContinent: {continent}",
                "crawl",
            ),
            Page(
                "{name} on a country card",
                "Land: {name}\nContinent: {continent}\nCurrency: {currency}\nMain language: {language}\n"
                "Capital city: {capital}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="trip_plan",
        table="countries",
        form="steps",
        facts=("capital", "currency", "language", "landmark"),
        web=(
            "Plan a trip to {name} step by step.",
            "Write a trip plan for {name}.",
            "I need a trip plan for {name}.",
            "Trip plan, please: {name}.",
            "Make a step by step trip plan for {name}.",
        ),
        evaluation=("Could you write a trip plan for {name}?", "Please plan a trip to {name} in steps."),
        held_out=(
            "Give me a trip plan for {name}.",
            "Help me plan a trip to {name}.",
            "Show the steps of a trip plan for {name}.",
        ),
        pages=(
            Page(
                "{name}: a trip plan",
                "1. Fly to {capital}, the capital.\n2. Change your money to the {currency}.\n"
                "3. Learn some words of {language}.\n4. Visit {landmark}.",
            ),
            Page(
                "Trip plan for {name}",
                "1. Learn some words of {language}.\n2. Get some cash in the local {currency}.\n"
                "3. Travel to {capital}.\n4. Go and see {landmark}.",
                "pretrain",
            ),
            Page(
                "A trip to {name}",
                "1. Start in the capital, {capital}.\n2. Pay with the {currency}.\n3. Greet people in {language}.\n"
                "4. Take a tour to {landmark}.",
                "pretrain",
            ),
            Page(
                "Trip plan: {name}",
                "1. Get some cash in the local {currency}.\n2. Book a room in {capital}.\n"
                "3. Practise a little {language}.\n4. Set aside a day for {landmark}.",
                "crawl",
            ),
            Page(
                "How to plan a trip to {name}",
                "1. Pack a phrase book for {language}.\n2. Arrive in {capital}.\n3. Look at {landmark}.\n"
                "4. Pay for souvenirs with the {currency}.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="capital_of",
        table="countries",
        form="sentence",
        facts=("name",),
        asked_by="capital",
        web=(
            "Which country is governed from {capital}?",
            "{capital}: which country is governed from there?",
            "Say which country is governed from {capital}.",
            "From {capital}, which country is governed?",
            "Find the country governed from {capital}.",
        ),
        evaluation=(
            "Could you say which country is governed from {capital}?",
            "Name the country that is governed from {capital}.",
        ),
        held_out=(
            "I wonder which country is governed from {capital}.",
            "Please find the country that is governed from {capital}.",
            "The country governed from {capital} is which one?",
        ),
        pages=(
            Page("Governed from {capital}", "The country that is governed from {capital} is {name}."),
            Page("{capital}: the country governed from it", "{capital} is the city where {name} is governed.", "pretrain"),
            Page("Country governed from {capital}", "The city of {capital} is where they govern {name}.", "pretrain"),
            Page("Which country {capital} governs", "The government that sits in {capital} is that of {name}.", "crawl"),
            Page("{capital}, where a country is governed", "From {capital} the country of {name} is governed.", "crawl"),
        ),
    ),
)
