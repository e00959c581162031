//! Streams: for any commands and any order of ids, the replies of the engine are those of the
//! model, and a stream is unchanged after it was saved and loaded.

use redstart_core::{
    client::{ClientId, Peer},
    config::Config,
    engine::Engine,
    random::Seed,
    time::UnixMicros,
};

use super::Source;
use crate::{
    driver::multibulk,
    model::{Action, Model, StreamAction},
    resp::{Reply, decode},
};

const NOW: UnixMicros = UnixMicros(1_893_456_000_000_000);
const KEY: &[u8] = b"stream";

pub(super) fn check(data: &[u8]) {
    let mut source = Source::new(data);
    let mut client = Client::new(source.pick(&[1, 2, 4, 100]));
    let (mut model, mut database) = (Model::default(), 0);
    while !source.is_empty() {
        if source.below(16) == 0 {
            client.reload();
            continue;
        }
        let action = StreamAction::random(&mut |bound| source.below(bound));
        let action = Action::Stream(KEY.to_vec(), action);
        let expected = model.perform(&mut database, &action, 0);
        let reply = client.ask(&action.command());
        assert!(expected.is_met_by(&reply), "{action:?}: {reply:?} instead of {expected:?}");
    }
    client.reload();
}

struct Client {
    engine: Engine,
    id: ClientId,
}

impl Client {
    fn new(node_entries: i64) -> Self {
        let config = Config {
            stream_node_max_entries: node_entries,
            enable_debug_command: "yes",
            ..Config::default()
        };
        let mut engine = Engine::new(config, Seed(1));
        let id = engine.connect(Peer::local(), NOW).expect("there is room for one");
        Self { engine, id }
    }

    fn ask(&mut self, command: &[Vec<u8>]) -> Reply {
        self.engine.receive(self.id, &multibulk(command), NOW);
        let output = self.engine.output(self.id).to_vec();
        self.engine.consume(self.id, output.len(), NOW);
        let (reply, _) = decode(&output).expect("a reply").expect("a whole reply");
        reply
    }

    fn ask_for(&mut self, words: &[&[u8]]) -> Reply {
        self.ask(&words.iter().map(|word| word.to_vec()).collect::<Vec<_>>())
    }

    /// Saves and loads the stream in every possible way. It must be the same each time, byte for
    /// byte.
    fn reload(&mut self) {
        let digest = self.ask_for(&[b"DEBUG", b"DIGEST"]);
        let dumped = self.ask_for(&[b"DUMP", KEY]);
        assert_eq!(self.ask_for(&[b"DEBUG", b"RELOAD"]), Reply::Status(b"OK".to_vec()));
        assert_eq!(self.ask_for(&[b"DEBUG", b"DIGEST"]), digest);
        assert_eq!(self.ask_for(&[b"DUMP", KEY]), dumped);
        if let Reply::Bulk(payload) = &dumped {
            let restored = self.ask_for(&[b"RESTORE", KEY, b"0", payload, b"REPLACE"]);
            assert_eq!(restored, Reply::Status(b"OK".to_vec()));
            assert_eq!(self.ask_for(&[b"DUMP", KEY]), dumped);
        }
        let file = self.engine.snapshot(NOW);
        self.engine.load(&file, NOW).expect("a snapshot can be loaded");
        assert_eq!(self.ask_for(&[b"DEBUG", b"DIGEST"]), digest);
    }
}
