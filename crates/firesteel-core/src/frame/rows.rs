//! Columns by rows: brought together, picked out, put in another order, without a look at what the elements mean.
//!
//! Invariant: every element keeps its exact bits and type. A pickle is one piece: it can be copied as a whole, and
//! nothing else.

use std::borrow::Cow;
use std::ops::Range;

use super::column::{Column, Variable};
use super::view::{ColumnView, Offsets, VariableView};

impl ColumnView<'_> {
    /// A column that owns the elements.
    pub fn to_column(&self) -> Column {
        match self {
            ColumnView::Null(len) => Column::Null(*len),
            ColumnView::Bool(bits) => Column::Bool(bits.iter().collect()),
            ColumnView::Int(values) => Column::Int(values.to_vec()),
            ColumnView::Float(values) => Column::Float(values.to_vec()),
            ColumnView::Str(values) => {
                Column::Str(variable(values.offsets(), values.data().as_bytes()))
            }
            ColumnView::Bytes(values) => Column::Bytes(variable(values.offsets(), values.data())),
            ColumnView::Tuple { len, fields } => {
                Column::Tuple { len: *len, fields: fields.iter().map(Self::to_column).collect() }
            }
            ColumnView::List { offsets, items } => {
                Column::List { ends: ends(offsets).collect(), items: Box::new(items.to_column()) }
            }
            ColumnView::Pickled { len, data } => Column::Pickled { len: *len, data: data.to_vec() },
            ColumnView::Serialized { len, data } => {
                Column::Serialized { len: *len, data: data.to_vec() }
            }
        }
    }

    /// Whether nothing in it is pickled.
    pub fn is_typed(&self) -> bool {
        match self {
            ColumnView::Tuple { fields, .. } => fields.iter().all(Self::is_typed),
            ColumnView::List { items, .. } => items.is_typed(),
            ColumnView::Pickled { .. } | ColumnView::Serialized { .. } => false,
            _ => true,
        }
    }
}

impl Column {
    /// The elements in place. None for truth values and pickles: views of these look different.
    pub fn view(&self) -> Option<ColumnView<'_>> {
        self.part(0..self.len())
    }

    /// Some of the elements, in place.
    ///
    /// # Panics
    ///
    /// If there are none at these places.
    pub fn part(&self, rows: Range<usize>) -> Option<ColumnView<'_>> {
        Some(match self {
            Column::Null(_) => ColumnView::Null(rows.len()),
            Column::Int(values) => ColumnView::Int(Cow::Borrowed(&values[rows])),
            Column::Float(values) => ColumnView::Float(Cow::Borrowed(&values[rows])),
            Column::Str(values) => ColumnView::Str(variable_part(values, rows).into_text().ok()?),
            Column::Bytes(values) => ColumnView::Bytes(variable_part(values, rows)),
            Column::Tuple { fields, .. } => {
                let len = rows.len();
                let fields = fields.iter().map(|field| field.part(rows.clone()));
                ColumnView::Tuple { len, fields: fields.collect::<Option<_>>()? }
            }
            Column::List { ends, items } => {
                let (offsets, items_of_rows) = offsets_of(ends, rows);
                ColumnView::List { offsets, items: Box::new(items.part(items_of_rows)?) }
            }
            Column::Bool(_) | Column::Pickled { .. } | Column::Serialized { .. } => return None,
        })
    }

    /// Adds elements, if they are of the same types throughout; whether they are. Truth values, lists and pickles
    /// are never.
    pub fn append(&mut self, more: &ColumnView<'_>) -> bool {
        let alike = self.is_alike(more);
        if alike {
            self.extend(more);
        }
        alike
    }

    /// Whether it can [`append`](Self::append) the elements.
    pub fn is_alike(&self, more: &ColumnView<'_>) -> bool {
        match (self, more) {
            (Column::Tuple { fields, .. }, ColumnView::Tuple { fields: more, .. }) => {
                fields.len() == more.len()
                    && fields.iter().zip(more).all(|(field, more)| field.is_alike(more))
            }
            (Column::Null(_), ColumnView::Null(_))
            | (Column::Int(_), ColumnView::Int(_))
            | (Column::Float(_), ColumnView::Float(_))
            | (Column::Str(_), ColumnView::Str(_))
            | (Column::Bytes(_), ColumnView::Bytes(_)) => true,
            _ => false,
        }
    }

    fn extend(&mut self, more: &ColumnView<'_>) {
        match (self, more) {
            (Column::Null(len), ColumnView::Null(more)) => *len += more,
            (Column::Int(values), ColumnView::Int(more)) => values.extend_from_slice(more),
            (Column::Float(values), ColumnView::Float(more)) => values.extend_from_slice(more),
            (Column::Str(values), ColumnView::Str(more)) => {
                more.iter().for_each(|text| values.push(text.as_bytes()));
            }
            (Column::Bytes(values), ColumnView::Bytes(more)) => {
                more.iter().for_each(|bytes| values.push(bytes));
            }
            (Column::Tuple { len, fields }, ColumnView::Tuple { len: added, fields: more }) => {
                *len += added;
                fields.iter_mut().zip(more).for_each(|(field, more)| field.extend(more));
            }
            _ => debug_assert!(false, "only columns that are alike are brought together"),
        }
    }

    /// The elements at the places, in this order. None of a pickle.
    ///
    /// # Panics
    ///
    /// If there is no such place.
    pub fn gather(&self, places: &[u32]) -> Option<Column> {
        Some(match self {
            Column::Null(_) => Column::Null(places.len()),
            Column::Bool(values) => Column::Bool(gathered(values, places)),
            Column::Int(values) => Column::Int(gathered(values, places)),
            Column::Float(values) => Column::Float(gathered(values, places)),
            Column::Str(values) => Column::Str(gathered_variable(values, places)),
            Column::Bytes(values) => Column::Bytes(gathered_variable(values, places)),
            Column::Tuple { fields, .. } => {
                let fields = fields.iter().map(|field| field.gather(places));
                Column::Tuple { len: places.len(), fields: fields.collect::<Option<_>>()? }
            }
            Column::List { ends, items } => gathered_lists(ends, items, places)?,
            Column::Pickled { .. } | Column::Serialized { .. } => return None,
        })
    }
}

