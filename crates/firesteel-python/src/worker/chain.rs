//! The chain of operators that work element by element, as a flat array run by a loop.
//!
//! Invariant: user functions are called in pipeline order, one element at a time: `map(f).filter(g)` runs
//! f0 g0 f1 g1. Open flatMap iterators form a stack; the deepest in the chain is asked first.

use super::columns::{Offered, Taker};
use super::copies::CopySource;
use super::failure::blame_step;
use super::groups::{self, Product};
use super::lines::{self, Searching};
use super::pairs;
use super::stream::Stream;
use super::task::Task;
use crate::capi::{self, Function};
use firesteel_core::frame::ColumnView;
use firesteel_core::protocol::{Definition, Operator};
use firesteel_core::text::Contains;
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

/// Operators over the elements of an input.
pub struct Chain {
    input: Stream,
    links: Vec<Link>,
    /// Open iterators of flatMap and flatMapValues, by rising position in the chain.
    open: Vec<Open>,
    /// How many links in front are filters.
    filters: usize,
    /// Those of them that lines of text pass as bytes; none before the first line.
    searching: Option<Searching>,
    /// Whether each link makes one element of one.
    only_maps: bool,
    turn: u64,
}

/// One operator of the chain.
pub struct Link {
    operator: Operator,
    function: Function,
    rdd: RddId,
    name: String,
}

struct Open {
    position: usize,
    /// The key that every item is paired with, for flatMapValues.
    key: Option<Py<PyAny>>,
    items: Items,
    record: Py<PyAny>,
}

/// What an element is expanded to.
enum Items {
    Python(Py<PyIterator>),
    Product(Box<Product>),
}

