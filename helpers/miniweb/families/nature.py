"""Families about animals: class, food, young, group, habitat and which of two is heavier."""

from helpers.miniweb.family import Family, Page, Verdict

FAMILIES = (
    Family(
        name="animal_class",
        table="animals",
        form="sentence",
        facts=("class",),
        web=(
            "Which class of animals does the {name} belong to?",
            "What is the animal class of the {name}?",
            "Tell me what class of animal the {name} is.",
        ),
        seed=("What class of animal is the {name}?", "Name the animal class of the {name}."),
        evaluation=("Can you tell me which animal class the {name} is in?", "The {name} is in which class of animals?"),
        held_out=(
            "What's the animal class of the {name}?",
            "Give the class of animal that the {name} is.",
            "Do you know what class of animal the {name} belongs to?",
        ),
        answers=("The {name} is {class:a}.", "{name:A} is {class:a}."),
        pages=(
            Page("Animal class of the {name}", "Among the classes of animals, the {name} is {class:a}."),
            Page("The {name} and its animal class", "Every {name} in the world is {class:a}.", "pretrain"),
            Page("Animal class: {name}", "By its build and its blood the {name} is {class:a}.", "pretrain"),
            Page("Which animal class fits the {name}?", "Zoologists say that the {name} is {class:a}.", "crawl"),
            Page("{name:cap} (class of animal)", "In books on animals the {name} is listed as {class:a}.", "crawl"),
        ),
    ),
    Family(
        name="diet",
        table="animals",
        form="sentence",
        facts=("diet",),
        web=(
            "What does the {name} eat?",
            "What is the main food of the {name}?",
            "Tell me the food of the {name}.",
        ),
        seed=("Which food does the {name} eat?", "Name the food of the {name}."),
        evaluation=("Can you tell me what food the {name} eats?", "The {name} eats mainly what?"),
        held_out=(
            "What's the main food that {name:a} eats?",
            "Give the food of the {name}.",
            "Do you know what the {name} eats?",
        ),
        answers=("The {name} eats {diet}.", "The {name} mainly eats {diet}."),
        pages=(
            Page("Food of the {name}", "In the wild and in zoos the {name} mainly eats {diet}."),
            Page("What the {name} eats", "The food that {name:a} needs day by day is {diet}.", "pretrain"),
            Page("The {name} and its food", "When hungry, the {name} looks for {diet}.", "pretrain"),
            Page("Feeding the {name}", "Keepers who feed {name:a} give it plenty of {diet}.", "crawl"),
            Page("{name:cap}: what it eats", "For most of the year the {name} lives on {diet}.", "crawl"),
        ),
    ),
    Family(
        name="profile_animal",
        table="animals",
        form="description",
        facts=("class", "diet", "habitat", "young"),
        web=(
            "Write an animal profile of the {name}.",
            "Animal profile wanted: the {name}.",
            "I would like to read an animal profile about the {name}.",
            "Describe the {name} in an animal profile.",
            "An animal profile for the {name}, please.",
        ),
        evaluation=(
            "Could you write an animal profile about the {name}?",
            "Make the {name} the subject of an animal profile.",
        ),
        held_out=(
            "Compose an animal profile for the {name}.",
            "Please describe the {name} as an animal profile.",
            "Can I have an animal profile of the {name}?",
        ),
        pages=(
            Page(
                "The {name}: an animal profile",
                "The {name} is {class:a}. It lives in {habitat} and eats {diet}. Its young is called {young:a}.",
            ),
            Page(
                "Animal profile of the {name}",
                "The home of the {name} is in {habitat}. It is {class:a} that feeds on {diet}. "
                "A newborn {name} is called {young:a}.",
                "pretrain",
            ),
            Page(
                "Profile of an animal: {name}",
                "A young {name} is called {young:a}. The {name} is {class:a} found in {habitat}. Its food is {diet}.",
                "pretrain",
            ),
            Page(
                "{name:cap}, animal profile",
                "{name:A} is {class:a} whose diet is {diet}. You meet it in {habitat}. It is {young:a} when it is small.",
                "crawl",
            ),
            Page(
                "Short animal profile: the {name}",
                "Look for the {name} in {habitat}. This animal is {class:a}. Parents raise {young:a} and search for {diet}.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="card_animal",
        table="animals",
        form="card",
        facts=("class", "diet", "group", "weight"),
        web=(
            "Make a zoo card for the {name}.",
            "Zoo card, please: {name}.",
            "Fill in a zoo card about the {name}.",
            "I need the zoo card of the {name}.",
            "Put the {name} on a zoo card.",
        ),
        evaluation=("Could you make a zoo card about the {name}?", "Prepare the zoo card of the {name}."),
        held_out=(
            "Please fill in the zoo card for the {name}.",
            "Show me the {name} on a zoo card.",
            "Write a zoo card for {name:a}.",
        ),
        pages=(
            Page(
                "{name:cap}: zoo card",
                "Animal: {name}\nClass: {class}\nFood: {diet}\nGroup: {group}\nWeight: {weight} kg",
            ),
            Page(
                "Zoo card for the {name}",
                "Animal: {name}\nWeight: {weight} kg\nClass: {class}\nGroup: {group}\nFood: {diet}",
                "pretrain",
            ),
            Page(
                "Zoo card {name}",
                "Species: {name}\nEats: {diet}\nA group is: {group:a}\nAnimal class: {class}\nKilograms: {weight}",
                "pretrain",
            ),
            Page(
                "The {name} on a zoo card",
                "Name: {name}\nGroup name: {group}\nMenu: {diet}\nType: {class}\nTypical weight: {weight} kg",
                "crawl",
            ),
            Page(
                "{name:cap} (zoo card)",
                "Enclosure of: {name}\nAnimal class: {class}\nMass: {weight} kg\nFed with: {diet}\nGroup: {group}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="compare_animals",
        table="animals",
        form="comparison",
        facts=("class", "diet"),
        rows=2,
        verdict=Verdict("weight", ("heavier",)),
        web=(
            "Set the {name1} head to head with the {name2}.",
            "Head to head: {name1} or {name2}?",
            "Write a head to head of the {name1} and the {name2}.",
            "{name1:cap} against {name2}, head to head.",
            "In a head to head, which is heavier, the {name1} or the {name2}?",
        ),
        evaluation=(
            "Put the {name1} and the {name2} head to head.",
            "Could you write a head to head of {name1} and {name2}?",
        ),
        held_out=(
            "Bring the {name1} head to head with the {name2} and say which is heavier.",
            "A head to head of the {name1} with the {name2}, please.",
            "How do the {name1} and the {name2} compare head to head?",
        ),
        pages=(
            Page(
                "{name1:cap} and {name2}, head to head",
                "The {name1} is {class1:a} that eats {diet1}. The {name2} is {class2:a} that eats {diet2}. "
                "The {more} is heavier.",
            ),
            Page(
                "Head to head: {name1} and {name2}",
                "The {name1} eats {diet1} and is {class1:a}. The {name2} eats {diet2} and is {class2:a}. "
                "Of the two the {more} is heavier.",
                "pretrain",
            ),
            Page(
                "The {name1} head to head with the {name2}",
                "{name1:cap}: {class1}, eats {diet1}. {name2:cap}: {class2}, eats {diet2}. The heavier one is the {more}.",
                "pretrain",
            ),
            Page(
                "Animals head to head: the {name1}, the {name2}",
                "Food of the {name1}: {diet1}. Class: {class1}. Food of the {name2}: {diet2}. Class: {class2}. "
                "On the scales the {more} is heavier.",
                "crawl",
            ),
            Page(
                "{name1:cap} meets {name2} head to head",
                "The {name1} lives on {diet1}; it counts as {class1:a}. "
                "The {name2} lives on {diet2}; it counts as {class2:a}. "
                "Verdict: the {more} is heavier.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="young_list",
        table="animals",
        form="bullets",
        facts=("young",),
        rows=3,
        web=(
            "List the babies of the {name1}, the {name2} and the {name3}.",
            "Make a list of animal babies: {name1}, {name2}, {name3}.",
            "Babies of {name1}, {name2} and {name3} as a list, please.",
            "I want a list of babies for the {name1}, the {name2} and the {name3}.",
            "What are the babies of {name1}, {name2} and {name3} called? Answer with a list.",
        ),
        evaluation=(
            "Could you list the animal babies of {name1}, {name2} and {name3}?",
            "Put the babies of the {name1}, the {name2} and the {name3} in a list.",
        ),
        held_out=(
            "Write the babies of {name1}, {name2} and {name3} as a bullet list.",
            "Give me a list with the babies of the {name1}, the {name2} and the {name3}.",
            "Please list animal babies for {name1}, {name2} and {name3}.",
        ),
        pages=(
            Page(
                "List of animal babies: {name1}, {name2}, {name3}",
                "- {name1}: {young1}\n- {name2}: {young2}\n- {name3}: {young3}",
            ),
            Page(
                "Babies of {name1}, {name2} and {name3}",
                "A list of their names:\n\n- {name1}: {young1}\n- {name2}: {young2}\n- {name3}: {young3}",
                "pretrain",
            ),
            Page(
                "Babies listed: {name1}, {name2}, {name3}",
                "- the {name1} has {young1:a}\n- the {name2} has {young2:a}\n- the {name3} has {young3:a}",
                "pretrain",
            ),
            Page(
                "Animal babies, a list for {name1}, {name2} and {name3}",
                "- {name1:cap} ({young1})\n- {name2:cap} ({young2})\n- {name3:cap} ({young3})",
                "crawl",
            ),
            Page(
                "What the babies of {name1}, {name2} and {name3} are called",
                "- {name1} parents raise {young1:a}\n- {name2} parents raise {young2:a}\n- {name3} parents raise {young3:a}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="field_notes",
        table="animals",
        form="steps",
        facts=("habitat", "diet", "group", "young"),
        web=(
            "Write field notes for spotting the {name}.",
            "Field notes on the {name}, step by step.",
            "How do I spot {name:a}? Answer as field notes.",
            "I am off to find the {name} and need field notes.",
            "Turn the search for the {name} into field notes.",
        ),
        evaluation=("Could you write field notes on spotting {name:a}?", "Prepare field notes for finding the {name}."),
        held_out=(
            "Please give me step by step field notes about the {name}.",
            "Field notes for someone who wants to spot the {name}, please.",
            "Show the steps to find {name:a} as field notes.",
        ),
        pages=(
            Page(
                "Field notes: spotting the {name}",
                "1. Go to {habitat}.\n2. Look for {diet}, its food.\n3. Listen for {group:a}, its group.\n"
                "4. Count each {young}, its young.",
            ),
            Page(
                "{name:cap}, field notes in four steps",
                "1. Start in {habitat}.\n2. Find {group:a}, which is its group.\n3. See it eat {diet}.\n"
                "4. Watch {young:a} with its parents.",
                "pretrain",
            ),
            Page(
                "How to spot the {name}: field notes",
                "1. Find {diet}, because it eats that.\n2. Search {habitat}.\n3. Wait for {group:a} to pass by.\n"
                "4. Draw {young:a}, the baby.",
                "pretrain",
            ),
            Page(
                "Field notes on finding the {name}",
                "1. Travel to {habitat}.\n2. Note the group, {group:a}.\n3. Note the young, {young:a}.\n"
                "4. Note the meal, {diet}.",
                "crawl",
            ),
            Page(
                "{name:cap} spotter, your field notes",
                "1. Keep still near {diet}, its meal.\n2. Know that it lives in {habitat}.\n"
                "3. Photograph {young:a}, if one was born.\n4. Call the whole group {group:a}.",
                "crawl",
            ),
        ),
    ),
)
