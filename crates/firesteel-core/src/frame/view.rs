//! Columns that borrow a frame's bytes: what a reader gets.
//!
//! Invariant: a view was checked when it was made (lengths, offsets, UTF-8), so that reaching any element below `len` cannot fail.

use std::borrow::Cow;

/// A batch of elements of one exact type, in place.
#[derive(Debug)]
pub enum ColumnView<'a> {
    /// So many times `None`.
    Null(usize),
    /// Truth values.
    Bool(BitView<'a>),
    /// Integers; copied only where the bytes do not lie aligned in memory.
    Int(Cow<'a, [i64]>),
    /// Floats with their exact bits; copied only where the bytes do not lie aligned in memory.
    Float(Cow<'a, [f64]>),
    /// Strings.
    Str(VariableView<'a, str>),
    /// Byte strings.
    Bytes(VariableView<'a, [u8]>),
    /// Tuples of equal width, as one column for each field.
    Tuple {
        /// The number of tuples.
        len: usize,
        /// One column of `len` elements for each field.
        fields: Vec<ColumnView<'a>>,
    },
    /// Lists of any lengths.
    List {
        /// Where they begin and end among the items.
        offsets: Offsets<'a>,
        /// The items of all of them.
        items: Box<ColumnView<'a>>,
    },
    /// One pickled list.
    Pickled {
        /// The number of elements in the list.
        len: usize,
        /// The pickle.
        data: &'a [u8],
    },
    /// What the program's own serializer has written.
    Serialized {
        /// The number of elements that were written.
        len: usize,
        /// Its bytes.
        data: &'a [u8],
    },
}

impl ColumnView<'_> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            ColumnView::Null(len)
            | ColumnView::Tuple { len, .. }
            | ColumnView::Pickled { len, .. }
            | ColumnView::Serialized { len, .. } => *len,
            ColumnView::Bool(bits) => bits.len(),
            ColumnView::Int(values) => values.len(),
            ColumnView::List { offsets, .. } => offsets.len(),
            ColumnView::Float(values) => values.len(),
            ColumnView::Str(values) => values.len(),
            ColumnView::Bytes(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Arrow's bitmap: one bit an element, least significant first.
#[derive(Clone, Copy, Debug)]
pub struct BitView<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl<'a> BitView<'a> {
    /// `bytes` are exactly those that `len` bits take.
    pub(super) fn new(bytes: &'a [u8], len: usize) -> Self {
        debug_assert_eq!(bytes.len(), len.div_ceil(8));
        BitView { bytes, len }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Element `index`. Like indexing a slice, panics beyond the end.
    pub fn get(&self, index: usize) -> bool {
        assert!(index < self.len, "element {index} of {}", self.len);
        self.bytes[index / 8] >> (index % 8) & 1 == 1
    }

    /// The elements in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = bool> + use<'a> {
        let bits = *self;
        (0..self.len).map(move |index| bits.get(index))
    }
}

/// Where elements of variable length begin and end: one number more than there are elements.
#[derive(Debug)]
pub enum Offsets<'a> {
    /// As in Arrow's `Utf8` and `Binary`.
    Narrow(Cow<'a, [u32]>),
    /// As in Arrow's `LargeUtf8` and `LargeBinary`.
    Wide(Cow<'a, [u64]>),
}

impl Offsets<'_> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Offsets::Narrow(offsets) => offsets.len() - 1,
            Offsets::Wide(offsets) => offsets.len() - 1,
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where element `index` begins and ends. Like indexing a slice, panics beyond the end.
    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        match self {
            Offsets::Narrow(offsets) => offsets[index] as usize..offsets[index + 1] as usize,
            Offsets::Wide(offsets) => offsets[index] as usize..offsets[index + 1] as usize,
        }
    }

    /// Whether `fits` holds for each place where an element begins or ends.
    fn all(&self, fits: impl Fn(usize) -> bool) -> bool {
        match self {
            Offsets::Narrow(offsets) => offsets.iter().all(|offset| fits(*offset as usize)),
            Offsets::Wide(offsets) => offsets.iter().all(|offset| fits(*offset as usize)),
        }
    }
}

/// Elements of variable length over one run of bytes: `str` or `[u8]`.
#[derive(Debug)]
pub struct VariableView<'a, T: ?Sized> {
    offsets: Offsets<'a>,
    data: &'a T,
}

impl<'a, T: ?Sized> VariableView<'a, T> {
    /// `offsets` have been checked against `data`.
    pub(super) fn new(offsets: Offsets<'a>, data: &'a T) -> Self {
        VariableView { offsets, data }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the elements begin and end in [`data`](Self::data).
    pub fn offsets(&self) -> &Offsets<'a> {
        &self.offsets
    }

    /// All elements without their bounds.
    pub fn data(&self) -> &'a T {
        self.data
    }
}

impl<'a> VariableView<'a, str> {
    /// Element `index`. Like indexing a slice, panics beyond the end.
    pub fn get(&self, index: usize) -> &'a str {
        &self.data[self.offsets.range(index)]
    }

    /// The elements in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl<'a> VariableView<'a, [u8]> {
    /// The elements as strings. Checked once for all, so that each can then be cut out of one checked `str`.
    pub(super) fn into_text(self) -> Result<VariableView<'a, str>, &'static str> {
        let text = std::str::from_utf8(self.data).map_err(|_| "a string is not UTF-8")?;
        if text.is_ascii() || self.offsets.all(|offset| text.is_char_boundary(offset)) {
            Ok(VariableView { offsets: self.offsets, data: text })
        } else {
            Err("an offset splits a character")
        }
    }

    /// Element `index`. Like indexing a slice, panics beyond the end.
    pub fn get(&self, index: usize) -> &'a [u8] {
        &self.data[self.offsets.range(index)]
    }

    /// The elements in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }
}