/// What a link made of an element.
enum Step<'py> {
    Pass(Bound<'py, PyAny>),
    Skip,
    Expand { key: Option<Bound<'py, PyAny>>, items: Items },
}

impl Chain {
    pub fn new(input: Stream) -> Self {
        let (links, open) = (Vec::new(), Vec::new());
        Self { input, links, open, filters: 0, searching: None, only_maps: true, turn: 0 }
    }

    /// Adds an operator that [`Chain::takes`] allows.
    pub fn push(&mut self, definition: &Definition, function: Function) {
        if definition.operator == Operator::Filter && self.filters == self.links.len() {
            self.filters += 1;
        }
        self.only_maps &= definition.operator == Operator::Map;
        self.links.push(Link {
            operator: definition.operator,
            function,
            rdd: definition.rdd,
            name: definition.name.clone(),
        });
    }

    /// The tests that make up the whole chain, if it is over lines of text and nothing but plain tests of these.
    pub fn tests_of_lines(&self, py: Python<'_>) -> PyResult<Option<Vec<Contains>>> {
        match &self.input {
            Stream::Files(source) if source.is_text() && self.filters == self.links.len() => {
                self.links.iter().map(|link| lines::test_of(py, &link.function)).collect()
            }
            _ => Ok(None),
        }
    }

    pub fn into_input(self) -> Stream {
        self.input
    }

    /// Takes the last link away, if it makes pairs of an element and None; whether it did.
    pub fn drop_pairing(&mut self) -> bool {
        self.links.pop_if(|link| link.operator == Operator::PairWithNone).is_some()
    }

    /// Its input, if nothing is done to the elements.
    pub fn simplified(chain: Box<Self>) -> Stream {
        if chain.links.is_empty() { chain.input } else { Stream::Chain(chain) }
    }

    /// Whether an operator works element by element.
    pub fn takes(operator: Operator) -> bool {
        matches!(
            operator,
            Operator::Map
                | Operator::Filter
                | Operator::FlatMap
                | Operator::MapValues
                | Operator::FlatMapValues
                | Operator::KeyBy
                | Operator::Keys
                | Operator::Values
                | Operator::PairWithNone
                | Operator::TagValue(_)
                | Operator::WrapGroups
                | Operator::JoinGroups { .. }
                | Operator::Cogroup(_)
                | Operator::SubtractGroups
                | Operator::IntersectGroups
                | Operator::ValuesOfKey
        )
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.only_maps {
            return self.next_mapped(py, task);
        }
        loop {
            let (element, position) = match self.next_open(py, task)? {
                Some(found) => found,
                None => match self.next_input(py, task)? {
                    Some(found) => found,
                    None => return Ok(None),
                },
            };
            if let Some(element) = self.advance(py, task, element, position)? {
                return Ok(Some(element));
            }
        }
    }

    /// The next element, where no link leaves one out or makes several of one: nothing has to be remembered.
    fn next_mapped<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let element = match &mut self.input {
            Stream::Range(source) => source.next(py, task)?,
            other => other.next(py, task)?,
        };
        let Some(mut element) = element else { return Ok(None) };
        self.turn = self.turn.wrapping_add(1);
        for link in &self.links {
            element = link.map(py, task, self.turn, element)?;
        }
        Ok(Some(element))
    }

    /// The next element of the input, with the position of the link to begin with.
    fn next_input<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<(Bound<'py, PyAny>, usize)>> {
        self.turn = self.turn.wrapping_add(1);
        match &mut self.input {
            Stream::Copy(source) if self.filters > 0 => {
                let filters = &self.links[..self.filters];
                let passed = next_passing(py, task, source, filters, &mut self.turn)?;
                Ok(passed.map(|element| (element, self.filters)))
            }
            Stream::Files(source) if self.filters > 0 && task.limits.native && source.is_text() => {
                let searching = match &mut self.searching {
                    Some(searching) => searching,
                    before => before.insert(searching(py, &self.links[..self.filters])?),
                };
                searching.next(py, task, source)
            }
            other => Ok(other.next(py, task)?.map(|element| (element, 0))),
        }
    }

    /// Whether nothing is done to the elements but to take keys or values of pairs.
    pub fn may_offer(&self) -> bool {
        let takes_apart = |link: &Link| matches!(link.operator, Operator::Keys | Operator::Values);
        self.links.iter().all(takes_apart)
    }

    /// Offers a column of what its input offers, where nothing is done but to take keys or values of pairs.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        if !task.limits.native || !self.may_offer() {
            return Ok(Offered::Refused);
        }
        let links = &self.links;
        self.input.offer(py, task, &mut |column| match taken_apart(column, links) {
            Some(column) => take(column),
            None => Ok(false),
        })
    }

    /// The next item of the deepest open iterator, with the position after it; exhausted ones are closed.
    fn next_open<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<(Bound<'py, PyAny>, usize)>> {
        while let Some(open) = self.open.last_mut() {
            self.turn = self.turn.wrapping_add(1);
            let item = match &mut open.items {
                Items::Python(items) => {
                    task.counters.time(self.turn, || items.bind(py).clone().next())
                }
                Items::Product(product) => product.next(py).transpose(),
            };
            match item {
                Some(Ok(item)) => {
                    task.memory.tick(py)?;
                    return Ok(Some((open.pair(py, item)?, open.position + 1)));
                }
                Some(Err(error)) => {
                    let link = &self.links[open.position];
                    return Err(blamed(py, task, link, open.record.clone_ref(py), error));
                }
                None => drop(self.open.pop()),
            }
        }
        Ok(None)
    }

    /// Runs an element through the links from a position on.
    fn advance<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        mut element: Bound<'py, PyAny>,
        start: usize,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        for (position, link) in self.links.iter().enumerate().skip(start) {
            if matches!(link.operator, Operator::Map) {
                // The most frequent one, for which no step has to be made and taken apart.
                element = link.map(py, task, self.turn, element)?;
                continue;
            }
            let step = task.counters.time(self.turn, || link.apply(py, task, &element));
            match step {
                Ok(Step::Pass(passed)) => element = passed,
                Ok(Step::Skip) => return Ok(None),
                Ok(Step::Expand { key, items }) => {
                    let key = key.map(Bound::unbind);
                    let record = element.unbind();
                    self.open.push(Open { position, key, items, record });
                    return Ok(None);
                }
                Err(error) => return Err(blamed(py, task, link, element.unbind(), error)),
            }
        }
        Ok(Some(element))
    }
}

fn searching(py: Python<'_>, filters: &[Link]) -> PyResult<Searching> {
    Searching::new(py, filters.iter().map(|filter| &filter.function))
}

/// The next element of a live copy that passes these filters. Those that do not stay where they are.
fn next_passing<'py>(
    py: Python<'py>,
    task: &Task,
    source: &mut CopySource,
    filters: &[Link],
    turn: &mut u64,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    'elements: while let Some(element) = source.lend(py, task)? {
        *turn = turn.wrapping_add(1);
        for filter in filters {
            match task.counters.time(*turn, || filter.passes(element)) {
                Ok(true) => {}
                Ok(false) => continue 'elements,
                Err(error) => {
                    return Err(blamed(py, task, filter, element.clone().unbind(), error));
                }
            }
        }
        return Ok(Some(element.clone()));
    }
    Ok(None)
}

