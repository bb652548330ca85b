"""Units of each currency for one US dollar, made up, of the right order of magnitude.

Texts made of them look like real ones. The extremes are wanted: tiny, huge and without decimals.
The codes are those of ISO 4217 in use, and some that sellers of rates add (BTC, CNH, GGP, ...).
"""

from __future__ import annotations

BASE = "USD"

USUAL: dict[str, float] = {
    "AED": 3.6725, "AFN": 66.2, "ALL": 83.4, "AMD": 382.0, "ANG": 1.79, "AOA": 917.0,
    "ARS": 1425.0, "AUD": 1.52, "AWG": 1.8, "AZN": 1.7, "BAM": 1.687, "BBD": 2.0,
    "BDT": 122.2, "BGN": 1.687, "BHD": 0.376, "BIF": 2950.0, "BMD": 1.0, "BND": 1.3,
    "BOB": 6.91, "BRL": 5.41, "BSD": 1.0, "BTC": 0.0000098, "BTN": 88.6, "BWP": 13.4,
    "BYN": 3.41, "BZD": 2.01, "CAD": 1.39, "CDF": 2250.0, "CHF": 0.81, "CLF": 0.0238,
    "CLP": 932.0, "CNH": 7.11, "CNY": 7.12, "COP": 3760.0, "CRC": 501.0, "CUC": 1.0,
    "CUP": 24.0, "CVE": 95.1, "CZK": 21.1, "DJF": 177.7, "DKK": 6.44, "DOP": 64.1,
    "DZD": 130.3, "EGP": 47.4, "ERN": 15.0, "ETB": 154.0, "EUR": 0.8626, "FJD": 2.28,
    "FKP": 0.7571, "GBP": 0.7571, "GEL": 2.71, "GGP": 0.7571, "GHS": 11.1, "GIP": 0.7571,
    "GMD": 73.0, "GNF": 8690.0, "GTQ": 7.66, "GYD": 209.0, "HKD": 7.78, "HNL": 26.3,
    "HRK": 6.5, "HTG": 131.0, "HUF": 335.2, "IDR": 16650.0, "ILS": 3.27, "IMP": 0.7571,
    "INR": 88.6, "IQD": 1310.0, "IRR": 42105.0, "ISK": 126.4, "JEP": 0.7571, "JMD": 160.6,
    "JOD": 0.709, "JPY": 154.7, "KES": 129.2, "KGS": 87.4, "KHR": 4015.0, "KMF": 424.0,
    "KPW": 900.0, "KRW": 1462.0, "KWD": 0.307, "KYD": 0.833, "KZT": 521.5, "LAK": 21700.0,
    "LBP": 89500.0, "LKR": 308.0, "LRD": 181.0, "LSL": 17.2, "LYD": 5.46, "MAD": 9.27,
    "MDL": 17.0, "MGA": 4490.0, "MKD": 53.1, "MMK": 2100.0, "MNT": 3570.0, "MOP": 8.01,
    "MRU": 39.7, "MUR": 46.1, "MVR": 15.4, "MWK": 1734.0, "MXN": 18.4, "MYR": 4.14,
    "MZN": 63.9, "NAD": 17.2, "NGN": 1445.0, "NIO": 36.8, "NOK": 10.12, "NPR": 141.8,
    "NZD": 1.77, "OMR": 0.3845, "PAB": 1.0, "PEN": 3.38, "PGK": 4.23, "PHP": 58.9,
    "PKR": 281.0, "PLN": 3.66, "PYG": 7050.0, "QAR": 3.64, "RON": 4.39, "RSD": 101.2,
    "RUB": 81.2, "RWF": 1453.0, "SAR": 3.75, "SBD": 8.23, "SCR": 14.2, "SDG": 600.0,
    "SEK": 9.5, "SGD": 1.3, "SHP": 0.7571, "SLE": 23.2, "SOS": 571.0, "SRD": 38.5,
    "SSP": 130.3, "STN": 21.1, "SVC": 8.75, "SYP": 11000.0, "SZL": 17.2, "THB": 32.4,
    "TJS": 9.24, "TMT": 3.5, "TND": 2.95, "TOP": 2.38, "TRY": 42.3, "TTD": 6.78,
    "TWD": 31.2, "TZS": 2450.0, "UAH": 42.1, "UGX": 3620.0, "USD": 1.0, "UYU": 39.7,
    "UZS": 11950.0, "VES": 240.0, "VND": 26330.0, "VUV": 122.0, "WST": 2.79, "XAF": 566.0,
    "XAG": 0.0192, "XAU": 0.000242, "XCD": 2.7, "XDR": 0.737, "XOF": 566.0, "XPD": 0.00069,
    "XPF": 102.9, "XPT": 0.00063, "YER": 238.5, "ZAR": 17.2, "ZMW": 23.0, "ZWG": 26.4,
}  # fmt: skip

PEGGED = frozenset({
    "AED", "ANG", "AWG", "BBD", "BHD", "BMD", "BSD", "BZD", "CUC", "CUP", "DJF", "ERN", "HKD",
    "JOD", "KYD", "LBP", "MOP", "OMR", "PAB", "QAR", "SAR", "SVC", "TMT", "USD", "XCD",
})  # fmt: skip
"""Currencies whose rate hardly moves."""

WILD = frozenset({"ARS", "BTC", "NGN", "TRY", "VES", "XAG", "XPD", "ZWG"})
"""Currencies whose rate moves much."""
