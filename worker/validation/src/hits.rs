//! The p-value of a test by random samples (H5).

/// How many samples were at least as good as what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// Samples that reached it.
    pub hits: u64,
    /// All samples.
    pub samples: u64,
}

impl Hits {
    /// (1 + hits)/(1 + samples): what was found is a sample, too, so that p is never 0 (Phipson and Smyth 2010).
    pub fn p(self) -> f64 {
        (1.0 + self.hits as f64) / (1.0 + self.samples as f64)
    }
}
