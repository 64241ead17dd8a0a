//! A queue.

use std::collections::VecDeque;
use std::fmt;

/// How many fit.
pub const LIMIT: usize = 10;

/// First in, first out.
#[derive(Debug, Clone)]
pub struct Queue<T> {
    items: VecDeque<T>,
}

pub enum State {
    Empty,
    Full(usize),
}

impl<T: Clone> Queue<T> {
    /// Makes an empty one.
    pub fn new() -> Self {
        Queue { items: VecDeque::new() }
    }

    #[inline]
    pub fn push(&mut self, item: T) {
        self.items.push_back(item);
    }
}

impl<T> fmt::Display for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "queue")
    }
}

pub trait Drain {
    type Item;

    fn drain(&mut self) -> Vec<Self::Item>;

    fn is_done(&self) -> bool {
        true
    }
}

macro_rules! queue {
    ($($x:expr),*) => { Queue::from(vec![$($x),*]) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pushes() {
        let mut q = Queue::new();
        q.push(1);
    }
}
