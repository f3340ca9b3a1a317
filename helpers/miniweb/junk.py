"""Junk of the mini web: promotion, notes about a site itself, and pages in other languages.

The soft kinds read like ordinary prose and pass sensible filters, so only a judge can find them. The loud kinds should be
caught by filters. Every text is a random combination of sentences and slots, so two draws are rarely alike. The constants
hold options separated by "|".
"""

import random

PRODUCTS = (
    "beeswax candles|wool blankets|oak tables|linen shirts|garden lanterns|leather satchels|ceramic bowls|"
    "hiking boots|desk lamps|cotton towels|kitchen knives|picture frames|rain jackets|tea blends|bath soaps|"
    "travel pillows|wooden toys|yoga mats|running shoes|coffee grinders|notebooks|silk scarves|plant pots|"
    "bread baskets|reading chairs|camping stoves"
)
FIRST = "Alder|Bramble|Cedar|Dove|Ember|Fern|Gable|Harbour|Iris|Juniper|Kestrel|Linden|Maple|Otter|Pebble|Quince"
SECOND = "Barn|Brothers|Cottage|Daughters|Finch|Hill|House|Lane|Loft|Mill|Pine|Sons|Studio|Vale|Works|Yard"
QUALITIES = (
    "a warm finish|a soft touch|a quiet charm|a lasting shine|a gentle scent|an easy grip|a clean line|"
    "a natural colour|a light weight|a snug fit|a sturdy frame|a classic look|a smooth edge|a fresh feel|a rich tone|"
    "a simple shape"
)
OCCASIONS = (
    "long winter evenings|a slow Sunday morning|the first day of spring|a friend's new flat|busy weekdays|"
    "family dinners|a weekend by the lake|the holiday season|a rainy afternoon|birthdays and weddings|"
    "small city rooms|summer picnics|early starts|quiet nights in|a walk in the park|anyone who has everything"
)
PEOPLE = (
    "young families|careful cooks|keen gardeners|tired travellers|students|grandparents|weekend walkers|neighbours|"
    "office workers|artists|new parents|night owls|collectors|dog owners|early risers|couples"
)
NUMBERS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"

SPAM_TITLES = (
    "{Product} from {maker}|Why {people} choose {maker}|{maker} and its {product}|A gift for {occasion}: {product}|"
    "{Product} with {quality}|New at {maker}: {product}|The {product} that {people} talk about|"
    "{maker} makes {occasion} better|{number} reasons to love our {product}|Meet the {product} of {maker}"
)
SPAM = (
    "{Product} from {maker} bring {quality} to {occasion}, and {people} tell us they would never go back.|"
    "At {maker} we put {quality} into all of our {product}, because {people} deserve the best of {occasion}.|"
    "There is nothing like {product} by {maker} when {occasion} call for {quality} and a little comfort.|"
    "Ask {people} about {maker} and they will soon mention our {product}, known for {quality} in every room.",
    "Our {number} colours were chosen with {people} in mind and look their best on {occasion}.|"
    "Each piece passes through {number} pairs of hands at {maker} before it leaves for its new home.|"
    "More than {number} thousand homes already enjoy {quality}, and {people} keep coming back to {maker}.|"
    "We have made {product} for {number} years, and {people} still write to thank us after {occasion}.|"
    "{Number} out of every hundred {people} named our {product} their favourite treat for {occasion}.",
    "Treat yourself to {quality} this season and let {maker} take care of {occasion}.|"
    "Whether it is {occasion} or simply {quality} you long for, {maker} has something that suits you.|"
    "Visit the {maker} showroom and feel {quality} for yourself; {people} are always welcome.|"
    "Let our {product} turn {occasion} into something that {people} remember for {number} years.|"
    "Give the people you love {quality}, and see how {product} from {maker} change {occasion}.",
    "You will wonder how {occasion} ever went well without {product}, just as {people} did.|"
    "With {maker} at your side, {number} small moments of every week gain {quality}.|"
    "Only {maker} combines {quality} with prices that please {people} and a promise of {number} years.|"
    "Life is short, so choose {product} with {quality} and enjoy {occasion} as {people} do.|"
    "Bring home our {product} in time for {occasion} and thank {maker} later.",
)

