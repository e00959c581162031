//! Doubles are printed with the same digits as by the references that stand for Redis 7.2.

use redstart_core::random::{Random, Seed};
use redstart_tests::{
    driver::{Driver, EngineDriver, TcpDriver, multibulk},
    reference::Reference,
};

/// Doubles compared.
const DOUBLES: usize = 40_000;

/// Doubles in one pipeline.
const PIPELINE: usize = 1_000;

#[test]
fn doubles_are_printed_as_redict_prints_them() {
    assert_doubles_agree(Reference::Redict);
}

#[test]
fn doubles_are_printed_as_valkey_prints_them() {
    assert_doubles_agree(Reference::Valkey);
}

fn assert_doubles_agree(reference: Reference) {
    let Some(server) = reference.start().expect("the reference starts") else { return };
    let mut expected = TcpDriver::new(&server.address).expect("the reference answers");
    let mut own = EngineDriver::new(Seed(1));
    let mut random = Random::new(Seed(1));
    for _ in 0..DOUBLES / PIPELINE {
        let doubles: Vec<f64> = (0..PIPELINE).map(|_| double(&mut random)).collect();
        let [expected, got] = [printed(&mut expected, &doubles), printed(&mut own, &doubles)];
        for (double, (expected, got)) in doubles.iter().zip(expected.lines().zip(got.lines())) {
            assert_eq!(got, expected, "{double:e}");
        }
    }
}

/// A finite double: any, or one with few digits.
fn double(random: &mut Random) -> f64 {
    let any = f64::from_bits(random.next_u64());
    let few = random.below(100_000) as f64 * 10_f64.powi(random.below(50) as i32 - 25);
    if any.is_finite() && random.below(2) == 0 { any } else { few }
}

/// The replies to `ZINCRBY` in RESP3, which are the doubles.
fn printed(driver: &mut dyn Driver, doubles: &[f64]) -> String {
    driver.reset().expect("the server answers");
    let connection = driver.connect().expect("the server answers");
    let mut request = multibulk(&["HELLO", "3", "SETNAME", "doubles"]);
    for double in doubles {
        request.extend(multibulk(&["DEL", "key"]));
        request.extend(multibulk(&["ZINCRBY", "key", &format!("{double:e}"), "member"]));
    }
    driver.send(connection, &request).expect("the server answers");
    let mut replies = Vec::new();
    driver
        .receive_replies(connection, 1 + 2 * doubles.len(), &mut replies)
        .expect("the server answers");
    let replies = String::from_utf8(replies).expect("the replies are text");
    replies.lines().filter(|line| line.starts_with(',')).map(|line| format!("{line}\n")).collect()
}