/// The column of keys or values that the links make of a column of pairs.
fn taken_apart<'c, 'f>(
    mut column: &'c ColumnView<'f>,
    links: &[Link],
) -> Option<&'c ColumnView<'f>> {
    for link in links {
        let ColumnView::Tuple { fields, .. } = column else { return None };
        column = fields.get(usize::from(link.operator == Operator::Values))?;
    }
    Some(column)
}

impl Open {
    fn pair<'py>(&self, py: Python<'py>, item: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match &self.key {
            None => Ok(item),
            Some(key) => Ok((key.bind(py), item).into_pyobject(py)?.into_any()),
        }
    }
}

impl Link {
    /// What the function of a map makes of an element.
    #[inline]
    fn map<'py>(
        &self,
        py: Python<'py>,
        task: &Task,
        turn: u64,
        element: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mapped = task.counters.time(turn, || self.function.call(&element));
        mapped.map_err(|error| blamed(py, task, self, element.unbind(), error))
    }

    /// What the function of a filter says.
    fn passes(&self, x: &Bound<'_, PyAny>) -> PyResult<bool> {
        capi::is_true(&self.function.call(x)?)
    }

    fn apply<'py>(
        &self,
        py: Python<'py>,
        task: &Task,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Step<'py>> {
        let function = &self.function;
        let item = |position| pairs::item(x, position, &self.name);
        Ok(Step::Pass(match self.operator {
            Operator::Map => function.call(x)?,
            Operator::Filter if self.passes(x)? => x.clone(),
            Operator::Filter => return Ok(Step::Skip),
            Operator::FlatMap => return expand(None, function.call(x)?),
            Operator::MapValues => pair(item(0)?, function.call(&item(1)?)?)?,
            Operator::FlatMapValues => {
                return expand(Some(item(0)?), function.call(&item(1)?)?);
            }
            Operator::KeyBy => pair(function.call(x)?, x.clone())?,
            Operator::Keys => item(0)?,
            Operator::Values => item(1)?,
            Operator::PairWithNone => pair(x.clone(), py.None().into_bound(py))?,
            Operator::TagValue(tag) => {
                let value = (tag, item(1)?).into_pyobject(py)?.into_any();
                pair(item(0)?, value)?
            }
            Operator::WrapGroups => pair(item(0)?, groups::wrap(&item(1)?)?)?,
            Operator::JoinGroups { keep_left, keep_right } => {
                if let Some(pairs) = groups::join_spilled(task, &item(1)?, keep_left, keep_right)? {
                    return expand(Some(item(0)?), pairs);
                }
                let product = groups::join(&item(1)?, keep_left, keep_right)?;
                return expand_product(item(0)?, product);
            }
            Operator::Cogroup(sides) => pair(item(0)?, groups::cogroup(task, &item(1)?, sides)?)?,
            Operator::SubtractGroups => match groups::subtract(task, &item(1)?)? {
                Some(left) => return expand(Some(item(0)?), left),
                None => return Ok(Step::Skip),
            },
            Operator::IntersectGroups if groups::is_on_both_sides(task, &item(1)?)? => item(0)?,
            Operator::IntersectGroups => return Ok(Step::Skip),
            Operator::ValuesOfKey if item(0)?.eq(function.bind(py))? => item(1)?,
            Operator::ValuesOfKey => return Ok(Step::Skip),
            other => {
                let message = format!("{other:?} does not work element by element");
                return Err(crate::errors::engine_error(message));
            }
        }))
    }
}

fn pair<'py>(key: Bound<'py, PyAny>, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = key.py();
    Ok((key, value).into_pyobject(py)?.into_any())
}

fn expand<'py>(key: Option<Bound<'py, PyAny>>, items: Bound<'py, PyAny>) -> PyResult<Step<'py>> {
    Ok(Step::Expand { key, items: Items::Python(items.try_iter()?.unbind()) })
}

/// Most keys of a join have one value on each side, or none on one of them.
fn expand_product<'py>(key: Bound<'py, PyAny>, mut product: Product) -> PyResult<Step<'py>> {
    match product.len() {
        0 => Ok(Step::Skip),
        1 => match product.next(key.py())? {
            Some(met) => Ok(Step::Pass(pair(key, met)?)),
            None => Ok(Step::Skip),
        },
        _ => Ok(Step::Expand { key: Some(key), items: Items::Product(Box::new(product)) }),
    }
}

fn blamed(py: Python<'_>, task: &Task, link: &Link, record: Py<PyAny>, error: PyErr) -> PyErr {
    blame_step(py, task, link.rdd, Some(record), error)
}
