//! Maps a hash to its segment: an array indexed by the top bits of the hash.
//!
//! A segment of depth `d` holds every key whose hash starts with its `d` bits, so in an array
//! indexed by more bits it occupies several adjacent entries. When a segment splits that already
//! uses all the bits of the array, the array doubles. At ten million keys that would write
//! megabytes at once, so a large directory is cut into 256 pages by the top eight bits, and only
//! the page of the segment that splits doubles.

use super::segment::Node;
use alloc::{boxed::Box, vec, vec::Vec};

/// Number of hash bits that choose the page, once there are pages.
const PAGE_BITS: u32 = 8;

/// The depth at which a single page is cut up: deep enough that cutting and joining do not
/// alternate.
const CUT_DEPTH: u32 = 10;

/// Number of entries that a directory may have regardless of the number of keys.
const FREE_ENTRIES: usize = 256;

#[derive(Clone)]
pub(super) struct Directory {
    /// One page, or one for each value of the top `PAGE_BITS` bits; a page has 2^depth entries.
    pages: Vec<Box<[u32]>>,
    entries: usize,
}

impl Directory {
    /// Creates a directory that maps every hash to segment 0.
    pub(super) fn new() -> Self {
        Self { pages: vec![Box::new([0])], entries: 1 }
    }

    /// Returns the segment of a hash.
    #[inline]
    pub(super) fn at(&self, hash: u64) -> u32 {
        let page = &self.pages[self.page(hash)];
        page[top_bits(hash << self.page_bits(), depth(page))]
    }

    /// Returns the number of bits of `hash` that the directory distinguishes.
    pub(super) fn depth(&self, hash: u64) -> u32 {
        self.page_bits() + depth(&self.pages[self.page(hash)])
    }

    /// Makes the directory distinguish one more bit of `hash`, unless it would outgrow the `len`
    /// keys that it serves: an attacker must not obtain a large directory with colliding keys.
    pub(super) fn deepen(&mut self, hash: u64, len: usize) -> bool {
        let page = self.page(hash);
        let grown = self.entries + self.pages[page].len();
        if grown > FREE_ENTRIES.max(len / 8) || self.depth(hash) == Node::MAX_DEPTH {
            return false;
        }
        self.pages[page] = self.pages[page].iter().flat_map(|&id| [id, id]).collect();
        self.entries = grown;
        if self.pages.len() == 1 && depth(&self.pages[0]) > CUT_DEPTH {
            let page_len = self.pages[0].len() >> PAGE_BITS;
            self.pages = self.pages[0].chunks_exact(page_len).map(Box::from).collect();
        }
        true
    }

    /// Frees what the page of `hash` no longer needs. A large page keeps one spare bit.
    pub(super) fn relax(&mut self, hash: u64) {
        let page = self.page(hash);
        loop {
            let entries = &self.pages[page];
            let spare = entries.len().min(4);
            let uniform = |entries: &[u32]| entries.iter().all(|&id| id == entries[0]);
            if spare == 1 || !entries.chunks_exact(spare).all(uniform) {
                break;
            }
            self.entries -= entries.len() / 2;
            self.pages[page] = entries.iter().copied().step_by(2).collect();
        }
        if self.pages.len() > 1 && self.entries == self.pages.len() {
            self.pages = vec![self.pages.iter().map(|page| page[0]).collect()];
            self.relax(hash);
        }
    }

    /// Maps every hash below `node` to segment `id`.
    pub(super) fn assign(&mut self, node: Node, id: u32) {
        let page_bits = self.page_bits();
        if node.depth() <= page_bits {
            for page in &mut self.pages[node.entries(page_bits)] {
                page.fill(id);
            }
        } else {
            let page = self.page(node.first_hash());
            let entries = node.entries(page_bits + depth(&self.pages[page]));
            let page = &mut self.pages[page];
            let start = entries.start & (page.len() - 1);
            page[start..start + entries.len()].fill(id);
        }
    }

    /// Returns the size of the directory in bytes, with eight-byte pointers.
    pub(super) fn memory_bytes(&self) -> usize {
        self.pages.len() * 16 + self.entries * size_of::<u32>()
    }

    #[inline]
    fn page_bits(&self) -> u32 {
        if self.pages.len() == 1 { 0 } else { PAGE_BITS }
    }

    #[inline]
    fn page(&self, hash: u64) -> usize {
        top_bits(hash, self.page_bits())
    }
}

#[inline]
fn depth(page: &[u32]) -> u32 {
    page.len().trailing_zeros()
}

/// Returns the top `bits` of `hash`; `bits` is less than 64.
#[inline]
const fn top_bits(hash: u64, bits: u32) -> usize {
    (hash >> 1 >> (63 - bits)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits every segment down to `depth`; a node's segment gets the node's index at that depth.
    fn even(depth: u32) -> Directory {
        let mut directory = Directory::new();
        for level in 1..=depth {
            for prefix in 0..1_u64 << level {
                let hash = prefix << (64 - level);
                if directory.depth(hash) < level {
                    assert!(directory.deepen(hash, 1 << 20));
                }
            }
        }
        for prefix in 0..1_u64 << depth {
            let node = Node::of(prefix << (64 - depth), depth);
            directory.assign(node, prefix as u32);
        }
        directory
    }

    #[test]
    fn every_hash_finds_its_segment_at_every_depth() {
        for depth in 1..=14 {
            let directory = even(depth);
            assert_eq!(directory.pages.len(), if depth > CUT_DEPTH { 256 } else { 1 });
            for prefix in 0..1_u64 << depth {
                let first = prefix << (64 - depth);
                assert_eq!(u64::from(directory.at(first)), prefix);
                assert_eq!(u64::from(directory.at(first + (u64::MAX >> depth))), prefix);
            }
        }
    }

    #[test]
    fn a_directory_of_one_segment_shrinks_to_one_entry() {
        for depth in 1..=14 {
            let mut directory = even(depth);
            directory.assign(Node::ROOT, 7);
            for page in 0..256_u64 {
                directory.relax(page << 56);
            }
            assert_eq!(directory.entries, 1, "from depth {depth}");
            assert_eq!((directory.at(0), directory.at(u64::MAX)), (7, 7));
        }
    }

    #[test]
    fn only_the_page_that_needs_it_deepens() {
        let mut directory = even(12);
        assert!(directory.deepen(u64::MAX, 1 << 20));
        assert_eq!((directory.depth(u64::MAX), directory.depth(0)), (13, 12));
        directory.assign(Node::of(u64::MAX, 13), 9999);
        assert_eq!((directory.at(u64::MAX), directory.at(u64::MAX << 52)), (9999, 4095));
    }

    #[test]
    fn few_keys_do_not_buy_a_large_directory() {
        let mut directory = Directory::new();
        while directory.deepen(0, 10_000) {}
        assert!(directory.entries <= 1250);
    }
}
