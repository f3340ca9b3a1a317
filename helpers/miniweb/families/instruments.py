"""Families about musical instruments: family, way of playing, origin and material."""

from helpers.miniweb.family import Family, Page

FAMILIES = (
    Family(
        name="instrument_family",
        table="instruments",
        form="sentence",
        facts=("family",),
        web=(
            "Which instrument family does the {name} belong to?",
            "What is the instrument family of the {name}?",
            "Tell me the family of instruments the {name} is in.",
        ),
        seed=("What family of instruments is the {name} in?", "Name the instrument family of the {name}."),
        evaluation=(
            "Can you tell me which instrument family the {name} is in?",
            "The {name} belongs to which family of instruments?",
        ),
        held_out=(
            "What's the instrument family of the {name}?",
            "Give the family of instruments for the {name}.",
            "Do you know which instrument family the {name} belongs to?",
        ),
        answers=("The {name} belongs to the {family} family.", "The {name} is in the {family} family."),
        pages=(
            Page("Instrument family of the {name}", "Among instruments the {name} belongs to the {family} family."),
            Page(
                "The {name} and its instrument family",
                "Music teachers put the {name} into the {family} family.",
                "pretrain",
            ),
            Page("Instrument family: {name}", "The {name} is one of the members of the {family} family.", "pretrain"),
            Page(
                "{name:cap} (family of instruments)",
                "In a music shop the {name} stands with the {family} family.",
                "crawl",
            ),
            Page("Which instrument family fits the {name}?", "Players count the {name} in the {family} family.", "crawl"),
        ),
    ),
    Family(
        name="instrument_guide",
        table="instruments",
        form="description",
        facts=("family", "played", "origin", "material"),
        web=(
            "Write a music guide entry on the {name}.",
            "Music guide entry wanted: the {name}.",
            "Describe the {name} for a music guide.",
            "I am reading a music guide; what does it say about the {name}?",
            "A music guide entry about the {name}, please.",
        ),
        evaluation=(
            "Could you write a music guide entry about the {name}?",
            "Describe the {name} as a music guide would.",
        ),
        held_out=(
            "Please write the music guide text on the {name}.",
            "Introduce the {name} to readers of a music guide.",
            "Compose a music guide entry for the {name}.",
        ),
        pages=(
            Page(
                "Music guide: the {name}",
                "The {name} belongs to the {family} family. It is played by {played}. "
                "It comes from {origin} and is made with {material}.",
            ),
            Page(
                "The {name} in the music guide",
                "The {name} comes from {origin}. It is made with {material} and belongs to the {family} family. "
                "It sounds by {played}.",
                "pretrain",
            ),
            Page(
                "Music guide entry on the {name}",
                "You play the {name} by {played}. Makers in {origin} first built it and used {material}. "
                "Its family is {family}.",
                "pretrain",
            ),
            Page(
                "{name:cap}, a music guide entry",
                "With {material} and skill, people in {origin} made the first {name}. "
                "It is one of the {family} family. The sound comes from {played}.",
                "crawl",
            ),
            Page(
                "Short music guide to the {name}",
                "Its family is the {family} family. The {name} is played by {played}. "
                "Its parts of {material} are typical. Its story began in {origin}.",
                "crawl",
            ),
        ),
    ),
    Family(
        name="instrument_label",
        table="instruments",
        form="bullets",
        facts=("family", "played", "origin", "material"),
        web=(
            "Make a shop tag for the {name}.",
            "Shop tag, please: {name}.",
            "Write the shop tag of the {name}.",
            "I need a shop tag about the {name}.",
            "The {name} goes on sale and wants a shop tag.",
        ),
        evaluation=("Could you make a shop tag about the {name}?", "Prepare the shop tag for the {name}."),
        held_out=(
            "Please write a shop tag on the {name}.",
            "Show me the {name} as a shop tag.",
            "Give the {name} a shop tag with bullets.",
        ),
        pages=(
            Page(
                "{name:cap}: shop tag",
                "- family: {family}\n- played by: {played}\n- from: {origin}\n- made with: {material}",
            ),
            Page(
                "Shop tag for the {name}",
                "- from: {origin}\n- made with: {material}\n- family: {family}\n- played by: {played}",
                "pretrain",
            ),
            Page(
                "Shop tag {name}",
                "On sale: the {name}\n\n- way of playing: {played}\n- origin: {origin}\n- family: {family}\n"
                "- material: {material}",
                "pretrain",
            ),
            Page(
                "The {name} and its shop tag",
                "- material: {material}\n- sound made by: {played}\n- home: {origin}\n- instrument family: {family}",
                "crawl",
            ),
            Page(
                "{name:cap} (shop tag)",
                "Please do not touch the {name}.\n\n- instrument family: {family}\n- built with: {material}\n"
                "- sounds by: {played}\n- first home: {origin}",
                "crawl",
            ),
        ),
    ),
)
