//! The corpus: every scenario against Redstart, and against the references, which shows that the
//! corpus and its markers are true.
//!
//! `CASES=string/set cargo test -p redstart-tests --test cases` plays the files whose name holds that text.

use std::{
    env,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use redstart_core::random::Seed;
use redstart_tests::{
    corpus::{Witness, complaint, files},
    driver::{EngineDriver, TcpDriver},
    reference::Reference,
};

/// Servers at once. They mostly sleep, while a scenario lets time pass.
const SERVERS: usize = 4;

/// What cuts the bytes in process, each time elsewhere.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

#[test]
fn the_engine_does_what_the_corpus_says() {
    for seed in SEEDS {
        let mut driver = EngineDriver::new(Seed(seed));
        let files = files().unwrap();
        let complaints: String =
            files.iter().map(|file| complaint(&mut driver, Witness::Redstart, file)).collect();
        assert!(complaints.is_empty(), "\nwith seed {seed}:\n{complaints}");
    }
}

/// `SERVER=127.0.0.1:6379` names a Redstart that allows `DEBUG` and protected configuration.
#[test]
fn a_server_does_what_the_corpus_says() {
    let Ok(address) = env::var("SERVER") else {
        eprintln!("skipped: SERVER names none");
        return;
    };
    let mut driver = TcpDriver::new(&address).unwrap();
    let files = files().unwrap();
    let complaints: String =
        files.iter().map(|file| complaint(&mut driver, Witness::Redstart, file)).collect();
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn redis_does_what_the_corpus_says() {
    assert_reference_agrees(Reference::Redis);
}

#[test]
fn redict_does_what_the_corpus_says() {
    assert_reference_agrees(Reference::Redict);
}

#[test]
fn valkey_does_what_the_corpus_says() {
    assert_reference_agrees(Reference::Valkey);
}

fn assert_reference_agrees(reference: Reference) {
    let files = files().expect("the corpus can be read");
    let (next, complaints) = (AtomicUsize::new(0), Mutex::new(String::new()));
    thread::scope(|scope| {
        for _ in 0..SERVERS.min(files.len()) {
            scope.spawn(|| {
                let Some(server) = reference.start().expect("the reference starts") else { return };
                let mut driver = TcpDriver::new(&server.address).expect("the reference answers");
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let complaint = complaint(&mut driver, Witness::Reference(reference), file);
                    complaints.lock().expect("no thread has failed").push_str(&complaint);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no thread has failed");
    assert!(complaints.is_empty(), "\nplayed with {reference}:\n{complaints}");
}

#[test]
fn the_files_are_written_as_the_recorder_writes_them() {
    for file in files().unwrap() {
        let transcript =
            file.transcript().unwrap_or_else(|error| panic!("{}: {error}", file.path.display()));
        assert!(
            transcript.to_string() == file.text,
            "{}: `record` would write it otherwise",
            file.path.display()
        );
    }
}
