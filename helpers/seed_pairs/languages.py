"""Natural languages as rows name them: by a code, with or without a region or a script, or by the English name."""

import re

_NAMES = (
    "aa aar afar, ab abk abkhazian, af afr afrikaans, ak aka twi tw akan, am amh amharic, an arg aragonese, "
    "ar ara arb arz ary apc ars acm acq aeb ajp arabic, as asm assamese, av ava avaric, ay aym ayr aymara, "
    "az aze azj azb azerbaijani, ba bak bashkir, be bel belarusian, bg bul bulgarian, bi bis bislama, bm bam bambara, "
    "bn ben bangla bengali, bo bod tib tibetan, br bre breton, bs bos bosnian, ca cat catalan, ce che chechen, "
    "ch cha chamorro, co cos corsican, cr cre cwd cree, cs ces cze czech, cv chv chuvash, cy cym wel welsh, da dan danish, "
    "de deu ger german, dv div divehi dhivehi maldivian, dz dzo dzongkha, ee ewe, el ell gre greek, en eng english, "
    "eo epo esperanto, es spa spanish castilian, et ekk est estonian, eu baq eus basque, "
    "fa fas per pes prs persian farsi dari, ff ful fula fulah, fi fin finnish, fj fij fijian, fo fao faroese, "
    "fr fra fre french, fy fry frisian, ga gle irish, gd gla gaelic, gl glg galician, gn grn guarani, gu guj gujarati, "
    "gv glv manx, ha hau hausa, he heb iw hebrew, hi hin hindi, ho hmo motu, hr hrv croatian, ht hat haitian, "
    "hu hun hungarian, hy hye armenian, hz her herero, ia ina interlingua, id ind indonesian, ie ile interlingue, "
    "ig ibo igbo, ii iii, ik esk ipk inupiaq, io ido, is ice isl icelandic, it ita italian, iu ike iku inuktitut, "
    "ja jpn japanese, jv jav javanese, ka geo kat georgian, kg kng kon kongo, ki kik kikuyu, kj kua kuanyama, "
    "kk kaz kazakh, kl kal kalaallisut greenlandic, km khm khmer, kn kan kannada, ko kor korean, kr kau knc kanuri, "
    "ks kas kashmiri, ku kmr kur ckb kurdish sorani kurmanji, kv kom kpv komi, kw cor cornish, ky kir kyrgyz kirghiz, "
    "la lat, lb ltz luxembourgish, lg lug ganda luganda, li lim limburgish, ln lin lingala, lo lao, lt lit lithuanian, "
    "lu lub katanga, lv lav lvs latvian, mg mlg plt malagasy, mh mah marshallese, mi mao mri māori maori, "
    "mk mkd macedonian, ml mal malayalam, mn khk mon mongolian, mr mar marathi, ms may msa zsm malay malaysian, "
    "mt mlt maltese, my bur mya burmese myanmar, nd nde ndebele, ne nep npi nepali, ng ndo ndonga, nl dut nld dutch, "
    "no nor nb nob nn nno norwegian bokmål nynorsk, nr nbl, nv nav navajo, ny nya nyanja chichewa, oc oci occitan, "
    "oj ojg oji ojibwa ojibwe, om gaz orm oromo, or ori ory odia oriya, os oss ossetic ossetian, pa pan punjabi, "
    "pi pli pali, pl pol polish, ps pbu pus pbt pashto, pt por portuguese, qu que quz quechua, rm roh romansh romansch, "
    "rn run rundi kirundi, ro ron rum romanian moldovan, ru rus russian, rw kin kinyarwanda, sa san sanskrit, "
    "sc srd sardinian, sd snd sindhi, se sme sami, sg sag sango, si sin sinhala sinhalese, sk slk slo slovak, "
    "sl slv slovenian slovene, sm smo samoan, sn sna shona, so som somali, sq alb als sqi albanian, sr srp serbian, "
    "ss ssw swati, st sot sotho, su sun sundanese, sv swe swedish, sw swa swh swahili kiswahili, ta tam tamil, "
    "te tel telugu, tg tgk tajik, th tha thai, ti tir tigrinya, tk tuk turkmen, tl tgl fil tagalog filipino, "
    "tn tsn tswana, to ton tongan, tr tur turkish, ts tso tsonga, tt tat tatar, ty tah tahitian, ug uig uyghur uighur, "
    "uk ukr ukrainian, ur urd urdu, uz uzb uzn uzbek, ve ven venda, vi vie vietnamese, vo vol volapük volapuk, "
    "wa wln walloon, wo wol wolof, xh xho xhosa, yi ydd yid yiddish, yo yor yoruba, za zha zyb zhuang, "
    "zh chi cmn zho yue chinese mandarin cantonese, zu zul zulu"
)
CODES = {name: entry.split()[0] for entry in _NAMES.split(",") for name in entry.split()}
"""Names of the languages that ISO 639-1 has a code for, their codes of two and three letters, and the first code of each."""

FIELDS = ("lang", "language", "locale", "language_code")
"""Fields of a row that may name its language. In rows about programs, `language` and `locale` name something else."""

_CODED = ("lang", "language_code")
_NO_LANGUAGE = frozenset((
    "all", "mis", "mul", "nan", "und", "unk", "zxx",
    "asm", "bat", "cpp", "css", "go", "hs", "js", "jsx", "kt", "lua", "php", "py", "rb", "rs", "sh", "sql", "ts", "tsx", "txt",
    "vb", "xml", "yml",
))  # fmt: skip
"""Short words that name no one natural language: the special codes of ISO 639, missing values, and programs' endings."""


def code(value: object) -> str:
    """The code of a language: `en` for `EN`, `en-US`, `eng_Latn`, `English` and `British English`; or else the first word.

    That word is in lower case and ends at a hyphen or an underscore. In a longer name, only words of more than three letters
    are looked up.
    """
    said = str(value).strip().lower()
    first = re.split("[-_]", said)[0]
    words = [word for word in re.findall(r"[^\W_]{4,}", said) if word in CODES]
    return CODES.get(first) or (CODES[words[0]] if words else first)


def named(row: dict) -> tuple[str, ...]:
    """The codes of the natural languages that a row names, none for a row that names none.

    In `lang` and `language_code` every word of two or three letters is a code, also one that is not in `CODES`. In the other
    fields an unknown word counts for nothing: it may be Python.
    """
    said = [(name, row[name]) for name in FIELDS if isinstance(row.get(name), str)]
    told = [(name, code(value)) for name, value in said if value.strip().lower() not in _NO_LANGUAGE]
    return tuple(found for name, found in told if found in CODES.values() or (name in _CODED and _is_code(found)))


def _is_code(word: str) -> bool:
    return re.fullmatch("[a-z]{2,3}", word) is not None
