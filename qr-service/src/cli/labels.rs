//! `nguon-qr labels`: labels of a lot, and new serial numbers for a pack event.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use nguon_qr::{
    Config,
    label::{Dpi, Format, Phone, Serials, Size, Wanted, print},
    link::ItemLink,
};

/// From how many labels on it is worth telling how far the work has come.
const WORTH_A_BAR: usize = 200;

#[derive(Args)]
pub(crate) struct LabelsArgs {
    /// A lot's URI, its page's address, or a bare lot id.
    #[arg(value_name = "LOT", required_unless_present = "new_serials")]
    lot: Option<String>,
    /// Address of the node, whose public HTTP interface is read.
    #[arg(long, env = "NGUON_NODE", value_name = "URL", required_unless_present = "new_serials")]
    node: Option<String>,
    /// What the printed codes begin with.
    #[arg(long, env = "NGUON_BASE", value_name = "URL", required_unless_present = "new_serials")]
    base: Option<String>,
    /// 50x30 or 40x30 for a thermal printer; a4-65, a4-24, a4-24-wide, a4-21, a4-14, a4-8 for sheets of so many stickers;
    /// a4-36 for plain paper to cut.
    #[arg(long, default_value = "50x30", value_name = "SIZE")]
    size: Size,
    /// How many labels; by default one page of them or, with serials, one for each.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// pdf, png, svg, zpl or tspl, or csv for a printing house; by default what the file's ending says.
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The printer's dots in an inch: 203 or 300; for pictures also 600.
    #[arg(long, default_value = "203", value_name = "DPI")]
    dpi: Dpi,
    /// The file to write.
    #[arg(long, value_name = "FILE", required_unless_present = "new_serials")]
    out: Option<PathBuf>,
    /// The list of the lot's serial numbers, one a line, whole: the file that recording the pack event wrote, or that was drawn for it. Codes
    /// of scratch layers in it are printed.
    #[arg(long, value_name = "FILE")]
    serials: Option<PathBuf>,
    /// With --serials: the place in the list to begin at.
    #[arg(long, default_value_t = 1, value_name = "N", requires = "serials")]
    first: usize,
    /// On a sheet of which some stickers are gone: the place of the first that is left.
    #[arg(long, default_value_t = 1, value_name = "N")]
    start_at: usize,
    /// Moves everything right and down, in millimetres, for a printer that prints askew.
    #[arg(long, default_value = "0,0", value_name = "RIGHT,DOWN", value_parser = nudge, allow_hyphen_values = true)]
    nudge: (i32, i32),
    /// Show where to cut, also on stickers that are cut already.
    #[arg(long)]
    cut_marks: bool,
    /// Language of the words: vi or en.
    #[arg(long, default_value = "vi", value_parser = ["vi", "en"], value_name = "LANG")]
    lang: String,
    /// The maker's telephone number, for the label alone: the ledger holds none.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<Phone>,
    /// Draw so many new serial numbers instead, for a pack event that is still to be recorded.
    #[arg(long, value_name = "N", requires = "out_serials", conflicts_with_all = ["lot", "serials", "out"])]
    new_serials: Option<usize>,
    /// Where the new serial numbers are written, one a line.
    #[arg(long, value_name = "FILE", requires = "new_serials")]
    out_serials: Option<PathBuf>,
    /// With --new-serials: for packs with scratch layers. Behind each serial number stands the secret code that it follows from.
    #[arg(long, requires = "new_serials")]
    scratch: bool,
}

