"""The invented texts: topics with their classifications, messages, replies, notes, survey comments."""

from dataclasses import dataclass

from activity_emulator.generator.chance import Weights


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of a conversation: its classification and customers' messages about it."""

    classification_id: int
    messages: tuple[str, ...]


CLASSIFICATIONS = (
    (123, "amusing"),
    (143, "customer service"),
    (151, "delivery"),
    (160, "Refund / return"),
    (172, "complaint"),
    (188, "praise"),
    (203, "product question"),
    (217, "store hours"),
    (230, "website & app"),
    (466, "positive"),
    (470, "negative"),
    (526, "social nps"),
    (528, "feedback"),
    (1465, "image"),
    (1467, "loyalty"),
    (1472, "bot"),
    (1490, "Größe & Umtausch"),
    (1501, "VIP 🌟"),
)

TOPICS = Weights(
    [
        (
            Topic(
                151,
                (
                    "Where is my parcel? It was due yesterday.",
                    "Tracking hasn't moved since Friday",
                    "The courier left it in the rain again!",
                ),
            ),
            22.0,
        ),
        (
            Topic(
                160,
                (
                    "How do I send this back?",
                    "Still waiting for my refund, it's been two weeks.",
                    "Can I return it in a store, without a receipt?",
                ),
            ),
            14.0,
        ),
        (
            Topic(
                143,
                (
                    "Hi, can someone help me please?",
                    "I rang three times and nobody picked up",
                    "Could you change the address on my order?",
                ),
            ),
            16.0,
        ),
        (
            Topic(
                172,
                (
                    "Not happy at all. The lid was cracked.",
                    'Worst service ever, "sorry" won\'t do',
                    "Third time it's broken; what now?",
                ),
            ),
            9.0,
        ),
        (
            Topic(
                188,
                (
                    "Jane was brilliant today, thank you!",
                    "Love the new range 💚",
                    "Arrived early, great work",
                ),
            ),
            9.0,
        ),
        (
            Topic(
                203,
                ("Does the kettle come in blue?", "Is it dishwasher safe?", "この商品は日本に送れますか。"),
            ),
            12.0,
        ),
        (Topic(217, ("Are you open on Monday?", "What time does Bondi close tonight?")), 6.0),
        (
            Topic(
                230,
                (
                    "The app logs me out all the time",
                    "Checkout says 'error 4', is it down?",
                    "I can't reset my password",
                ),
            ),
            8.0,
        ),
        (Topic(1490, ("Size M is more like an S, can I swap?", "Passt die Jacke auch in 52?")), 4.0),
    ]
)

TAGS = (123, 466, 470, 528, 1465, 1467, 1501)

FOLLOW_UPS = (
    "Thanks, and how long will that take?",
    "Any news?",
    "I've sent you the order number, it's 40-2231",
    "OK thank you",
    "That's not what I asked :(",
    "?",
    "Here's a photo",
)

REPLIES = (
    "Thanks for reaching out, I'm looking into it now.",
    "Sorry about that! Could you send us your order number?",
    "It left our warehouse this morning and should be with you tomorrow.",
    "Your refund is on its way; banks take three to five days.",
    "Lovely to hear, I'll pass it on to the team.",
    "We're open 9 to 5 on public holidays.",
    "I've arranged a replacement for you.",
)

AGENT_NOTES = (
    "Called the warehouse",
    "Waiting for the courier's answer",
    "Second contact, be kind",
    "See case of May",
)

COMMENTS = (
    "Quick and friendly",
    "Took too long",
    "Jane was lovely",
    "Solved, thanks!",
    "I had to ask twice",
    "👍",
)
