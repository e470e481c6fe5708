"""What kind of browser a visitor came with, as far as its name tells. Pure.

A messenger's own browser has cookies of its own, which the app may throw away, and mostly shows nothing at
all of a box that made its certificate itself. So who joins there is told, before the invite is used up.
Chrome's custom tabs and Safari's views inside apps bear the browser's own name: the first are Chrome, the
second cannot be told.
"""

from __future__ import annotations

import re

_APPS = re.compile(r"FBAN|FBAV|FB_IAB|Instagram|Zalo|\bLine/|MicroMessenger|WhatsApp|Telegram|Viber|TikTok"
                   r"|musical_ly|BytedanceWebview|; wv\)")      # the last: any app's WebView on Android
_APPLE = re.compile(r"iPhone|iPad|iPod")


def is_in_app(user_agent: str) -> bool:
    """Whether the page is shown by an app that is no browser.

    >>> is_in_app("Mozilla/5.0 (Linux; Android 14; wv) Chrome/130.0 Mobile Safari/537.36 Zalo android/24100")
    True
    """
    if _APPS.search(user_agent):
        return True
    return bool(_APPLE.search(user_agent)) and "Safari/" not in user_agent
