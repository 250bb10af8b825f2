"""The customers: names in many scripts, all of them invented."""

from collections.abc import Iterator, Sequence

from activity_emulator.generator.chance import Chance
from activity_emulator.log.schema import Row

# A prime, so that steps through it reach every customer. At some 100 conversations a day a customer writes
# again after six weeks.
CUSTOMERS = 12_007
STEP_PER_DAY = 293

NAMES: tuple[tuple[Sequence[str], Sequence[str], str], ...] = (
    (
        ("Olivia", "Noah", "Charlotte", "Jack", "Mia", "Lachlan", "Ruby", "Angus", "Matilda", "Siobhán"),
        (
            "Smith",
            "Nguyen",
            "Williams",
            "O'Brien",
            "D'Souza",
            "Kelly",
            "Taylor",
            "Papadopoulos",
            "Singh",
            "White",
        ),
        " ",
    ),
    (
        ("Zoë", "Søren", "François", "Ýmir", "Łucja", "Jürgen", "Çağla", "Nuño", "Đorđe", "Ilse"),
        (
            "Åkesson",
            "Gößmann",
            "Núñez",
            "Šimková",
            "Þórsdóttir",
            "Dvořák",
            "Yılmaz",
            "Bălan",
            "Ørsted",
            "Lefèvre",
        ),
        " ",
    ),
    (("伟", "芳", "秀英", "敏", "静"), ("王", "李", "张", "刘", "欧阳"), ""),
    (("さくら", "翔太", "陽子", "健"), ("佐藤", "鈴木", "高橋", "渡辺"), " "),
    (("민준", "서연", "지우", "하은"), ("김", "이", "박", "최"), ""),
    (("محمد", "فاطمة", "ليلى", "يوسف"), ("الحسن", "خليل", "المصري", "حداد"), " "),
    (("נועה", "איתן", "תמר", "יואב"), ("כהן", "לוי", "מזרחי", "פרץ"), " "),
    (("आरव", "दीया", "प्रिया", "रोहन"), ("शर्मा", "पटेल", "गुप्ता", "सिंह"), " "),
    (("Анна", "Дмитрий", "Ольга", "Сергей"), ("Иванова", "Петренко", "Смирнов", "Ковальчук"), " "),
    (("Ελένη", "Γιώργος", "Μαρία"), ("Παπαδοπούλου", "Νικολάου", "Ιωάννου"), " "),
    (("สมชาย", "มาลี"), ("ใจดี", "สุขใจ"), " "),
    (("🌻 Sunny", "🦘 Roo"), ("🌊", "✨"), " "),
)

# Share of names from the first row: the other scripts appear, but are not frequent.
COMMON = 0.62

NOTES = (
    "Prefers a call back",
    "Store card holder",
    "Reported for abuse in March",
    "VIP 🌟",
    "Writes in capitals",
)


def customer_rows(seed: int) -> Iterator[Row]:
    """Yield one row for each customer: id, user name, full name, email, note."""
    chance = Chance(seed, "customers")
    for number in range(CUSTOMERS):
        firsts, lasts, between = NAMES[0] if chance.happens(COMMON) else chance.pick(NAMES)
        first, last = chance.pick(firsts), chance.pick(lasts)
        full_name = f"{last}{first}" if between == "" else f"{first}{between}{last}"
        note = chance.pick(NOTES) if chance.happens(0.02) else None
        yield (
            "customers",
            (number + 1, f"acme_fan_{number + 1}", full_name, f"c{number + 1}@example.com", note),
        )


def customer_of(day: int, number: int) -> int:
    """Return the customer who begins a day's conversation; no customer begins two on nearby days."""
    return (day * STEP_PER_DAY + number) % CUSTOMERS + 1
