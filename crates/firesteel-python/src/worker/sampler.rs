//! Random samples: the elements that PySpark would draw for the same seed.
//!
//! The generator is Python's own `random.Random`, seeded for each partition, and every element costs one draw, or as
//! many as Knuth's way to a Poisson number takes. Invariant: no Python frame runs per element.

use super::failure::blame_step;
use super::pairs;
use super::sample::generator;
use super::stream::Stream;
use super::task::Task;
use firesteel_core::protocol::Definition;
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;

/// From this mean on, the exponentials of Knuth's product would underflow: they are added up as logarithms.
const LARGE_MEAN: f64 = 20.0;

/// A sample of an input.
pub struct Sampler {
    input: Stream,
    draw: Py<PyAny>,
    rule: Rule,
    rdd: RddId,
    name: String,
    /// The element that is still to come so many times.
    repeated: Option<(Py<PyAny>, u64)>,
}

enum Rule {
    /// Draws in this half-open interval.
    Between(f64, f64),
    /// So many copies on average.
    Copies(f64),
    /// A fraction, or with replacement a mean, for each key.
    ByKey { fractions: Py<PyAny>, with_replacement: bool },
}

impl Rule {
    fn new(what: &Bound<'_, PyAny>, with_replacement: bool, by_key: bool) -> PyResult<Self> {
        Ok(match (by_key, with_replacement) {
            (true, _) => Self::ByKey { fractions: what.clone().unbind(), with_replacement },
            (false, true) => Self::Copies(what.extract()?),
            (false, false) => {
                let (low, high) = what.extract()?;
                Self::Between(low, high)
            }
        })
    }
}

impl Sampler {
    /// Code: (seed, what), see `Operator::Sample`.
    pub fn new(
        input: Stream,
        definition: &Definition,
        code: &Bound<'_, PyAny>,
        (with_replacement, by_key): (bool, bool),
        partition: u32,
    ) -> PyResult<Self> {
        let (seed, what): (Bound<'_, PyAny>, Bound<'_, PyAny>) = code.extract()?;
        let generator = generator(&seed.bitxor(partition)?)?;
        Ok(Self {
            input,
            draw: generator.getattr("random")?.unbind(),
            rule: Rule::new(&what, with_replacement, by_key)?,
            rdd: definition.rdd,
            name: definition.name.clone(),
            repeated: None,
        })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some((element, left)) = self.repeated.take() {
                if left > 1 {
                    self.repeated = Some((element.clone_ref(py), left - 1));
                }
                task.memory.tick(py)?;
                return Ok(Some(element.into_bound(py)));
            }
            let Some(element) = self.input.next(py, task)? else { return Ok(None) };
            let copies = self.copies(&element).map_err(|error| {
                blame_step(py, task, self.rdd, Some(element.clone().unbind()), error)
            })?;
            if let (element, copies @ 1..) = copies {
                self.repeated = Some((element.unbind(), copies));
            }
        }
    }

    /// The element as it is passed on, and how often.
    fn copies<'py>(&self, element: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, u64)> {
        let py = element.py();
        Ok(match &self.rule {
            Rule::Between(low, high) => {
                let drawn = self.drawn(py)?;
                (element.clone(), u64::from(*low <= drawn && drawn < *high))
            }
            Rule::Copies(mean) => (element.clone(), self.poisson(py, *mean)?),
            Rule::ByKey { fractions, with_replacement } => {
                let (key, value) = pairs::unpack(element, &self.name)?;
                // As in PySpark, the draw without replacement comes before the look into the dict.
                let copies = if *with_replacement {
                    self.poisson(py, fractions.bind(py).get_item(&key)?.extract()?)?
                } else {
                    let drawn = self.drawn(py)?;
                    u64::from(drawn < fractions.bind(py).get_item(&key)?.extract::<f64>()?)
                };
                ((key, value).into_pyobject(py)?.into_any(), copies)
            }
        })
    }

    fn drawn(&self, py: Python<'_>) -> PyResult<f64> {
        self.draw.bind(py).call0()?.extract()
    }

    /// How many draws it takes until their product, or for a large mean the sum of waiting times, is too far.
    fn poisson(&self, py: Python<'_>, mean: f64) -> PyResult<u64> {
        let mut copies = 0;
        if mean < LARGE_MEAN {
            let limit = (-mean).exp();
            let mut product = self.drawn(py)?;
            while product > limit {
                copies += 1;
                product *= self.drawn(py)?;
            }
        } else {
            let mut waited = self.waiting_time(py, mean)?;
            while waited < 1.0 {
                copies += 1;
                waited += self.waiting_time(py, mean)?;
            }
        }
        Ok(copies)
    }

    /// `random.expovariate(mean)`, without its Python frame.
    fn waiting_time(&self, py: Python<'_>, mean: f64) -> PyResult<f64> {
        Ok(-(1.0 - self.drawn(py)?).ln() / mean)
    }
}