PLACES = (
    "country pages|word lists|animal notes|city guides|music notes|recipe cards|history papers|science notes|"
    "plant lists|sports pages|map drawers|language drills|film notes|book lists|letter boxes|"
    "picture pages|tool lists|quiz pages"
)
EDITORS = "Ada|Ben|Clara|Dev|Edith|Frank|Greta|Hugo|Ines|Jonas|Karin|Leo|Mona|Nils|Olga|Pia|Ravi|Sara|Tom|Vera"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
CHANGES = (
    "a new order of entries|larger print|shorter titles|a plain background|fewer pictures|a second column|"
    "new page numbers|a common layout|wider margins|a short preface|dates on every entry|an older spelling|"
    "a list of editors|a darker cover"
)
NAVIGATION_TITLES = (
    "How the {place} are arranged|Moving from the {place} to the {other}|A note on the {place}|"
    "Changes to the {place} in {month}|Finding your way in the {place}|Where the {other} went|"
    "About the keepers of the {place}|Word from {editor} on the {place}|Before you read the {place}|"
    "Next to these notes: the {other}|The {place} and how to turn their leaves|{month} in the {place}"
)
NAVIGATION = (
    "The {place} now stand to the left of the {other}, and {editor} has given both of them {change}.|"
    "You are in the {place}; the {other} can be reached from the strip above, as {editor} explained in {month}.|"
    "This part of the site holds the {place}, which {editor} moved here from the {other} in {month}.|"
    "Readers who look for the {other} should go one level up from the {place} and turn to the leaf kept by {editor}.",
    "In {month} the keepers gave the {other} {change}, and the {place} will follow {number} weeks later.|"
    "There are {number} leaves in the {place}, and those from before {month} wait in the {other}.|"
    "Entries are listed by letter, {number} to a leaf, with {change} since {month}.|"
    "{editor} looks after the {place} on weekdays and answers for the {other} in {month}.|"
    "After {month} every leaf of the {other} will show {change}, {number} lines from the top.",
    "To come back to this point, choose the {place} at the foot of any leaf of the {other}.|"
    "If a leaf does not open, wait {number} seconds, return to the {other} and try the {place} again.|"
    "Please tell {editor} when a leaf of the {other} leads nowhere, so that it can be mended before {month}.|"
    "The smaller print leads to the {other}, the larger print to the {place}, as agreed with {editor}.|"
    "Leaf {number} is empty for now; {editor} keeps it for the {other} until {month}.",
    "Earlier states of the {place} are kept for {number} months, then {editor} puts them away.|"
    "Thanks go to {editor} and {second} for {change} and for sorting the {other} in {month}.|"
    "The next round through the {place} begins in {month} with {second} and ends at the {other}.|"
    "Until {month} the way to the {other} leads past {number} other leaves, which {second} regrets.|"
    "Those who prefer {change} can ask {second} for the older {place}.",
)

LOUD_TITLES = "{Product} deals of the week|Save on {product} today|{Product}: special offer|Big {product} sale at {maker}"
LOUD_SPAM = (
    "Buy now!!! Get {number}0% off all {product}! Click here to order now and enjoy free shipping!",
    "LIMITED TIME OFFER at {maker}! Act now and save $$$ on {product}! Call now, operators are standing by!",
    "Special offer for {people}: buy one, get one free! Sign up today, use our coupon code and claim your discount!",
    "Don't miss out! Subscribe now for exclusive deals, the lowest price guaranteed, 100% money back! Add to cart!",
    "Hurry, only {number} left in stock! Best price on {product}! Shop now! Order today! Free trial! No obligation!",
)
MENU_TITLES = "Quick links|Site navigation|Main menu|Related articles|Site map|More from this site|Popular posts|Categories"
MENU = (
    "Home|About us|Contact|Log in|Register|Search|Sitemap|Next page|Previous page|Back to top|Privacy policy|"
    "Terms of use|Newsletter|Archive|Help|Print this page|Share|RSS feed|Follow us|Careers"
)
BAD_HEADERS = (
    "Advertisement|Quick links|Free newsletter|Forum|Related articles|Share this page|Follow us|Site map|"
    "Leave a comment|Recommended for you|Contact us|Privacy policy|Most popular|Latest posts|Read more"
)

