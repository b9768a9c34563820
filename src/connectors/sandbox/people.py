"""Invented people for a CRM: names of many cultures, an address each, reserved domains only."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

# One row a culture (two where a family name has a form for women): given names, family names.
# A name that is not in Latin letters carries its Latin form after an equals sign; for the others
# the Latin form is the name without its accents.
CULTURES = (
    (
        "Łukasz, Paweł, Michał, Wojciech, Grzegorz, Stanisław, Jędrzej, Błażej, Tomasz, Kacper",
        "Kowalski, Wiśniewski, Dąbrowski, Kamiński, Zieliński, Wójcik, Gołębiowski, Żuraw, Nowak",
    ),
    (
        "Małgorzata, Agnieszka, Żaneta, Bożena, Zofia, Elżbieta, Grażyna, Róża, Hanna, Stanisława",
        "Kowalska, Wiśniewska, Dąbrowska, Kamińska, Zielińska, Wójcik, Gołębiowska, Żuraw, Nowak",
    ),
    (
        "Émilie, François, Hélène, Jérôme, Anaïs, Gaëlle, Loïc, Théo, Margaux, Jean-Pierre, Chloé",
        "Lefèvre, Béranger, D'Aubigné, Gauthier, Côté, Moreau, Le Goff, Crépin, Muñoz-Petit, Noël",
    ),
    (
        "Jürgen, Käthe, Björn, Sören, Günter, Annegret, Lieselotte, Matthias, Anke, Friederike",
        "Müller, Schäfer, Groß, Köhler, Weiß, von der Heide, Krüger, Böhm, Vogelsang, Jäger",
    ),
    (
        "José, María José, Íñigo, Begoña, Andrés, Lucía, Joaquín, Inés, Álvaro, Concepción",
        "García, Muñoz, Fernández, Ibáñez, Núñez, de la Peña, Rodríguez, Peña-Ortiz, Zúñiga, Gómez",
    ),
    (
        "João, Conceição, Tiago, Inês, Gonçalo, Luísa, Sebastião, Beatriz, Estêvão, Mafalda",
        "Gonçalves, Araújo, Simões, da Conceição, Magalhães, Brandão, Falcão, Sá, Queirós, Leitão",
    ),
    (
        "Niccolò, Giulia, Lorenzo, Chiara, Matteo, Ludovica, Tommaso, Alessia, Noè, Ginevra",
        "Rossi, D'Angelo, Bianchi, Lo Presti, Marchetti, De Santis, Nicolò, Ferraù, Galli, Conti",
    ),
    (
        "Søren, Åse, Bjørn, Mårten, Øyvind, Ingrid, Håkon, Maja, Sigrún, Þórður, Jón, Freja",
        "Sørensen, Ångström, Bjørnstad, Lindqvist, Møller, Nygård, Håkansson, Østby, Kjær, Sjöberg",
    ),
    (
        "Jiří, Ondřej, Zdeněk, Matěj, Tomáš, Vojtěch, Šimon, Luboš, Štěpán, Radek",
        "Dvořák, Novotný, Svoboda, Růžička, Kučera, Šťastný, Beneš, Říha, Žák, Hruška",
    ),
    (
        "Anikó, László, Zsófia, Győző, Gergő, Réka, Ágnes, Ödön, Tünde, Jenő",
        "Nagy, Kovács, Tóth, Szűcs, Fehér, Erdős, Lőrincz, Szabó, Bíró, Hegedűs",
    ),
    (
        "Ayşe, Çağla, Gülşen, Oğuz, İbrahim, Şule, Ümit, Yağmur, Işıl, Barış",
        "Yılmaz, Öztürk, Şahin, Çelik, Doğan, Aydın, Koç, Güneş, Kılıç, Erdoğdu",
    ),
    (
        "Đức, Hương, Thảo, Tuấn, Ngọc Ánh, Phượng, Quốc Bảo, Thị Mai, Hữu Nghĩa, Tường Vi",
        "Nguyễn, Trần, Lê, Phạm, Huỳnh, Đặng, Võ, Bùi, Đỗ, Dương",
    ),
    (
        "Oliver, Amelia, Siobhán, Declan, Rhiannon, Hamish, Zoë, Tamsin, Priya, Marcus, Ottilie",
        "Smith, O'Brien, McAllister, Taylor-Reid, Okafor, Hughes, Ashworth, Ní Bhriain, Patel, Lee",
    ),
    (
        "Chinedu, Adébáyò, Ngozi, Wanjiru, Themba, Nomvula, Kwabena, Abena, Zawadi, Tariro",
        "Okonkwo, Adéyẹmí, Mwangi, Dlamini, Mensah, Nkosi, Otieno, Boateng, Abiọ́lá, Moyo",
    ),
    (
        "Γιώργος=giorgos, Νίκος=nikos, Δημήτρης=dimitris, Κώστας=kostas, Γιάννης=giannis, "
        "Παναγιώτης=panagiotis, Στέλιος=stelios, Αλέξανδρος=alexandros",
        "Παπαδόπουλος=papadopoulos, Νικολαΐδης=nikolaidis, Οικονόμου=oikonomou, Βλάχος=vlachos, "
        "Γεωργίου=georgiou, Καραγιάννης=karagiannis, Μακρής=makris",
    ),
    (
        "Ελένη=eleni, Μαρία=maria, Κατερίνα=katerina, Σοφία=sofia, Δέσποινα=despoina, "
        "Χριστίνα=christina, Ιωάννα=ioanna, Φωτεινή=foteini",
        "Παπαδοπούλου=papadopoulou, Νικολαΐδου=nikolaidou, Οικονόμου=oikonomou, Βλάχου=vlachou, "
        "Γεωργίου=georgiou, Καραγιάννη=karagianni, Μακρή=makri",
    ),
    (
        "Олександр=oleksandr, Катерина=kateryna, Дмитро=dmytro, Юлія=yuliia, Сергій=serhii, "
        "Оксана=oksana, Ярослав=yaroslav, Соломія=solomiia, Тарас=taras, Ганна=hanna",
        "Шевченко=shevchenko, Бондаренко=bondarenko, Ткачук=tkachuk, Коваль=koval, "
        "Мельник=melnyk, Гончаренко=honcharenko, Мороз=moroz, Їжакевич=yizhakevych",
    ),
    (
        "陽菜=haruna, 蓮=ren, 美咲=misaki, 大翔=hiroto, さくら=sakura, 健太=kenta, "
        "結衣=yui, 翔太=shota",
        "佐藤=sato, 鈴木=suzuki, 高橋=takahashi, 田中=tanaka, 渡辺=watanabe, "
        "小林=kobayashi, 山本=yamamoto",
    ),
    (
        "秀英=xiuying, 伟=wei, 静=jing, 建国=jianguo, 丽=li, 志强=zhiqiang, 晓明=xiaoming, 雪=xue",
        "王=wang, 李=li, 张=zhang, 刘=liu, 陈=chen, 欧阳=ouyang, 周=zhou, 黄=huang",
    ),
    (
        "서연=seoyeon, 민준=minjun, 지우=jiwoo, 하은=haeun, 도윤=doyun, 수빈=subin, 현우=hyunwoo",
        "김=kim, 이=lee, 박=park, 최=choi, 정=jung, 강=kang, 조=cho, 윤=yoon",
    ),
    (
        "محمد=mohammed, فاطمة=fatima, أحمد=ahmad, ليلى=layla, يوسف=yusuf, مريم=maryam, "
        "خالد=khalid, نور=nour, عمر=omar, هدى=huda",
        "الحسيني=alhusseini, حداد=haddad, النجار=alnajjar, منصور=mansour, الخطيب=alkhatib, "
        "عبد الله=abdullah, صالح=saleh, قاسم=qasim",
    ),
    (
        "נועה=noa, דוד=david, יעל=yael, איתן=eitan, שירה=shira, אורי=uri, תמר=tamar, משה=moshe",
        "כהן=cohen, לוי=levi, מזרחי=mizrahi, פרידמן=friedman, ביטון=biton, אברהם=avraham",
    ),
    (
        "अनन्या=ananya, अर्जुन=arjun, प्रिया=priya, रोहन=rohan, मीरा=meera, विक्रम=vikram",
        "शर्मा=sharma, गुप्ता=gupta, वर्मा=verma, पटेल=patel, सिंह=singh, जोशी=joshi",
    ),
)

# Reserved for examples and tests (RFC 2606 and RFC 6761): nobody ever reads mail there.
DOMAINS = (
    "example.com",
    "example.net",
    "example.org",
    "mail.example.com",
    "post.example.net",
    "mail.example.org",
    "team.example.org",
    "atelier.example",
    "harbour.example",
    "studio.example",
    "nordwind.test",
    "orchard.test",
)

# The running number stands last in each, so no two addresses of a run are alike.
LOCAL_PARTS = (
    "{first}.{last}{number}",
    "{first}.{last}{number}",
    "{first}{number}",
    "{first}_{last}{number}",
    "{last}.{first}{number}",
    "{initial}.{last}{number}",
    "{first}-{last}{number}",
)

LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th",
        "ð": "d", "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa",
    }
)  # fmt: skip

DO_NOT_EMAIL = 0.02


class Name(NamedTuple):
    """A name as written, and in the letters a to z."""

    written: str
    latin: str


def people(count: int, *, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Invents people, one at a time: `firstname`, `lastname`, `email` and `donotemail`.

    The same seed gives the same people, and a longer run begins with the shorter one.

    Args:
        count: how many; none for 0 or less.
        seed: which run of people.
    """
    # random() alone: its sequence is promised to be the same in every version of Python.
    chance = random.Random(seed).random
    for number in range(1, count + 1):
        given, family = NAMES[int(chance() * len(NAMES))]
        first = given[int(chance() * len(given))]
        last = family[int(chance() * len(family))]
        local = LOCAL_PARTS[int(chance() * len(LOCAL_PARTS))].format(
            first=first.latin, last=last.latin, initial=first.latin[0], number=number
        )
        yield {
            "firstname": first.written,
            "lastname": last.written,
            "email": f"{local}@{DOMAINS[int(chance() * len(DOMAINS))]}",
            "donotemail": chance() < DO_NOT_EMAIL,
        }


def latin(name: str) -> str:
    """The letters a to z of a Latin name: "D'Aubigné" is "daubigne", "Müller" is "mueller"."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(LETTERS))
    return "".join(letter for letter in plain if "a" <= letter <= "z")


def _names(row: str) -> tuple[Name, ...]:
    pairs = (entry.partition("=") for entry in row.split(", "))
    return tuple(Name(written, given or latin(written)) for written, _, given in pairs)


NAMES = tuple((_names(given), _names(family)) for given, family in CULTURES)
