//! The numbers that stand for a column's type in a frame. They are the format: never renumber, only add.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Null = 1,
    Bool = 2,
    Int = 3,
    Float = 4,
    /// Strings with 32-bit offsets.
    Str = 5,
    /// Strings with 64-bit offsets.
    LargeStr = 6,
    /// Byte strings with 32-bit offsets.
    Bytes = 7,
    /// Byte strings with 64-bit offsets.
    LargeBytes = 8,
    Tuple = 9,
    Pickled = 10,
    /// Lists with 32-bit offsets.
    List = 11,
    /// Lists with 64-bit offsets.
    LargeList = 12,
    Serialized = 13,
}

impl Kind {
    const ALL: [Kind; 13] = [
        Kind::Null,
        Kind::Bool,
        Kind::Int,
        Kind::Float,
        Kind::Str,
        Kind::LargeStr,
        Kind::Bytes,
        Kind::LargeBytes,
        Kind::Tuple,
        Kind::Pickled,
        Kind::List,
        Kind::LargeList,
        Kind::Serialized,
    ];

    pub(super) fn from_number(number: u16) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u16 == number)
    }
}
