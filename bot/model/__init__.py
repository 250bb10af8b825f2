"""The words of the product, as frozen dataclasses and ports. Standard library only."""

from bot.model.dataset import *
from bot.model.digest import *
from bot.model.edition import *
from bot.model.names import slug
from bot.model.occurrence import *
from bot.model.ports import *
from bot.model.records import *
from bot.model.rendition import *
from bot.model.window import Window
