"""Dates in English as on the rest of the page: 21 Nov 2026, 17:42. Those in Chinese and Korean are Django's own."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
