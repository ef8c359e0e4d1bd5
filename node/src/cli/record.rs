//! `nguon record` and `nguon attest`: a person types what happened.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use nguon_ledger::identifier::{Gtin, LotUri, Slug};
use serde_json::{Value, json};

use super::settings::Settings;
use crate::client::amount::TypedAmount;
use crate::client::draft::{
    Draft, correction, file_reference, listed_serials, new_event_id, new_identifier, serials_commitment,
};
use crate::client::{ClientError, NodeClient, Receipt, local_time, typed_time};
use crate::config::system_time;

/// Record what happened: asks the node for your chain's position, builds the event, signs it with `--key`, submits it, checks and
/// prints the receipt.
#[derive(Debug, Subcommand)]
pub(super) enum Record {
    /// Something was harvested: a new lot
    #[command(
        after_help = "Example:\n  nguon record harvest --product cu-dong-rieng --amount '1200 kg' --place ruong-07 --key ho-07.pem"
    )]
    Harvest(Harvest),
    /// Inputs became another product
    #[command(
        after_help = "Example:\n  nguon record process --input LOT='8000 kg' --output tinh-bot='1120 kg' --key mill.pem"
    )]
    Process(Transformation),
    /// Lots became one
    #[command(
        after_help = "Example:\n  nguon record merge --input LOT1='200 kg' --input LOT2='300 kg' --output cu-dong-rieng='500 kg' --key coop.pem"
    )]
    Merge(Transformation),
    /// A lot became several
    #[command(
        after_help = "Example:\n  nguon record split --input LOT='500 kg' --output hong='300 kg' --output hong='200 kg' --key coop.pem"
    )]
    Split(Transformation),
    /// Something was packed, with serials if wanted
    #[command(
        after_help = "Example:\n  nguon record pack --input LOT='200 kg' --output mien-goi='200 kg' --serials 400 --serials-file serials.txt --key coop.pem"
    )]
    Pack(Transformation),
    /// A lot was sent to somebody
    #[command(after_help = "Example:\n  nguon record ship --lot LOT --amount '1200 kg' --to xuong-bot --key ho-07.pem")]
    Ship(Movement),
    /// A lot arrived
    #[command(after_help = "Example:\n  nguon record receive --lot LOT --amount '1195 kg' --from ho-07 --key mill.pem")]
    Receive(Movement),
    /// A lot was sold and leaves the ledger
    #[command(after_help = "Example:\n  nguon record sell --lot LOT --amount '20 goi' --key shop.pem")]
    Sell(Movement),
    /// Something of a lot was lost
    #[command(after_help = "Example:\n  nguon record lose --lot LOT --amount '3 kg' --note 'rain' --key coop.pem")]
    Lose(Movement),
    /// A lot was inspected
    #[command(
        after_help = "Example:\n  nguon record inspect --lot LOT --scheme VietGAP --issuer 'Sample office' --number 12 --valid-to 2027-06-30 --key inspector.pem"
    )]
    Inspect(Inspect),
    /// A lot, and all made from it, is called back
    #[command(after_help = "Example:\n  nguon record recall --lot LOT --note 'damp in store' --key inspector.pem")]
    Recall(Lots),
    /// An earlier event was wrong: it is repeated and declared an error, never overwritten
    #[command(after_help = "Example:\n  nguon record correct 42 --reason incorrect_data --key ho-07.pem")]
    Correct(Correct),
    /// Note any EPCIS 2.0 event as evidence
    #[command(after_help = "Example:\n  nguon record observe event.json --key device.pem")]
    Observe(Observe),
}

