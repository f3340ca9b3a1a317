"""States of the United States and rivers: one sentence, bullet lists by attribute, sheets and profiles."""

from helpers.miniweb.family import Family, Page

FAMILIES = (
    Family(
        name="state_capital",
        table="states",
        form="sentence",
        facts=("capital",),
        web=(
            "What is the state capital of {name}?",
            "Which city is the state capital of {name}?",
            "Name the state capital of {name}.",
        ),
        seed=("Tell me the state capital of {name}.", "What city serves as the state capital of {name}?"),
        evaluation=("Can you tell me the state capital of {name}?", "Which city is {name}'s state capital?"),
        held_out=(
            "Do you know the state capital of {name}?",
            "Give the capital of the state of {name}.",
            "What is {name}'s state capital called?",
        ),
        answers=("The state capital of {name} is {capital}.", "{capital} is the state capital of {name}."),
        pages=(
            Page("State capital of {name}", "The state capital of {name} is {capital}, where the governor works."),
            Page("{name}: state capital", "The state of {name} has {capital} as its capital.", "pretrain"),
            Page("State capitals: {name}", "In {name} the state capital is the city of {capital}.", "pretrain"),
            Page("The state of {name} and its capital", "{capital} is the capital of the state of {name}.", "crawl"),
            Page("Capital of the state of {name}", "Laws for {name} are made in {capital}, its capital.", "crawl"),
        ),
    ),
    Family(
        name="state_bullets",
        table="states",
        form="bullets",
        facts=("capital", "nickname", "bird", "region"),
        web=(
            "Give bullet points on the state of {name}.",
            "Write bullet points about {name}, the state.",
            "I need state bullet points for {name}.",
            "State bullet points, please: {name}.",
            "List the state of {name} in bullet points.",
        ),
        evaluation=(
            "Could you write bullet points on the state of {name}?",
            "Make a list of state bullet points for {name}.",
        ),
        held_out=(
            "Please put the state of {name} into bullet points.",
            "Some bullet points about the state of {name} would help.",
            "Show me state bullet points on {name}.",
        ),
        pages=(
            Page(
                "{name}: state bullet points",
                "- Capital: {capital}\n- Nickname: {nickname}\n- Bird: {bird}\n- Region: {region}",
            ),
            Page(
                "The state of {name} in bullet points",
                "- Nickname: {nickname}\n- Capital: {capital}\n- Region: {region}\n- Bird: {bird}",
                "pretrain",
            ),
            Page(
                "State bullet points: {name}",
                "- Part of the country: {region}\n- Capital city: {capital}\n- Called: {nickname}\n- State bird: {bird}",
                "pretrain",
            ),
            Page(
                "Bullet points on the state of {name}",
                "- State bird: {bird}\n- Capital: {capital}\n- Known as: {nickname}\n- Region: {region}",
                "crawl",
            ),
            Page(
                "State bullet points about {name}",
                "- Region: {region}\n- State capital: {capital}\n- Bird of the state: {bird}\n- Other name: {nickname}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="state_sheet",
        table="states",
        form="card",
        facts=("capital", "city", "nickname", "region"),
        web=(
            "Fill in the state sheet for {name}.",
            "Make a state sheet for {name}.",
            "Write {name} up as a state sheet.",
            "I need a state sheet of {name}.",
            "State sheet, please: {name}.",
        ),
        evaluation=("Could you fill in a state sheet for {name}?", "Prepare the state sheet of {name}."),
        held_out=(
            "Please complete the state sheet on {name}.",
            "Give me {name} as a filled-in state sheet.",
            "Show the state sheet of {name}.",
        ),
        pages=(
            Page(
                "{name}: state sheet",
                "State: {name}\nCapital: {capital}\nLargest city: {city}\nNickname: {nickname}\nRegion: {region}",
            ),
            Page(
                "State sheet: {name}",
                "State: {name}\nRegion: {region}\nCapital: {capital}\nLargest city: {city}\nNickname: {nickname}",
                "pretrain",
            ),
            Page(
                "State sheet of {name}",
                "Name: {name}\nCalled: {nickname}\nCapital city: {capital}\nBiggest city: {city}\n"
                "Part of the country: {region}",
                "pretrain",
            ),
            Page(
                "State sheet for {name}",
                "Name of the state: {name}\nLargest city: {city}\nCapital: {capital}\nRegion: {region}\nKnown as: {nickname}",
                "crawl",
            ),
            Page(
                "{name} on a state sheet",
                "State: {name}\nNickname: {nickname}\nRegion: {region}\nBiggest city: {city}\nState capital: {capital}",
                "crawl",
            ),
        ),
    ),
    Family(
        name="river_mouth",
        table="rivers",
        form="sentence",
        facts=("mouth",),
        web=(
            "What is the mouth of the river {name}?",
            "Which water does the {name} flow into?",
            "Name the mouth of the {name}.",
        ),
        seed=("Tell me where the {name} flows to.", "What water does the river {name} flow into?"),
        evaluation=("Can you tell me the mouth of the {name}?", "Which water does the river {name} flow into?"),
        held_out=(
            "Do you know where the {name} flows to?",
            "Give the mouth of the river {name}.",
            "What does the {name} flow into?",
        ),
        answers=("The {name} flows into the {mouth}.", "The mouth of the {name} is at the {mouth}."),
        pages=(
            Page("Mouth of the {name}", "The {name} flows into the {mouth}, where it has its mouth."),
            Page("{name}: mouth", "At its mouth the {name} flows into the {mouth}.", "pretrain"),
            Page("River mouths: {name}", "The mouth of the river {name} is at the {mouth}.", "pretrain"),
            Page("The {name} and its mouth", "All the water of the {name} flows into the {mouth}.", "crawl"),
            Page("Where the {name} flows to", "The {mouth} is where the {name} flows to in the end.", "crawl"),
        ),
    ),
    Family(
        name="river_profile",
        table="rivers",
        form="description",
        facts=("continent", "source", "mouth", "length"),
        web=(
            "Give a profile of the river {name}.",
            "Write a river profile of the {name}.",
            "I need a short river profile of the {name}.",
            "River profile, please: {name}.",
            "Sum up the {name} in a river profile.",
        ),
        evaluation=(
            "Could you write a profile of the river {name}?",
            "Please give me a river profile of the {name}.",
        ),
        held_out=(
            "Describe the {name} in a river profile.",
            "A short profile of the river {name} would help me.",
            "Show me a river profile of the {name}.",
        ),
        pages=(
            Page(
                "{name}: river profile",
                "The {name} is a river in {continent}. It rises in {source}, flows into the {mouth} and is {length} km long.",
            ),
            Page(
                "River profile: {name}",
                "The {name} is a river of {continent} with a length of {length} km. Its source is in {source}. "
                "Its mouth is at the {mouth}.",
                "pretrain",
            ),
            Page(
                "Profile of the river {name}",
                "Rising in {source}, the {name} runs {length} km to the {mouth}. It is a river in {continent}.",
                "pretrain",
            ),
            Page(
                "A profile of the {name}, a river",
                "The river {name} has its source in {source} and its mouth at the {mouth}. "
                "It belongs to {continent} and measures {length} km.",
                "crawl",
            ),
            Page(
                "River profile of the {name}",
                "In {continent} flows the {name}, {length} km in length. It starts in {source}. It ends in the {mouth}.",
                "crawl",
            ),
        ),
    ),
)
