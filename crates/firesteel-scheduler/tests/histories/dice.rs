//! The numbers of a history, one after the other.

pub struct Dice {
    numbers: std::vec::IntoIter<u32>,
}

impl Dice {
    pub fn new(numbers: Vec<u32>) -> Self {
        Self { numbers: numbers.into_iter() }
    }

    pub fn is_spent(&self) -> bool {
        self.numbers.len() == 0
    }

    /// A number below the bound; 0, the plainest choice, once the numbers have run out.
    pub fn below(&mut self, bound: usize) -> usize {
        let number = self.numbers.next().unwrap_or(0) as usize;
        if bound == 0 { 0 } else { number % bound }
    }

    /// Whether something happens that does so this often in a hundred cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        100 - self.below(100) <= percent as usize
    }

    pub fn pick<T: Copy>(&mut self, from: impl IntoIterator<Item = T>) -> Option<T> {
        let from: Vec<T> = from.into_iter().collect();
        let index = self.below(from.len());
        from.get(index).copied()
    }
}