/// What all events take.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// When it happened, as 2026-11-23T08:15, in Vietnam unless an offset is given as in 2026-11-23T01:15:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    when: Option<String>,
    /// Where it happened
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// The organisation above you that you act for
    #[arg(long = "for", value_name = "ACTOR")]
    acting_for: Option<String>,
    /// The member for whom you type this
    #[arg(long, value_name = "ACTOR")]
    on_behalf_of: Option<String>,
    /// A remark
    #[arg(long)]
    note: Option<String>,
    /// Photo or paper, uploaded beside the log; may be given several times
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    /// Print the receipt as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Harvest {
    /// What
    #[arg(long)]
    product: String,
    /// How much, as '1200 kg' or '1,5 ta'
    #[arg(long)]
    amount: String,
    /// The new lot's URI, or its code alone [default: a new random one]
    #[arg(long)]
    lot: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Transformation {
    /// What went in, as LOT='8000 kg'; may be given several times
    #[arg(long = "input", required = true, value_name = "LOT=AMOUNT")]
    inputs: Vec<String>,
    /// What came out, as PRODUCT='1120 kg' (new random lot) or PRODUCT@LOT='1120 kg'; may be given several times
    #[arg(long = "output", required = true, value_name = "PRODUCT[@LOT]=AMOUNT")]
    outputs: Vec<String>,
    /// How many packs get serials (pack only)
    #[arg(long, value_name = "COUNT", requires = "serials_file")]
    serials: Option<u64>,
    /// Where the new serials are written, one a line
    #[arg(long, value_name = "FILE", requires = "serials")]
    serials_file: Option<PathBuf>,
    /// The list of serials that the packs carry already, as `nguon-qr labels --new-serials` wrote it; codes of scratch layers in it stay
    /// here (pack only)
    #[arg(long, value_name = "FILE", conflicts_with = "serials")]
    serials_list: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Movement {
    /// The lot
    #[arg(long)]
    lot: String,
    /// How much
    #[arg(long)]
    amount: String,
    /// To whom (ship)
    #[arg(long, value_name = "ACTOR")]
    to: Option<String>,
    /// From whom (receive)
    #[arg(long, value_name = "ACTOR")]
    from: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Lots {
    /// The lot; may be given several times
    #[arg(long = "lot", required = true, value_name = "LOT")]
    lots: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    lots: Lots,
    /// The certificate's scheme, as VietGAP
    #[arg(long, requires = "issuer")]
    scheme: Option<String>,
    /// Who issued it
    #[arg(long, requires = "scheme")]
    issuer: Option<String>,
    /// Its number
    #[arg(long, requires = "scheme")]
    number: Option<String>,
    /// First day of validity
    #[arg(long, value_name = "YYYY-MM-DD", requires = "scheme")]
    valid_from: Option<String>,
    /// Last day of validity
    #[arg(long, value_name = "YYYY-MM-DD", requires = "scheme")]
    valid_to: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Correct {
    /// The entry that holds the event
    entry: u64,
    /// `incorrect_data` or `did_not_occur`
    #[arg(long, default_value = "incorrect_data")]
    reason: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Observe {
    /// File with one EPCIS 2.0 event
    event: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Stand by an entry or dispute it.
#[derive(Debug, Args)]
pub(super) struct Attest {
    /// The entry
    entry: u64,
    /// `stands_by` or `disputes`
    #[arg(long)]
    claim: String,
    /// A remark
    #[arg(long)]
    note: Option<String>,
}

/// The URI of an actor, product or place given by slug or by URI.
pub(super) fn uri(origin: &str, kind: &str, name: &str) -> String {
    if name.contains("://") { name.to_owned() } else { format!("https://{origin}/{kind}/{name}") }
}

pub(super) fn print_receipt(receipt: &Receipt) {
    println!("entry     {} (in the ledger, receipt checked)", receipt.index);
    println!("leaf hash {}", receipt.leaf_hash);
    println!("received  {}", local_time(receipt.received_at));
    if !receipt.flags.is_empty() {
        println!("note      {}", receipt.flags.join(", "));
    }
}

pub(super) fn run(settings: &Settings, command: &Record) -> anyhow::Result<()> {
    let client = settings.client()?;
    let key = settings.signing_key()?;
    let origin = client.ledger().origin.clone();
    let (common, body, created) = match command {
        Record::Harvest(harvest) => {
            let mut draft = begin("harvest", &origin, &harvest.common)?;
            let product = uri(&origin, "product", &harvest.product);
            let lot = new_lot(&client, &product, harvest.lot.as_deref())?;
            draft.create("quantityList", &lot, &product, &TypedAmount::parse(&harvest.amount)?);
            (&harvest.common, draft, vec![lot])
        }
        Record::Process(work) => transformation("process", &client, work)?,
        Record::Merge(work) => transformation("merge", &client, work)?,
        Record::Split(work) => transformation("split", &client, work)?,
        Record::Pack(work) => transformation("pack", &client, work)?,
        Record::Ship(step) => movement("ship", &origin, step)?,
        Record::Receive(step) => movement("receive", &origin, step)?,
        Record::Sell(step) => movement("sell", &origin, step)?,
        Record::Lose(step) => movement("lose", &origin, step)?,
        Record::Inspect(inspect) => {
            let (common, mut draft, none) = lots("inspect", &origin, &inspect.lots)?;
            if let (Some(scheme), Some(issuer)) = (&inspect.scheme, &inspect.issuer) {
                draft.set("certificate", certificate(inspect, scheme, issuer));
            }
            (common, draft, none)
        }
        Record::Recall(recall) => lots("recall", &origin, recall)?,
        Record::Correct(correct) => {
            let body = correct_body(&client, correct)?;
            return finish(&client, &key, &correct.common, body, &[]);
        }
        Record::Observe(observe) => {
            let text = std::fs::read_to_string(&observe.event)
                .with_context(|| format!("cannot read {}", observe.event.display()))?;
            let event: Value = serde_json::from_str(&text).context("the file is no JSON")?;
            return finish(&client, &key, &observe.common, json!({"verb": "observe", "event": event}), &[]);
        }
    };
    finish(&client, &key, common, body.into_body(), &created)
}

/// Adds what all events take, signs, submits, prints.
fn finish(
    client: &NodeClient,
    key: &ed25519_dalek::SigningKey,
    common: &Common,
    mut body: Value,
    created: &[String],
) -> anyhow::Result<()> {
    let origin = &client.ledger().origin;
    if let Some(actor) = &common.acting_for {
        body["for"] = json!(uri(origin, "actor", actor));
    }
    if let Some(actor) = &common.on_behalf_of {
        body["onBehalfOf"] = json!(uri(origin, "actor", actor));
    }
    if let Some(note) = &common.note {
        body["note"] = json!(note);
    }
    if !common.media.is_empty() {
        let media: anyhow::Result<Vec<Value>> =
            common.media.iter().map(|file| file_reference(client, key, file)).collect();
        body["media"] = json!(media?);
    }
    let receipt = client.say(key, "event", &body)?;
    if common.json {
        println!("{}", receipt.json);
        return Ok(());
    }
    print_receipt(&receipt);
    for lot in created {
        println!("new lot   {lot}");
        println!("page      {}", page(&client.ledger().base, lot));
    }
    Ok(())
}

/// Where a lot's page is served.
fn page(base: &str, lot: &str) -> String {
    let path = lot.find("/lot/").or_else(|| lot.find("/01/")).and_then(|at| lot.get(at..)).unwrap_or_default();
    format!("{}{path}", base.trim_end_matches('/'))
}

fn begin(verb: &str, origin: &str, common: &Common) -> anyhow::Result<Draft> {
    let when = match &common.when {
        Some(text) => {
            typed_time(text).with_context(|| format!("--when {text}: write a day and a time, as 2026-11-23T08:15"))?
        }
        None => local_time(system_time()),
    };
    let mut draft = Draft::new(verb, &when, &new_event_id());
    if let Some(place) = &common.place {
        draft.place(&uri(origin, "place", place));
    }
    Ok(draft)
}

/// The URI of a new lot of a product, given by URI, by its code or not at all. A product with a GTIN has GS1 lots, any other has own ones.
fn new_lot(client: &NodeClient, product: &str, given: Option<&str>) -> anyhow::Result<String> {
    let code = match given {
        Some(lot) if lot.contains("://") => return Ok(lot.to_owned()),
        Some(code) => code.to_owned(),
        None => new_identifier()?,
    };
    let slug = product.rsplit('/').next().unwrap_or_default();
    let record = match client.get(&format!("/v1/products/{}", Slug::parse(slug)?)) {
        // The node will refuse the statement, and say so with its own code.
        Err(ClientError::Problem { problem }) if problem.code == "not_found" => Value::Null,
        other => other?,
    };
    match record["gtin"].as_str() {
        Some(gtin) => Ok(LotUri::gs1(Gtin::parse(gtin)?, &code)?.as_str().to_owned()),
        None => Ok(uri(&client.ledger().origin, "lot", &code)),
    }
}

type Drafted<'c> = (&'c Common, Draft, Vec<String>);

fn movement<'c>(verb: &str, origin: &str, step: &'c Movement) -> anyhow::Result<Drafted<'c>> {
    let mut draft = begin(verb, origin, &step.common)?;
    draft.amount("quantityList", &uri(origin, "lot", &step.lot), &TypedAmount::parse(&step.amount)?);
    match (verb, &step.to, &step.from) {
        ("ship", Some(to), None) => draft.party("destinationList", "destination", &uri(origin, "actor", to)),
        ("ship", ..) => bail!("to whom? give --to ACTOR"),
        ("receive", None, Some(from)) => draft.party("sourceList", "source", &uri(origin, "actor", from)),
        (_, None, None) => {}
        _ => bail!("--to belongs to ship, --from to receive"),
    }
    Ok((&step.common, draft, Vec::new()))
}

fn lots<'c>(verb: &str, origin: &str, named: &'c Lots) -> anyhow::Result<Drafted<'c>> {
    let mut draft = begin(verb, origin, &named.common)?;
    for lot in &named.lots {
        draft.push("quantityList", json!({"epcClass": uri(origin, "lot", lot)}));
    }
    Ok((&named.common, draft, Vec::new()))
}

