//! Sets of named members that fit one word and can be built in constants.
//!
//! Redis describes a command by four such sets (flags, ACL categories, key flags, argument flags)
//! and prints each in a fixed order. Each member is therefore declared once, in that order, with
//! its wire name.

/// Declares an enum of at most 32 members, each with the name that Redis prints, and the type of
/// their sets.
macro_rules! bit_set {
    (
        $(#[$set_doc:meta])* $set:ident of
        $(#[$member_doc:meta])* $member:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)+ }
    ) => {
        $(#[$member_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $member { $($(#[$doc])* $variant,)+ }

        impl $member {
            /// All members, in Redis's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name that Redis prints.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        $(#[$set_doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $set(u32);

        impl $set {
            /// The empty set.
            pub const NONE: Self = Self(0);

            /// Creates the set of `members`.
            #[must_use]
            pub const fn of(members: &[$member]) -> Self {
                let mut set = Self::NONE;
                let mut index = 0;
                while index < members.len() {
                    set = set.with(members[index]);
                    index += 1;
                }
                set
            }

            /// Returns this set with `member` added.
            #[must_use]
            pub const fn with(self, member: $member) -> Self {
                Self(self.0 | 1 << member as u8)
            }

            /// Returns the union of this set and `other`.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Returns `true` if the set contains `member`.
            #[must_use]
            pub const fn has(self, member: $member) -> bool {
                self.0 & 1 << member as u8 != 0
            }

            /// Returns `true` if this set and `other` have a member in common.
            #[must_use]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Returns `true` if the set has no members.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Returns the number of members.
            #[must_use]
            pub const fn len(self) -> usize {
                self.0.count_ones() as usize
            }

            /// Returns an iterator over the members, in Redis's order.
            pub fn iter(self) -> impl Iterator<Item = $member> {
                $member::ALL.iter().copied().filter(move |&member| self.has(member))
            }
        }

        impl core::fmt::Debug for $set {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }
    };
}

pub(crate) use bit_set;

#[cfg(test)]
mod tests {
    use alloc::{format, vec, vec::Vec};

    use crate::command::key_specs::{KeyFlag, KeyFlags};

    #[test]
    fn members_iterate_in_declaration_order() {
        const SET: KeyFlags = KeyFlags::of(&[KeyFlag::Delete, KeyFlag::Rw]);
        assert_eq!(SET.iter().map(KeyFlag::name).collect::<Vec<_>>(), vec!["RW", "delete"]);
        assert_eq!((SET.len(), SET.has(KeyFlag::Ro), SET.is_empty()), (2, false, false));
        assert_eq!(format!("{SET:?}"), "{Rw, Delete}");
    }

    #[test]
    fn union_and_intersection_consider_every_member() {
        let (a, b) = (KeyFlags::of(&[KeyFlag::Ro]), KeyFlags::NONE.with(KeyFlag::VariableFlags));
        assert_eq!(a.union(b), KeyFlags::of(&[KeyFlag::VariableFlags, KeyFlag::Ro]));
        assert!(!a.intersects(b) && a.union(b).intersects(b) && KeyFlags::NONE.is_empty());
    }
}
