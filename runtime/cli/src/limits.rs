//! The memory a guest may have, and how much it came to have.

use sheave::{ResourceLimiter, errors::LimiterError};

/// Bounds the sum of all linear memories, and remembers its peak.
#[derive(Debug, Default)]
pub struct MemoryLimit {
    /// The most bytes of all memories together; no limit without.
    pub bytes_max: Option<u64>,
    /// Bytes now, which is also the peak: memories never shrink.
    pub bytes: u64,
    /// What the latest refusal would have made of it.
    pub refused_bytes: Option<u64>,
}

impl MemoryLimit {
    /// Advice on a guest that failed after it was refused memory.
    pub fn hint(&self) -> Option<String> {
        let (max, refused) = (self.bytes_max?, self.refused_bytes?);
        let [max, refused] = [max, refused].map(crate::units::show_bytes);
        Some(format!("--max-memory {max} kept the guest from growing its memory to {refused}"))
    }
}

/// Advice on a guest that had no room for another struct, array or exception, by the value of `--max-memory`.
pub fn objects_hint(bytes_max: Option<u64>) -> String {
    match bytes_max.map(crate::units::show_bytes) {
        Some(max) => format!("--max-memory {max} is what structs, arrays and exceptions may take"),
        None => "structs, arrays and exceptions may take 256 MiB; --max-memory BYTES says another limit".to_owned(),
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let bytes = self.bytes.saturating_add((desired - current) as u64);
        if self.bytes_max.is_some_and(|max| bytes > max) {
            self.refused_bytes = Some(bytes);
            return Ok(false);
        }
        self.bytes = bytes;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError> {
        // The engine has a limit of its own for tables.
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_for_all_memories_together() {
        let mut limit = MemoryLimit { bytes_max: Some(100), ..MemoryLimit::default() };
        assert_eq!(limit.memory_growing(0, 60, None), Ok(true));
        assert_eq!(limit.memory_growing(0, 50, None), Ok(false));
        assert_eq!(limit.memory_growing(60, 100, Some(90)), Ok(false));
        assert_eq!(limit.memory_growing(60, 100, Some(200)), Ok(true));
        assert_eq!((limit.bytes, limit.refused_bytes), (100, Some(110)));
    }
}
