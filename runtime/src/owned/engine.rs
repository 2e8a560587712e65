//! The engine: settings that modules and stores share.

use super::{Config, sync::Arc};

/// Settings that modules and stores share. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    config: Arc<Config>,
}

impl Engine {
    /// An engine with these settings.
    pub fn new(config: &Config) -> Engine {
        Engine { config: Arc::new(*config) }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether both are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.config, &b.config)
    }
}
