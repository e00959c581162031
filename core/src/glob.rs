//! Placeholder until the glob module lands.
/// Case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// As is.
    Sensitive,
    /// Folded.
    Insensitive,
}
/// Match.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| matches(rest, &text[at..], case)),
        Some((&byte, rest)) => text.split_first().is_some_and(|(&first, more)| {
            (byte == b'?'
                || first == byte
                || case == Case::Insensitive && first.eq_ignore_ascii_case(&byte))
                && matches(rest, more, case)
        }),
    }
}
