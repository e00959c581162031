//! Sets of named members, small enough for one word and usable in constants.
//!
//! Redis describes a command by four such sets (flags, ACL categories, the flags of a key, the flags of an argument) and prints
//! each in a fixed order. So a member is declared once, in that order, with its name on the wire.

/// Declares an enum of at most 32 members, each with the name Redis prints, and the set of them.
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
            /// Every member, in Redis's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name Redis prints.
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

            /// The set of `members`.
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

            /// This set and `member`.
            #[must_use]
            pub const fn with(self, member: $member) -> Self {
                Self(self.0 | 1 << member as u8)
            }

            /// What is in this set or in `other`.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Whether `member` is in this set.
            #[must_use]
            pub const fn has(self, member: $member) -> bool {
                self.0 & 1 << member as u8 != 0
            }

            /// Whether this set and `other` share a member.
            #[must_use]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Whether nothing is in this set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// How many members are in this set.
            #[must_use]
            pub const fn len(self) -> usize {
                self.0.count_ones() as usize
            }

            /// The members, in Redis's order.
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

    use crate::command::keys::{KeyFlag, KeyFlags};

    #[test]
    fn a_set_keeps_the_declared_order_whatever_the_order_it_was_built_in() {
        const SET: KeyFlags = KeyFlags::of(&[KeyFlag::Delete, KeyFlag::Rw]);
        assert_eq!(SET.iter().map(KeyFlag::name).collect::<Vec<_>>(), vec!["RW", "delete"]);
        assert_eq!((SET.len(), SET.has(KeyFlag::Ro), SET.is_empty()), (2, false, false));
        assert_eq!(format!("{SET:?}"), "{Rw, Delete}");
    }

    #[test]
    fn union_and_intersection_look_at_every_member() {
        let (a, b) = (KeyFlags::of(&[KeyFlag::Ro]), KeyFlags::NONE.with(KeyFlag::VariableFlags));
        assert_eq!(a.union(b), KeyFlags::of(&[KeyFlag::VariableFlags, KeyFlag::Ro]));
        assert!(!a.intersects(b) && a.union(b).intersects(b) && KeyFlags::NONE.is_empty());
    }
}