fn certificate(inspect: &Inspect, scheme: &str, issuer: &str) -> Value {
    let mut certificate = json!({"scheme": scheme, "issuer": issuer});
    let more = [("number", &inspect.number), ("validFrom", &inspect.valid_from), ("validTo", &inspect.valid_to)];
    for (key, value) in more {
        if let Some(value) = value {
            certificate[key] = json!(value);
        }
    }
    certificate
}

fn transformation<'c>(verb: &str, client: &NodeClient, work: &'c Transformation) -> anyhow::Result<Drafted<'c>> {
    let origin = &client.ledger().origin;
    let mut draft = begin(verb, origin, &work.common)?;
    let split = |text: &'c String| {
        text.rsplit_once('=').with_context(|| format!("{text}: write NAME='AMOUNT', as LOT='200 kg'"))
    };
    for input in &work.inputs {
        let (lot, amount) = split(input)?;
        draft.amount("inputQuantityList", &uri(origin, "lot", lot), &TypedAmount::parse(amount)?);
    }
    let mut created = Vec::new();
    for output in &work.outputs {
        let (name, amount) = split(output)?;
        let (product, given) = name.split_once('@').map_or((name, None), |(product, lot)| (product, Some(lot)));
        let product = uri(origin, "product", product);
        let lot = new_lot(client, &product, given)?;
        draft.create("outputQuantityList", &lot, &product, &TypedAmount::parse(amount)?);
        created.push(lot);
    }
    if let (Some(count), Some(file)) = (work.serials, &work.serials_file) {
        let mut serials = (0..count).map(|_| new_identifier()).collect::<Result<Vec<_>, _>>()?;
        serials.sort_unstable();
        std::fs::write(file, serials.join("\n")).with_context(|| format!("cannot write {}", file.display()))?;
        draft.set("serials", serials_commitment(&serials));
    }
    if let Some(file) = &work.serials_list {
        let list = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let serials = listed_serials(&list).with_context(|| format!("{}", file.display()))?;
        draft.set("serials", serials_commitment(&serials));
    }
    Ok((&work.common, draft, created))
}

fn correct_body(client: &NodeClient, correct: &Correct) -> anyhow::Result<Value> {
    let entry = client.get(&format!("/v1/entries/{}", correct.entry))?;
    let event = &entry["statement"]["body"]["event"];
    if event["eventID"].as_str().is_none() {
        bail!("entry {} holds no event with an eventID; only such events can be corrected", correct.entry);
    }
    Ok(correction(event, &correct.reason, &local_time(system_time())))
}

pub(super) fn attest(settings: &Settings, command: &Attest) -> anyhow::Result<()> {
    let client = settings.client()?;
    let key = settings.signing_key()?;
    let entry = client.get(&format!("/v1/entries/{}", command.entry))?;
    let mut body = json!({"entry": entry["leafHash"], "claim": command.claim});
    if let Some(note) = &command.note {
        body["note"] = json!(note);
    }
    print_receipt(&client.say(&key, "attest", &body)?);
    Ok(())
}
