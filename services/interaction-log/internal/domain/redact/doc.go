// Package redact keeps card numbers, card security codes and PINs off the disk and out of logs.
//
// A card number (PAN) is masked to at most its first six and last four digits, the truncation that PCI DSS allows;
// security codes and PINs (sensitive authentication data) become "***". Masked text is never detected again, so
// redacting twice changes nothing.
//
// What counts as a card number in free text: 12 to 19 digits in an issuer's range and of a length that this issuer
// uses, with a valid Luhn digit. The digits may be ASCII or any other Unicode decimal digits, may be spelled in English
// ("four one one one", "double four", "forty-one"), and may be grouped with up to four separators (any space or line
// break, dashes, dots, commas, slashes, underscores, middle dots) and any number of invisible characters.
//
// Where a number begins and ends is decided conservatively:
//
//   - A card number never starts or ends in the middle of an unbroken digit run, with two exceptions: leading zeros
//     are padding ("00004111111111111111"), and an expiry date with or without the code may follow at once
//     ("41111111111111111227123"); the whole run is masked then.
//   - Groups as printed on cards (4-4-4-4, 4-6-5, ...) are found next to any other numbers. Other groupings must be
//     bounded: by the text around, by a separator they do not use themselves, or by an expiry date.
//   - Numbers with letters at their edge ("ORD4111111111111111") count with 15 or 16 digits. UUIDs, hexadecimal ids of
//     the usual sizes and valid IBANs are left alone.
//   - 15 or fewer digits after "+" are a phone number. 13 or fewer are one when a word such as "phone" or "mobile"
//     stands before; Maestro numbers of 12 and 13 digits, which look like phone numbers, need a word such as "card".
//
// Everything here is a pure function of its input and safe for concurrent use, apart from Sequence, which is state.
package redact
