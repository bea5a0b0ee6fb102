//! Columns that own their elements: what a writer fills and hands to `write_frame`.
//!
//! Invariant: a [`Variable`]'s ends never decrease and the last one is the length of its data.

/// A batch of elements of one exact type.
#[derive(Clone, Debug)]
pub enum Column {
    /// So many times `None`.
    Null(usize),
    /// Truth values.
    Bool(Vec<bool>),
    /// Integers that fit 64 bits.
    Int(Vec<i64>),
    /// Floats; every bit is kept, also of NaN and -0.0.
    Float(Vec<f64>),
    /// Strings. The writer promises UTF-8; the reader checks it.
    Str(Variable),
    /// Byte strings.
    Bytes(Variable),
    /// Tuples of equal width, as one column for each field.
    Tuple {
        /// The number of tuples, which no field can tell if there is none.
        len: usize,
        /// One column of `len` elements for each field. None at all: the empty tuple.
        fields: Vec<Column>,
    },
    /// Lists of any lengths, as one column of all their items.
    List {
        /// Where each list ends in `items`; it starts where the one before it ends.
        ends: Vec<u64>,
        /// As many as the last end says.
        items: Box<Column>,
    },
    /// Elements of any other kind, as one pickled list.
    Pickled {
        /// The number of elements in the list.
        len: usize,
        /// The pickle, opaque here.
        data: Vec<u8>,
    },
    /// Elements of any kind, as the program's own serializer has written a list of them.
    Serialized {
        /// The number of elements that were written. Whoever reads them may find others.
        len: usize,
        /// What it has written, opaque here.
        data: Vec<u8>,
    },
}

impl Column {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Column::Null(len)
            | Column::Tuple { len, .. }
            | Column::Pickled { len, .. }
            | Column::Serialized { len, .. } => *len,
            Column::Bool(values) => values.len(),
            Column::Int(values) => values.len(),
            Column::List { ends, .. } => ends.len(),
            Column::Float(values) => values.len(),
            Column::Str(values) | Column::Bytes(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Elements of variable length, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// Where each element ends in `data`; it starts where the one before it ends.
    ends: Vec<u64>,
    data: Vec<u8>,
}

impl Variable {
    /// No elements, and room for `elements` of `bytes` together.
    pub fn with_capacity(elements: usize, bytes: usize) -> Self {
        Variable { ends: Vec::with_capacity(elements), data: Vec::with_capacity(bytes) }
    }

    /// Appends one element.
    pub fn push(&mut self, element: &[u8]) {
        self.data.extend_from_slice(element);
        self.ends.push(self.data.len() as u64);
    }

    /// Element `index`. Like indexing a slice, panics beyond the end.
    pub fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.data[start as usize..self.ends[index] as usize]
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Removes every element and keeps the room.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.data.clear();
    }

    /// Where each element ends in [`data`](Self::data).
    pub fn ends(&self) -> &[u64] {
        &self.ends
    }

    /// The bytes of all elements.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Variable {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut variable = Variable::default();
        elements.into_iter().for_each(|element| variable.push(element.as_ref()));
        variable
    }
}
