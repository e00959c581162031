//! The startup banner.

use std::process;

/// Returns the logo with the version and the server's addresses.
pub(crate) fn text(places: &str, is_coloured: bool) -> String {
    let (red, dark, bold, off) =
        if is_coloured { ("\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m") } else { ("", "", "", "") };
    format!(
        r"
       {dark}.--.{off}
      {dark}( {off}{bold}o{off}{dark} >{off}           {bold}Redstart {version}{off}
     {dark}/ /{off}{red}vv{off}{dark}\{off}            A Redis {redis} that fits in one crate
    {dark}( (_{off}{red}vv{off}{dark} ){off}
     {dark}\___\{off}{red}\\{off}{dark}^^{off}          PID: {pid}
  {dark}======={off}{red}\\\\{off}{dark}====={off}       {places}
          {red}\\\{off}

",
        version = redstart_core::VERSION,
        redis = redstart_core::REDIS_VERSION,
        pid = process::id(),
    )
}
