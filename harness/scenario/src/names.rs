//! Names that have broken directories before.

/// Given and family names that are awkward on purpose: apostrophes, commas, quotes, other scripts, every character that
/// RFC 4514 or RFC 4515 escapes, and names that do not fit the 20 characters of `sAMAccountName`.
pub(crate) const AWKWARD: [(&str, &str); 16] = [
    ("Siobhán", "O'Brien"),
    ("Zoë", "Müller-Lüdenscheidt"),
    ("Jean, dit \"Jojo\"", "L'Écuyer"),
    ("小龙", "李"),
    ("Дмитрий", "Достоевский"),
    ("محمد", "عبد الله"),
    ("Ayşe", "İnönü"),
    ("Anna+Maria", "Smith=Jones"),
    ("#Hash", "Leading"),
    ("Back\\slash", "Semi;Colon"),
    ("<Angle>", "Bracket"),
    ("Star*", "(Paren)"),
    ("Maximiliane-Alexandra", "Wolfeschlegelsteinhausen"),
    ("D'Arcy", "D'Angelo-O'Sullivan"),
    ("Ελένη", "Παπαδοπούλου"),
    ("Bobby\"); DROP", "Tables--"),
];

/// What groups are called after their number.
pub(crate) const DEPARTMENTS: [&str; 16] = [
    "Accounting",
    "Administration",
    "Buildings",
    "Development",
    "Dispatch",
    "Engineering",
    "Finance",
    "Helpdesk",
    "Legal",
    "Logistics",
    "Marketing",
    "Personnel",
    "Production",
    "Research",
    "Sales",
    "Warehouse",
];

/// The same, awkward on purpose.
pub(crate) const AWKWARD_DEPARTMENTS: [&str; 8] = [
    "R&D, Zürich",
    "O'Hara's Team",
    "Süd/West",
    "C++ \"Guild\"",
    "営業部",
    "(Former) Staff*",
    "A=B; C\\D",
    "<All hands>",
];