pub(crate) async fn run(args: LabelsArgs) -> anyhow::Result<()> {
    if let Some((count, out)) = args.new_serials.zip(args.out_serials.as_ref()) {
        let serials = if args.scratch { Serials::draw_scratch(count)? } else { Serials::draw(count)? };
        return keep(&serials, out);
    }
    let (Some(lot), Some(node_url), Some(base), Some(out)) = (args.lot, args.node, args.base, args.out) else {
        bail!("say which lot, --node, --base and --out");
    };
    let link = ItemLink::parse(&lot).with_context(|| format!("{lot} names no lot"))?;
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let format = match args.format {
        Some(format) => format,
        None => ending.parse().with_context(|| format!("{} does not say which: give --format", out.display()))?,
    };
    let serials = match &args.serials {
        None => None,
        Some(file) => {
            let list = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Some(Serials::read(&list).with_context(|| format!("{}", file.display()))?)
        }
    };
    let has_codes = serials.as_ref().is_some_and(Serials::has_codes);
    let expected = args.count.or(serials.as_ref().map(Serials::count)).unwrap_or(1);
    let wanted = Wanted {
        size: args.size,
        format,
        dpi: args.dpi,
        count: args.count,
        first: args.first,
        start_at: args.start_at,
        nudge: args.nudge,
        has_marks: args.cut_marks,
        lang: args.lang,
        phone: args.phone,
    };
    let bar = bar(expected)?;
    let shown = bar.clone();
    let progress = Arc::new(move |done: usize| shown.set_position(u64::try_from(done).unwrap_or_default()));
    let made = print(Config { node_url, base }, &link, wanted, serials, progress).await;
    bar.finish_and_clear();
    let made = made?;
    let file = open(OpenOptions::new().create(true).truncate(true), has_codes, &out);
    file.and_then(|mut file| file.write_all(&made.bytes)).with_context(|| format!("cannot write {}", out.display()))?;
    for warning in &made.warnings {
        writeln!(std::io::stderr(), "note: {warning} ({})", warning.code())?;
    }
    writeln!(std::io::stdout(), "{} labels, {} bytes: {}", made.count, made.bytes.len(), out.display())?;
    Ok(())
}

/// Writes new serial numbers and says what a pack event has to commit to.
fn keep(serials: &Serials, out: &Path) -> anyhow::Result<()> {
    // An older list may be the only copy of what a lot has committed to.
    let file = open(OpenOptions::new().create_new(true), serials.has_codes(), out);
    let mut file = file.with_context(|| format!("cannot make {}; is it there already?", out.display()))?;
    file.write_all(serials.to_list().as_bytes()).with_context(|| format!("cannot write {}", out.display()))?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "count {}", serials.count())?;
    writeln!(stdout, "root {}", serials.root())?;
    Ok(())
}

/// Opens a file for writing: one with codes of scratch layers, which are secrets, for its owner alone, also where it was there before.
fn open(options: &mut OpenOptions, has_codes: bool, path: &Path) -> std::io::Result<File> {
    options.write(true);
    #[cfg(unix)]
    if has_codes {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        return Ok(file);
    }
    options.open(path)
}

fn bar(count: usize) -> anyhow::Result<ProgressBar> {
    if count < WORTH_A_BAR {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} labels, {eta} left")?;
    Ok(ProgressBar::new(u64::try_from(count)?).with_style(style))
}

/// `0.5,-1.2` in hundredths of a millimetre.
fn nudge(text: &str) -> Result<(i32, i32), String> {
    let (right, down) = text.split_once(',').ok_or("two numbers with a comma between, such as 0.5,-1")?;
    Ok((hundredths(right)?, hundredths(down)?))
}

fn hundredths(text: &str) -> Result<i32, String> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = part.len() <= 2 && format!("{whole}{part}").bytes().all(|b| b.is_ascii_digit()) && whole.len() == 1;
    let number = format!("{whole}{part:0<2}").parse::<i32>().ok().filter(|_| is_number);
    number.map(|number| sign * number).ok_or_else(|| format!("{text} is not a number of millimetres below 10"))
}

#[cfg(test)]
mod tests {
    use super::nudge;

    #[test]
    fn a_nudge_is_two_short_numbers() {
        assert_eq!(nudge("0.5,-1.25"), Ok((50, -125)));
        assert_eq!(nudge("0, 2"), Ok((0, 200)));
        for wrong in ["", "1", "1;2", "1,2,3", "10,0", "1.234,0", "a,b", "-,1", "--1,0"] {
            assert!(nudge(wrong).is_err(), "{wrong}");
        }
    }
}