FOREIGN = {
    "de": (
        "Der alte Markt|Ein Tag am Fluss|Das kleine Museum|Unser Garten im Herbst|Die Bäckerei im Dorf",
        "Brücke|Schule|Mühle|Kirche|Werkstatt|Bibliothek|Gasse|Scheune",
        "Am Morgen öffnet die {a} ihre Türen, und die ersten Gäste warten schon vor der {b}.|"
        "Viele Leute wissen nicht, dass die {a} früher viel größer war als die {b}.|"
        "Im Herbst riecht es hier nach Äpfeln, und vor der {a} spielen die Kinder.|"
        "Der Weg führt an der {a} vorbei und endet nach einer halben Stunde bei der {b}.|"
        "Wer noch nie dort war, sollte sich Zeit nehmen und auch die {b} besuchen.|"
        "Seit einigen Jahren kümmert sich ein Verein um die {a}, weil sonst niemand Zeit dafür hat.",
    ),
    "fr": (
        "Le vieux marché|Une journée au bord de la rivière|Le petit musée|Notre jardin en automne|La boulangerie",
        "fontaine|mairie|gare|chapelle|bibliothèque|place|ferme|maison",
        "Le matin, la {a} ouvre ses portes et les premiers visiteurs attendent déjà devant la {b}.|"
        "Beaucoup de gens ne savent pas que la {a} était autrefois plus grande que la {b}.|"
        "En automne, les enfants jouent près de la {a} et ramassent des châtaignes.|"
        "Le chemin passe devant la {a} et finit après une demi-heure à côté de la {b}.|"
        "Depuis quelques années, une association s'occupe de la {a} parce que personne n'en a le temps.|"
        "Si vous n'êtes jamais venus, prenez le temps de voir aussi la {b}.",
    ),
    "es": (
        "El viejo mercado|Un día junto al río|El pequeño museo|Nuestro jardín en otoño|La panadería del pueblo",
        "plaza|escuela|iglesia|biblioteca|fuente|estación|casa|torre",
        "Por la mañana la {a} abre sus puertas y los primeros visitantes esperan delante de la {b}.|"
        "Mucha gente no sabe que la {a} era antes mucho más grande que la {b}.|"
        "En otoño los niños juegan cerca de la {a} y los mayores charlan hasta tarde.|"
        "El camino pasa por la {a} y termina después de media hora junto a la {b}.|"
        "Desde hace algunos años una asociación cuida de la {a} porque nadie más tiene tiempo.|"
        "Quien nunca ha estado aquí debería visitar también la {b}.",
    ),
    "it": (
        "Il vecchio mercato|Una giornata lungo il fiume|Il piccolo museo|Il nostro giardino in autunno|Il forno",
        "piazza|scuola|chiesa|biblioteca|fontana|stazione|torre|bottega",
        "La mattina la {a} apre le porte e i primi visitatori aspettano già davanti alla {b}.|"
        "Molte persone non sanno che una volta la {a} era molto più grande della {b}.|"
        "In autunno i bambini giocano vicino alla {a} e gli anziani chiacchierano fino a tardi.|"
        "La strada passa davanti alla {a} e finisce dopo mezz'ora accanto alla {b}.|"
        "Da qualche anno un'associazione si occupa della {a} perché nessun altro ne ha il tempo.|"
        "Chi non è mai stato qui dovrebbe visitare anche la {b}.",
    ),
    "pt": (
        "O velho mercado|Um dia junto ao rio|O pequeno museu|O nosso jardim no outono|A padaria da aldeia",
        "praça|escola|igreja|biblioteca|fonte|estação|torre|oficina",
        "De manhã a {a} abre as portas e os primeiros visitantes já esperam em frente da {b}.|"
        "Muitas pessoas não sabem que a {a} era antigamente muito maior do que a {b}.|"
        "No outono as crianças brincam perto da {a} e os mais velhos conversam até tarde.|"
        "O caminho passa pela {a} e termina meia hora depois ao lado da {b}.|"
        "Há alguns anos uma associação cuida da {a} porque mais ninguém tem tempo.|"
        "Quem nunca esteve aqui não deve deixar de visitar também a {b}.",
    ),
}
"""Language (ISO 639-1) -> titles, nouns and sentences."""


def pick(rng: random.Random, options: str) -> str:
    """One of the options that "|" separates."""
    return rng.choice(options.split("|"))


