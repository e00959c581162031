//! Plays a session in WebAssembly: the module must not trap. The results of the same steps are
//! checked in this process.

use core::time::Duration;
use std::io;

use super::{CLIENTS, Step};
use crate::driver::{Connection, Driver, State, WasmDriver};

/// Requests may not ask for more memory than a module has.
const CONFIGURATION: &str = "proto-max-bulk-len=1048576";

/// Plays a session in a new database of the driver.
///
/// # Errors
/// The module traps, or does not serve a new client in the end.
pub fn play_in_wasm(driver: &mut WasmDriver, steps: &[Step]) -> io::Result<()> {
    driver.configure(CONFIGURATION);
    driver.reset()?;
    let mut clients: Vec<Connection> = Vec::new();
    for step in steps {
        let client = |number: u8| clients.get(usize::from(number) % clients.len().max(1)).copied();
        match step {
            Step::Connect if clients.len() < CLIENTS => clients.push(driver.connect()?),
            Step::Disconnect(number) => {
                if let Some(gone) = client(*number) {
                    driver.disconnect(gone)?;
                    clients.retain(|other| *other != gone);
                }
            }
            Step::Send(number, bytes) => {
                if let Some(client) = client(*number) {
                    driver.send(client, bytes)?;
                }
            }
            Step::Read(number, _) => {
                if let Some(client) = client(*number)
                    && driver.receive(client, &mut Vec::new())? == State::Closed
                {
                    clients.retain(|other| *other != client);
                }
            }
            Step::Pass(span_us) => driver.advance(Duration::from_micros(*span_us))?,
            // The package does this by itself.
            Step::Connect | Step::Tick | Step::Save => {}
        }
    }
    for client in clients {
        driver.disconnect(client)?;
    }
    let client = driver.connect()?;
    driver.send(client, b"PING\r\n")?;
    let mut reply = Vec::new();
    driver.receive(client, &mut reply)?;
    // The client may have to wait for the end of a pause, or to log in.
    let is_served = reply.is_empty() || reply.starts_with(b"-NO") || reply == b"+PONG\r\n";
    let served = || io::Error::other(format!("not served: {}", reply.escape_ascii()));
    if is_served { Ok(()) } else { Err(served()) }
}
