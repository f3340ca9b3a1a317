"""Dishes: the country in one sentence, ingredient lists and menu entries."""

from helpers.miniweb.family import Family, Page

FAMILIES = (
    Family(
        name="dish_country",
        table="dishes",
        form="sentence",
        facts=("country",),
        web=(
            "What is the home country of {name}?",
            "Which country does {name} come from?",
            "Name the country that {name} comes from.",
        ),
        seed=("Tell me which country {name} comes from.", "What country is {name} from?"),
        evaluation=("Can you tell me which country {name} comes from?", "Which country is {name} from?"),
        held_out=(
            "Do you know which country {name} comes from?",
            "Give the home country of {name}.",
            "What country does {name} come from?",
        ),
        answers=("{name:cap} comes from {country}.", "The home country of {name} is {country}."),
        pages=(
            Page("Home country of {name}", "{name:cap} comes from {country}, where it is a classic dish."),
            Page("{name:cap}: home country", "The country that {name} first came from is {country}.", "pretrain"),
            Page("Dishes and their country: {name}", "{name:cap} is a dish that comes from {country}.", "pretrain"),
            Page("Which country gave us {name}", "The home country of {name} is {country}, as every cook knows.", "crawl"),
            Page("{name:cap} and its country", "People in {country} were the first to serve {name}.", "crawl"),
        ),
    ),
    Family(
        name="ingredients",
        table="dishes",
        form="bullets",
        facts=("first", "second", "third", "fourth"),
        web=(
            "List the ingredients of {name}.",
            "Write an ingredient list for {name}.",
            "I need the ingredients of {name}.",
            "Ingredient list, please: {name}.",
            "Make a list of ingredients for {name}.",
        ),
        evaluation=("Could you list the ingredients of {name}?", "Please write the ingredient list for {name}."),
        held_out=(
            "Give me an ingredient list for {name}.",
            "A list of the ingredients of {name} would help.",
            "Show which ingredients {name} needs.",
        ),
        pages=(
            Page(
                "Ingredients of {name}",
                "The main ingredients are:\n\n- {first}\n- {second}\n- {third}\n- {fourth}",
            ),
            Page(
                "{name:cap}: ingredient list",
                "Ingredients to buy for {name}:\n\n- {first}\n- {second}\n- {third}\n- {fourth}",
                "pretrain",
            ),
            Page(
                "Ingredient list for {name}",
                "You need these ingredients:\n\n- {second}\n- {first}\n- {fourth}\n- {third}",
                "pretrain",
            ),
            Page(
                "The ingredients for {name}",
                "Have these ready before you start:\n\n- {first}\n- {third}\n- {second}\n- {fourth}",
                "crawl",
            ),
            Page(
                "List of ingredients: {name}",
                "What goes into {name}:\n\n- {second}\n- {first}\n- {third}\n- {fourth}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="dish_menu",
        table="dishes",
        form="description",
        facts=("country", "course", "method", "first", "second"),
        web=(
            "Give a menu entry for {name}.",
            "Write a menu entry about {name}.",
            "I need a menu text for {name}.",
            "Menu entry, please: {name}.",
            "Put {name} on the menu with a short text.",
        ),
        evaluation=("Could you write a menu entry for {name}?", "Please give me a menu text about {name}."),
        held_out=(
            "Describe {name} for a menu.",
            "A menu entry for {name} would help me.",
            "Show me a menu text for {name}.",
        ),
        pages=(
            Page(
                "{name:cap}: menu entry",
                "{name:cap} is {method:a} {course} from {country}. It is made with {first} and {second}.",
            ),
            Page(
                "Menu entry: {name}",
                "{method:A} {course} from {country}. Our {name} contains {first} and {second}.",
                "pretrain",
            ),
            Page(
                "On the menu: {name}",
                "{name:cap} is made with {first} and {second}. It is {method} and comes from {country} as {course:a}.",
                "pretrain",
            ),
            Page(
                "From our menu: {name}",
                "Try our {name}, {course:a} from {country}. It is {method} and has {first} and {second} in it.",
                "crawl",
            ),
            Page(
                "Menu text for {name}",
                "From {country} comes {name}, made of {first} and {second}. We serve it {method}, as {course:a}.",
                "crawl",
            ),
        ),
    ),
)