def _fill(rng: random.Random, templates: str, draw: dict[str, str]) -> str:
    """One of the templates with its slots filled, its first letter a capital."""
    capitals = {key.capitalize(): value.capitalize() for key, value in draw.items()}
    text = pick(rng, templates).format_map(draw | capitals)
    return text[0].upper() + text[1:]


def _product_slots(rng: random.Random) -> dict[str, str]:
    return {
        "product": pick(rng, PRODUCTS),
        "maker": f"{pick(rng, FIRST)} {pick(rng, SECOND)}",
        "quality": pick(rng, QUALITIES),
        "occasion": pick(rng, OCCASIONS),
        "people": pick(rng, PEOPLE),
        "number": pick(rng, NUMBERS),
    }


def _compose(rng: random.Random, titles: str, groups: tuple[str, ...], slots) -> tuple[str, str]:
    """A title, and one sentence from each of two or more groups. Sentences fill their own slots but share one maker."""
    draw = slots(rng)
    maker = {key: value for key, value in draw.items() if key == "maker"}
    chosen = rng.sample(groups, rng.randint(2, len(groups)))
    sentences = [_fill(rng, group, draw if group is chosen[0] else slots(rng) | maker) for group in chosen]
    last = pick(rng, " |\n\n") + sentences.pop()
    return _fill(rng, titles, draw), " ".join(sentences) + last


def spam(rng: random.Random) -> tuple[str, str]:
    """Soft promotion, title and body, 200 to 540 characters: prose that no filter should catch."""
    return _compose(rng, SPAM_TITLES, SPAM, _product_slots)


def navigation(rng: random.Random) -> tuple[str, str]:
    """Soft navigation, title and body, 170 to 490 characters: prose about the site itself, without lists of links."""

    def slots(rng: random.Random) -> dict[str, str]:
        (place, other), (editor, second) = rng.sample(PLACES.split("|"), 2), rng.sample(EDITORS.split("|"), 2)
        draw = {"place": place, "other": other, "editor": editor, "second": second}
        return draw | {"month": pick(rng, MONTHS), "change": pick(rng, CHANGES), "number": pick(rng, NUMBERS)}

    return _compose(rng, NAVIGATION_TITLES, NAVIGATION, slots)


def loud_spam(rng: random.Random) -> tuple[str, str]:
    """Promotion that any filter should catch, title and body, 300 to 400 characters."""
    draw = _product_slots(rng) | {"number": str(rng.randint(2, 9))}
    return _fill(rng, LOUD_TITLES, draw), " ".join(_fill(rng, text, draw) for text in rng.sample(LOUD_SPAM, 3))


def loud_navigation(rng: random.Random) -> tuple[str, str]:
    """A menu that any filter should catch: a navigation header over a list of link texts, 80 to 200 characters."""
    return pick(rng, MENU_TITLES), "\n".join(f"- {entry}" for entry in rng.sample(MENU.split("|"), rng.randint(8, 14)))


def bad_header(rng: random.Random) -> str:
    """The header of an advert, a menu or a comment form: a header that should have no content below it."""
    return pick(rng, BAD_HEADERS)


def too_short(rng: random.Random) -> tuple[str, str]:
    """A section of fewer than 60 characters: a title and a few words."""
    return f"{pick(rng, MONTHS)} {rng.randint(1, 28)}", rng.choice(
        ["More soon.", "See below.", "To be written.", "Empty for now."]
    )


def too_long(rng: random.Random) -> tuple[str, str]:
    """A section of one sentence of more than 600 characters, which cannot be cut."""
    things = [f"{pick(rng, QUALITIES)} of {pick(rng, PRODUCTS)} for {pick(rng, PEOPLE)}" for _ in range(24)]
    return (
        f"Inventory of {pick(rng, MONTHS)} {rng.randint(1, 28)}",
        f"The list names {', '.join(things)} and much else.",
    )


def foreign(rng: random.Random, language: str) -> tuple[str, str]:
    """A section in another language, title and body, 150 to 430 characters.

    Args:
        language: one of `FOREIGN`: "de", "fr", "es", "it" or "pt".
    """
    titles, nouns, sentences = (text.split("|") for text in FOREIGN[language])
    filled = []
    for sentence in rng.sample(sentences, rng.randint(2, 4)):
        a, b = rng.sample(nouns, 2)
        filled.append(sentence.format(a=a, b=b))
    return f"{rng.choice(titles)}: {rng.choice(nouns)}", " ".join(filled)
