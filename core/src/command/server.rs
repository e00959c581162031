//! Server commands: `TIME`, `SHUTDOWN`, `LOLWUT`. `INFO`, `CONFIG`, `DEBUG` and others have their
//! own files.

use alloc::format;
use alloc::string::String;

use super::context::{Context, Outcome};
use super::parse;
use crate::error::{self, Error};
use crate::instance::Effect;
use crate::random::{Random, Seed};
use crate::resp::args::Args;
use crate::{REDIS_VERSION, VERSION};

type Handled = Result<Outcome, Error>;

pub(super) fn time(ctx: &mut Context<'_>, _args: Args<'_>) -> Handled {
    ctx.reply.array(2);
    ctx.reply.bulk_integer(ctx.now.seconds() as i64);
    ctx.reply.bulk_integer((ctx.now.0 % 1_000_000) as i64);
    Ok(Outcome::Done)
}

pub(super) fn shutdown(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let (mut saves, mut saves_not, mut aborts, mut forces) = (false, false, false, false);
    for option in args.iter().skip(1) {
        match option.to_ascii_uppercase().as_slice() {
            b"SAVE" if !saves_not => saves = true,
            b"NOSAVE" if !saves => saves_not = true,
            b"NOW" => {}
            b"FORCE" => forces = true,
            b"ABORT" => aborts = true,
            _ => return Err(error::SYNTAX),
        }
    }
    if aborts && args.len() > 2 {
        return Err(error::SYNTAX);
    }
    if aborts {
        return Err(error::NO_SHUTDOWN);
    }
    if saves && !forces {
        ctx.instance.host.log(b"SHUTDOWN SAVE: this version saves nothing, so the server goes on");
        return Err(error::CANNOT_SAVE);
    }
    ctx.instance.effects.push_back(Effect::Shutdown);
    Ok(Outcome::Done)
}

/// Replies with generative art, different at each call, and the version.
pub(super) fn lolwut(ctx: &mut Context<'_>, args: Args<'_>) -> Handled {
    let version = args.get(2).filter(|_| parse::is(&args[1], "VERSION"));
    let first = if version.is_some() { 3 } else { 1 };
    // Redis 5 and 6 take the size of the canvas as arguments; other versions ignore their
    // arguments.
    let numbers = match version.map(parse::integer).transpose()? {
        Some(5) => 3,
        Some(6) => 2,
        _ => 0,
    };
    let size = |index: usize, default: i64, most: i64| match args.get(first + index) {
        Some(arg) => match parse::integer(arg) {
            Err(error) if index < numbers => Err(error),
            size => Ok(size.map_or(default, |size| size.clamp(1, most))),
        },
        None => Ok(default),
    };
    let (columns, rows) = (size(0, 60, 160)?, size(1, 12, 60)?);
    size(2, 1, 1)?;
    let mut text = skyline(columns as usize, rows as usize, ctx.keys.dataset.random.next_u64());
    text.push_str(&format!("\nRedis ver. {REDIS_VERSION}, Redstart ver. {VERSION}\n"));
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(Outcome::Done)
}

/// Draws a bird on a wire above a town at night.
fn skyline(columns: usize, rows: usize, seed: u64) -> String {
    let mut random = Random::new(Seed(seed));
    let mut height = 1;
    let heights: alloc::vec::Vec<usize> = (0..columns)
        .map(|column| {
            if column % 4 == 0 {
                height = 1 + random.below(rows.div_ceil(2));
            }
            height
        })
        .collect();
    let bird = random.below(columns);
    let mut text = String::new();
    for row in (1..=rows).rev() {
        for (column, &height) in heights.iter().enumerate() {
            text.push(match row {
                _ if row == rows && column == bird => 'v',
                _ if row <= height && random.below(5) == 0 => '▪',
                _ if row <= height => '█',
                _ if random.below(24) == 0 => '.',
                _ => ' ',
            });
        }
        text.push('\n');
    }
    text
}
