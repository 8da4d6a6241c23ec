//! The set of genomes already asked for, as 128-bit hashes. Open addressing over hashes that are uniform
//! already; never iterated, so its layout cannot reach a result.

/// A set of hashes.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Power of two long, at most half full; 0 marks a free place.
    table: Vec<u128>,
    len: usize,
    /// Whether the hash 0 itself is in the set.
    zero: bool,
}

impl Seen {
    pub(crate) fn new() -> Seen {
        Seen { table: vec![0; 1 << 10], len: 0, zero: false }
    }

    pub(crate) fn contains(&self, hash: u128) -> bool {
        if hash == 0 { self.zero } else { self.table[self.place(hash)] == hash }
    }

    /// True if it was not there before.
    pub(crate) fn insert(&mut self, hash: u128) -> bool {
        if hash == 0 {
            return !std::mem::replace(&mut self.zero, true);
        }
        let place = self.place(hash);
        if self.table[place] == hash {
            return false;
        }
        self.table[place] = hash;
        self.len += 1;
        if self.len * 2 > self.table.len() {
            self.grow();
        }
        true
    }

    /// Where the hash is, or the free place where it belongs.
    fn place(&self, hash: u128) -> usize {
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        while self.table[place] != 0 && self.table[place] != hash {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let bigger = vec![0; self.table.len() * 2];
        for hash in std::mem::replace(&mut self.table, bigger) {
            if hash != 0 {
                let place = self.place(hash);
                self.table[place] = hash;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn each_hash_is_new_once() {
        let mut seen = Seen::new();
        let hashes: Vec<u128> = (0..5_000_u128).map(|i| i << 64 | (i % 7)).collect();
        for &h in &hashes {
            assert!(!seen.contains(h));
            assert!(seen.insert(h));
            assert!(!seen.insert(h));
        }
        assert!(hashes.iter().all(|&h| seen.contains(h)));
    }
}
