//! A short differential run. The binary `differential` does long ones.

use redstart_core::random::Seed;
use redstart_tests::{
    differential::Differential,
    driver::{EngineDriver, TcpDriver},
    reference::Reference,
};

#[test]
fn redstart_answers_as_redis_does() {
    assert_answers_agree(Reference::Redis);
}

#[test]
fn redstart_answers_as_redict_does() {
    assert_answers_agree(Reference::Redict);
}

#[test]
fn redstart_answers_as_valkey_does() {
    assert_answers_agree(Reference::Valkey);
}

fn assert_answers_agree(reference: Reference) {
    let Some(server) = reference.start().expect("the reference starts") else { return };
    let mut driver = TcpDriver::new(&server.address).expect("the reference answers");
    let mut subject = EngineDriver::new(Seed(1));
    let mut servers = Differential { reference, driver: &mut driver, subject: &mut subject };
    let run = servers.run(5_000, Seed(1));
    assert!(run.broken_off.is_none(), "{:?}", run.broken_off);
    let findings: Vec<String> =
        run.findings.values().map(|(finding, _)| finding.to_string()).collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
