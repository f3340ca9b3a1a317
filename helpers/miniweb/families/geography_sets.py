"""Two countries or two rivers compared, and three countries in a table."""

from helpers.miniweb.family import Family, Page, Verdict

FAMILIES = (
    Family(
        name="compare_countries",
        table="countries",
        form="comparison",
        facts=("capital", "area"),
        rows=2,
        verdict=Verdict("area", ("larger",)),
        web=(
            "Compare the countries {name1} and {name2}.",
            "Write a country comparison of {name1} and {name2}.",
            "Country comparison, please: {name1} and {name2}.",
            "I need a comparison of the countries {name1} and {name2}.",
            "Put {name1} and {name2} into a country comparison.",
        ),
        evaluation=(
            "Could you compare the countries {name1} and {name2}?",
            "Make a country comparison of {name1} with {name2}.",
        ),
        held_out=(
            "Please give me a country comparison of {name1} and {name2}.",
            "A comparison of the countries {name1} and {name2} would help.",
            "Show how the countries {name1} and {name2} compare.",
        ),
        pages=(
            Page(
                "Country comparison: {name1} and {name2}",
                "{name1} has the capital {capital1} and covers {area1} thousand square kilometres. {name2} has the "
                "capital {capital2} and covers {area2} thousand square kilometres. {more} is larger than {less}.",
            ),
            Page(
                "{name1} and {name2}: the countries compared",
                "{name1}: capital {capital1}, {area1} thousand square kilometres. {name2}: capital {capital2}, {area2} "
                "thousand square kilometres. Verdict: {more} is larger.",
                "pretrain",
            ),
            Page(
                "The countries {name1} and {name2} in comparison",
                "{name1} covers {area1} thousand square kilometres and is governed from {capital1}. "
                "{name2} covers {area2} thousand square kilometres and is governed from {capital2}. "
                "Of the two countries, {more} is larger.",
                "pretrain",
            ),
            Page(
                "A country comparison of {name1} with {name2}",
                "The capital of {name1} is {capital1} and its area {area1} thousand square kilometres. The capital of "
                "{name2} is {capital2} and its area {area2} thousand square kilometres. The larger country is {more}.",
                "crawl",
            ),
            Page(
                "Comparing the countries {name1} and {name2}",
                "{name1} measures {area1} thousand square kilometres; its capital is {capital1}. "
                "{name2} measures {area2} thousand square kilometres; its capital is {capital2}. "
                "So {more} is the larger one.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="compare_rivers",
        table="rivers",
        form="comparison",
        facts=("mouth", "length"),
        rows=2,
        verdict=Verdict("length", ("longer",)),
        web=(
            "Contrast the rivers {name1} and {name2}.",
            "Write a contrast of the rivers {name1} and {name2}.",
            "River contrast, please: {name1} and {name2}.",
            "I need a contrast of two rivers, the {name1} and the {name2}.",
            "Put the rivers {name1} and {name2} into a contrast.",
        ),
        evaluation=(
            "Could you contrast the rivers {name1} and {name2}?",
            "Make a river contrast of the {name1} with the {name2}.",
        ),
        held_out=(
            "Please give me a river contrast of the {name1} and the {name2}.",
            "A contrast of the rivers {name1} and {name2} would help.",
            "Show how the rivers {name1} and {name2} contrast.",
        ),
        pages=(
            Page(
                "River contrast: {name1} and {name2}",
                "The {name1} is {length1} km in length and flows into the {mouth1}. "
                "The {name2} is {length2} km in length and flows into the {mouth2}. "
                "The {more} is longer than the {less}.",
            ),
            Page(
                "{name1} and {name2}: the rivers in contrast",
                "{name1}: {length1} km, into the {mouth1}. {name2}: {length2} km, into the {mouth2}. "
                "Verdict: the {more} is longer.",
                "pretrain",
            ),
            Page(
                "The rivers {name1} and {name2}, a contrast",
                "The {name1} reaches the {mouth1} after {length1} km. "
                "The {name2} reaches the {mouth2} after {length2} km. Of the two rivers, the {more} is longer.",
                "pretrain",
            ),
            Page(
                "A river contrast of the {name1} and the {name2}",
                "The {name1} ends in the {mouth1} and measures {length1} km. "
                "The {name2} ends in the {mouth2} and measures {length2} km. The longer river is the {more}.",
                "crawl",
            ),
            Page(
                "Contrasting two rivers: {name1} and {name2}",
                "The {name1} runs for {length1} km; its mouth is at the {mouth1}. "
                "The {name2} runs for {length2} km; its mouth is at the {mouth2}. So the {more} is the longer one.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="table_countries",
        table="countries",
        form="table",
        facts=("capital", "language"),
        rows=3,
        web=(
            "Make a country table of {name1}, {name2} and {name3}.",
            "Write a country table for {name1}, {name2} and {name3}.",
            "Country table, please: {name1}, {name2}, {name3}.",
            "I need a table of the countries {name1}, {name2} and {name3}.",
            "Put the countries {name1}, {name2} and {name3} in a table.",
        ),
        evaluation=(
            "Could you make a country table of {name1}, {name2} and {name3}?",
            "Set out the countries {name1}, {name2} and {name3} in a table.",
        ),
        held_out=(
            "Please give me a country table with {name1}, {name2} and {name3}.",
            "A table of the countries {name1}, {name2} and {name3} would help.",
            "Show {name1}, {name2} and {name3} in a country table.",
        ),
        pages=(
            Page(
                "Country table: {name1}, {name2}, {name3}",
                "Country | Capital | Language\n{name1} | {capital1} | {language1}\n{name2} | {capital2} | {language2}\n"
                "{name3} | {capital3} | {language3}",
            ),
            Page(
                "{name1}, {name2} and {name3} in a country table",
                "Country | Language | Capital\n{name1} | {language1} | {capital1}\n{name2} | {language2} | {capital2}\n"
                "{name3} | {language3} | {capital3}",
                "pretrain",
            ),
            Page(
                "A table of the countries {name1}, {name2} and {name3}",
                "Name | Capital city | Spoken\n{name1} | {capital1} | {language1}\n{name2} | {capital2} | {language2}\n"
                "{name3} | {capital3} | {language3}",
                "pretrain",
            ),
            Page(
                "Table of countries: {name1}, {name2}, {name3}",
                "Land | Main language | Capital city\n{name1} | {language1} | {capital1}\n"
                "{name2} | {language2} | {capital2}\n{name3} | {language3} | {capital3}",
                "crawl",
            ),
            Page(
                "The countries {name1}, {name2} and {name3} in one table",
                "Country name | Seat of government | Main language\n{name1} | {capital1} | {language1}\n"
                "{name2} | {capital2} | {language2}\n{name3} | {capital3} | {language3}",
                "crawl",
            ),
        ),
    ),
)
