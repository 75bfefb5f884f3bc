"""Large numbers as CLDR writes them in Chinese, 193,000; Django's own writes 193000."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
