//! The host's say in what guests may take.

use super::errors::LimiterError;

/// Asked before anything of a store grows. Sizes of memories are in bytes, of tables in elements.
pub trait ResourceLimiter {
    /// Whether a memory may grow; `maximum` is its declared limit. `Ok(false)` lets `memory.grow` give -1.
    ///
    /// # Errors
    /// The guest is stopped.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError>;

    /// Whether a table may grow; `maximum` is its declared limit. `Ok(false)` lets `table.grow` give -1.
    ///
    /// # Errors
    /// The guest is stopped.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError>;

    /// The most instances of a store. Default: 10,000.
    fn instances(&self) -> usize {
        10_000
    }

    /// The most tables of a store. Default: 10,000.
    fn tables(&self) -> usize {
        10_000
    }

    /// The most memories of a store. Default: 10,000.
    fn memories(&self) -> usize {
        10_000
    }
}

/// A limiter by figures.
///
/// ```
/// use sheave::{Engine, Store, StoreLimits, StoreLimitsBuilder};
///
/// let limits: StoreLimits = StoreLimitsBuilder::new().memory_size(1 << 20).instances(2).build();
/// let mut store = Store::new(&Engine::default(), limits);
/// store.limiter(|limits| limits);
/// ```
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_bytes: Option<usize>,
    table_elements: Option<usize>,
    instances_count: usize,
    tables_count: usize,
    memories_count: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            memory_bytes: None,
            table_elements: None,
            instances_count: 10_000,
            tables_count: 10_000,
            memories_count: 10_000,
            trap_on_grow_failure: false,
        }
    }
}

impl StoreLimits {
    fn answer(&self, desired: usize, limit: Option<usize>, maximum: Option<usize>) -> Result<bool, LimiterError> {
        let fits = [limit, maximum].into_iter().flatten().all(|limit| desired <= limit);
        if !fits && self.trap_on_grow_failure {
            return Err(LimiterError::ResourceLimiterDeniedAllocation);
        }
        Ok(fits)
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError> {
        self.answer(desired, self.memory_bytes, maximum)
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError> {
        self.answer(desired, self.table_elements, maximum)
    }

    fn instances(&self) -> usize {
        self.instances_count
    }

    fn tables(&self) -> usize {
        self.tables_count
    }

    fn memories(&self) -> usize {
        self.memories_count
    }
}

/// Builds [`StoreLimits`].
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// No limits but the default ones.
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// The most bytes of a memory.
    #[must_use]
    pub fn memory_size(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.0.memory_bytes = Some(bytes);
        self
    }

    /// The most elements of a table.
    #[must_use]
    pub fn table_elements(mut self, elements_count: usize) -> StoreLimitsBuilder {
        self.0.table_elements = Some(elements_count);
        self
    }

    /// The most instances.
    #[must_use]
    pub fn instances(mut self, count: usize) -> StoreLimitsBuilder {
        self.0.instances_count = count;
        self
    }

    /// The most tables.
    #[must_use]
    pub fn tables(mut self, count: usize) -> StoreLimitsBuilder {
        self.0.tables_count = count;
        self
    }

    /// The most memories.
    #[must_use]
    pub fn memories(mut self, count: usize) -> StoreLimitsBuilder {
        self.0.memories_count = count;
        self
    }

    /// Whether a guest whose growth is refused is stopped.
    #[must_use]
    pub fn trap_on_grow_failure(mut self, trap: bool) -> StoreLimitsBuilder {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}
