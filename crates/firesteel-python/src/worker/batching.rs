//! How large PySpark's batches are: what a serializer is given at once, and what a cartesian product pairs at once.
//!
//! Invariant: the size of a batch depends on the batches before it only.

use firesteel_core::protocol::Batches;

/// Batches double until they take so many bytes.
const BEST_BATCH_BYTES: usize = 1 << 16;

/// Batches that take more are halved.
const LARGE_BATCH_BYTES: usize = BEST_BATCH_BYTES * 10;

/// The lengths of the batches of a partition.
pub struct Batching {
    grows: bool,
    size: usize,
}

impl From<Batches> for Batching {
    fn from(batches: Batches) -> Self {
        match batches {
            Batches::Growing => Self::new(0),
            Batches::Fixed(size) => Self { grows: false, size: size.max(1) as usize },
        }
    }
}

impl Batching {
    /// So many elements, all of a partition (-1), or growing numbers (0): what a program gives as `batchSize`.
    pub fn new(batch: i32) -> Self {
        match batch {
            0 => Self { grows: true, size: 1 },
            _ => Self { grows: false, size: usize::try_from(batch).unwrap_or(usize::MAX) },
        }
    }

    pub fn grows(&self) -> bool {
        self.grows
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// Doubles or halves the next batch by the bytes that this one took.
    pub fn adapt(&mut self, bytes: usize) {
        if !self.grows {
            return;
        }
        if bytes < BEST_BATCH_BYTES {
            self.size *= 2;
        } else if bytes > LARGE_BATCH_BYTES && self.size > 1 {
            self.size /= 2;
        }
    }
}

/// How many elements a map task holds, over all reduce partitions, before each bucket is one batch.
pub struct Chunking {
    most: f64,
}

impl Chunking {
    /// A batch is that of so many partitions, up to a limit, and then grows.
    const FIRST_PER_PARTITION: f64 = 10.0;
    const FIRST_LIMIT: f64 = 1000.0;
    const GROWTH: f64 = 1.5;
    /// Buckets that take less than this on average make the next ones larger, those with ten times as much smaller.
    const SMALL_BUCKET: usize = 1 << 20;
    const LARGE_BUCKET: usize = 11 << 20;

    pub fn new(partitions: u32) -> Self {
        let most = Self::FIRST_PER_PARTITION * f64::from(partitions);
        Self { most: most.min(Self::FIRST_LIMIT) }
    }

    /// The number of elements with which it is one too many.
    pub fn full(&self) -> usize {
        self.most as usize + 1
    }

    pub fn adapt(&mut self, bytes: usize, buckets: usize) {
        let average = bytes / buckets.max(1);
        if average < Self::SMALL_BUCKET {
            self.most *= Self::GROWTH;
        } else if average >= Self::LARGE_BUCKET {
            self.most = (self.most / Self::GROWTH).trunc().max(1.0);
        }
    }
}