fn gathered<T: Copy>(values: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|place| values[*place as usize]).collect()
}

fn gathered_variable(values: &Variable, places: &[u32]) -> Variable {
    let mut chosen = Variable::with_capacity(places.len(), 0);
    places.iter().for_each(|place| chosen.push(values.get(*place as usize)));
    chosen
}

fn gathered_lists(ends: &[u64], items: &Column, places: &[u32]) -> Option<Column> {
    u32::try_from(items.len()).ok()?;
    let (mut chosen_ends, mut chosen) = (Vec::with_capacity(places.len()), Vec::new());
    for place in places {
        let place = *place as usize;
        let start = place.checked_sub(1).map_or(0, |before| ends[before]);
        chosen.extend(start as u32..ends[place] as u32);
        chosen_ends.push(chosen.len() as u64);
    }
    Some(Column::List { ends: chosen_ends, items: Box::new(items.gather(&chosen)?) })
}

fn ends(offsets: &Offsets<'_>) -> impl Iterator<Item = u64> {
    (0..offsets.len()).map(|index| offsets.range(index).end as u64)
}

fn variable(offsets: &Offsets<'_>, data: &[u8]) -> Variable {
    let mut values = Variable::with_capacity(offsets.len(), data.len());
    (0..offsets.len()).for_each(|index| values.push(&data[offsets.range(index)]));
    values
}

fn variable_part(values: &Variable, rows: Range<usize>) -> VariableView<'_, [u8]> {
    let (offsets, bytes) = offsets_of(values.ends(), rows);
    VariableView::new(offsets, &values.data()[bytes])
}

/// Where rows begin and end among what they are made of, counted from the first one's beginning; and what that is.
fn offsets_of(ends: &[u64], rows: Range<usize>) -> (Offsets<'static>, Range<usize>) {
    let start = rows.start.checked_sub(1).map_or(0, |before| ends[before]);
    let ends = ends[rows].iter().map(|end| end - start);
    let offsets: Vec<u64> = std::iter::once(0).chain(ends).collect();
    let length = offsets.last().copied().unwrap_or_default();
    (Offsets::Wide(Cow::Owned(offsets)), start as usize..(start + length) as usize)
}
