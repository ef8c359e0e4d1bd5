//! The report's tables, from what the ledger says.

use nguon_ledger::amount::Dimension;
use nguon_ledger::time::UnixMillis;
use nguon_verifier::report::{
    ActorNo, Area, EventFact, Facts, FlowKind, LotNo, Name, Pattern, PlaceNo, ProductNo, Scope, Validity, YieldRow,
};

use super::super::Language;
use super::super::words::Words;
use super::table::{self, Cell, OFFSET_MILLIS, Table};

/// Makes cells in one language.
pub(super) struct Tables<'f> {
    pub(super) facts: &'f Facts,
    pub(super) scope: &'f Scope,
    /// What whoever asks says of areas.
    pub(super) areas: &'f [Area],
    pub(super) words: &'f Words,
    pub(super) language: Language,
}

impl Tables<'_> {
    /// Every table, in the order of a report.
    pub(super) fn all(&self) -> Vec<Table> {
        vec![
            self.balance(),
            self.yields(),
            self.losses(),
            self.recalls(),
            self.recall_holdings(),
            self.patterns(),
            self.inspections(),
            self.corrections(),
            self.attests(),
            self.harvests(),
            self.keys(),
            self.lots(),
            self.events(),
        ]
    }

    fn name(&self, name: &Name) -> String {
        match (self.language, &name.en) {
            (Language::En, Some(en)) => en.to_string(),
            (Language::En | Language::Vi, _) => name.vi.to_string(),
        }
    }

    pub(super) fn actor(&self, no: ActorNo) -> Cell {
        let Some(actor) = self.facts.actors.get(no) else { return Cell::None };
        let name = actor.name.as_ref().map_or_else(|| actor.uri.slug().to_owned(), |name| self.name(name));
        Cell::Called { uri: actor.uri.as_str().to_owned(), name }
    }

    pub(super) fn product(&self, no: ProductNo) -> Cell {
        let Some(product) = self.facts.products.get(no) else { return Cell::None };
        Cell::Called { uri: product.uri.as_str().to_owned(), name: self.name(&product.name) }
    }

    pub(super) fn place(&self, no: Option<PlaceNo>) -> Cell {
        let Some(place) = no.and_then(|no| self.facts.places.get(no)) else { return Cell::None };
        let name = place.name.as_ref().map_or_else(|| place.uri.slug().to_owned(), |name| self.name(name));
        Cell::Called { uri: place.uri.as_str().to_owned(), name }
    }

    fn lot(&self, no: LotNo) -> Cell {
        let Some(lot) = self.facts.lots.get(no) else { return Cell::None };
        Cell::Called { uri: lot.uri.as_str().to_owned(), name: short_lot(lot.uri.as_str()) }
    }

    fn lot_list(&self, lots: &[LotNo]) -> Cell {
        Cell::Many(lots.iter().map(|lot| self.lot(*lot)).collect())
    }

    fn event(&self, no: usize) -> Option<&EventFact> {
        self.facts.events.get(no)
    }

    fn balance(&self) -> Table {
        let rows = self.facts.balances(self.scope).into_iter().map(|row| {
            let mut cells = vec![self.product(row.product), unit(row.dimension)];
            cells.extend(
                [
                    row.opening,
                    row.harvested,
                    row.made,
                    row.received,
                    row.used,
                    row.sent,
                    row.sold,
                    row.lost,
                    row.short,
                    row.closing,
                ]
                .map(Cell::Amount),
            );
            cells.extend([row.now, row.difference].map(|amount| amount.map_or(Cell::None, Cell::Amount)));
            cells
        });
        let columns = &[
            "product",
            "unit",
            "opening",
            "harvested",
            "made",
            "received",
            "used",
            "sent",
            "sold",
            "lost",
            "short",
            "closing",
            "now",
            "difference",
        ];
        Table { code: "balance", columns, rows: rows.collect() }
    }

    fn yields(&self) -> Table {
        let share = |share: Option<nguon_verifier::report::Share>| {
            share.map_or(Cell::None, |share| Cell::Share(share.millionths()))
        };
        let rows = self.facts.yield_rows(self.scope).into_iter().map(|row: YieldRow| {
            vec![
                self.product(row.product),
                Cell::Many(row.sources.iter().map(|source| self.product(*source)).collect()),
                unit(row.dimension),
                Cell::Count(row.count),
                Cell::Amount(row.input),
                Cell::Amount(row.output),
                Cell::Amount(row.allowed),
                share(row.share()),
                share(row.range.map(|(low, _)| low)),
                share(row.range.map(|(_, high)| high)),
                share(row.bound()),
            ]
        });
        let columns = &[
            "product",
            "sources",
            "unit",
            "count",
            "input",
            "output",
            "allowed",
            "yield",
            "yield_low",
            "yield_high",
            "yield_bound",
        ];
        Table { code: "yields", columns, rows: rows.collect() }
    }

    fn losses(&self) -> Table {
        let mut rows = Vec::new();
        for flow in &self.facts.flows {
            let (Some(event), Some(lot)) = (self.event(flow.event), self.facts.lots.get(flow.lot)) else { continue };
            let is_product = self.scope.product.is_none_or(|product| product == lot.product);
            let (kind, amount) = if let FlowKind::Received { short } = flow.kind {
                ("short", short)
            } else if flow.kind == FlowKind::Lost {
                ("lost", flow.amount)
            } else {
                continue;
            };
            if amount.is_positive() && is_product && !event.undone && self.scope.has_event(self.facts, event) {
                rows.push(vec![
                    Cell::Count(event.index),
                    Cell::Time(event.at),
                    Cell::Word("report.loss", kind),
                    self.lot(flow.lot),
                    self.product(lot.product),
                    Cell::Amount(amount),
                    unit(lot.dimension),
                    self.actor(event.party),
                ]);
            }
        }
        let columns = &["entry", "at", "kind", "lot", "product", "amount", "unit", "party"];
        Table { code: "losses", columns, rows }
    }

    fn recalls(&self) -> Table {
        let rows = self.facts.recall_rows(self.scope).into_iter().filter_map(|row| {
            let event = self.event(row.event)?;
            Some(vec![
                Cell::Count(event.index),
                Cell::Time(event.at),
                self.actor(event.party),
                self.lot_list(&row.named),
                Cell::Count(u64::try_from(row.reached.len()).unwrap_or(u64::MAX)),
                self.lot_list(&row.reached),
                row.taken_back.map_or(Cell::None, Cell::Count),
            ])
        });
        let columns = &["entry", "at", "party", "named", "reached_count", "reached", "taken_back"];
        Table { code: "recalls", columns, rows: rows.collect() }
    }

    fn recall_holdings(&self) -> Table {
        let mut rows = Vec::new();
        for row in self.facts.recall_rows(self.scope) {
            let Some(event) = self.event(row.event) else { continue };
            let cells = |state, party, product, dimension, amount| {
                vec![
                    Cell::Count(event.index),
                    Cell::Word("report.holding", state),
                    party,
                    self.product(product),
                    Cell::Amount(amount),
                    unit(dimension),
                ]
            };
            rows.extend(row.held.iter().map(|(party, product, dimension, amount)| {
                cells("held", self.actor(*party), *product, *dimension, *amount)
            }));
            let sold = row.sold.iter();
            rows.extend(
                sold.map(|(product, dimension, amount)| cells("sold", Cell::None, *product, *dimension, *amount)),
            );
        }
        let columns = &["recall", "state", "party", "product", "amount", "unit"];
        Table { code: "recall_holdings", columns, rows }
    }

    fn says(&self, pattern: &Pattern) -> String {
        let amount = pattern.amount.map_or_else(String::new, |(amount, dimension)| {
            table::amount(amount, dimension.base_code().unwrap_or(""), self.words, self.language)
        });
        // The minute is told in UTC; people read the clocks of Vietnam.
        let minute = pattern.minute.map_or(0, |minute| (u32::from(minute) + 7 * 60) % (24 * 60));
        let values = [
            ("count", pattern.entries.len().to_string()),
            ("of", pattern.of.to_string()),
            ("amount", amount),
            ("minute", format!("{:02}:{:02}", minute / 60, minute % 60)),
        ];
        let area = pattern.area.map_or_else(Vec::new, |area| {
            let kilograms = |amount| table::amount(amount, "KGM", self.words, self.language);
            let place = if let Cell::Called { name, .. } = self.place(Some(area.place)) { name } else { String::new() };
            let (least, most) = (kilograms(area.least), kilograms(area.most));
            vec![
                ("place", place),
                ("hectares", table::decimal(&area.hectares.to_string(), self.language)),
                ("least", least),
                ("most", most),
            ]
        });
        let values = values.into_iter().chain(area).collect::<Vec<_>>();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.words.fill(&format!("report.says.{}", pattern.code.as_str()), &values)
    }

    fn patterns(&self) -> Table {
        let patterns = self.facts.patterns(self.scope);
        let patterns = patterns.into_iter().chain(self.facts.hectares_out_of_range(self.scope, self.areas));
        let rows = patterns.map(|pattern| {
            vec![
                Cell::Word("report.pattern", pattern.code.as_str()),
                self.actor(pattern.actor),
                pattern.product.map_or(Cell::None, |product| self.product(product)),
                Cell::Text(self.says(&pattern)),
                Cell::Count(u64::try_from(pattern.entries.len()).unwrap_or(u64::MAX)),
                Cell::Count(u64::try_from(pattern.of).unwrap_or(u64::MAX)),
                Cell::Many(pattern.entries.iter().map(|entry| Cell::Count(*entry)).collect()),
                self.lot_list(&pattern.lots),
            ]
        });
        let columns = &["pattern", "party", "product", "says", "count", "of", "entries", "lots"];
        Table { code: "patterns", columns, rows: rows.collect() }
    }

    fn inspections(&self) -> Table {
        let as_of = self.facts.as_of;
        let rows = self.facts.inspection_rows(self.scope).into_iter().filter_map(|row| {
            let event = self.event(row.inspection.event)?;
            let certificate = row.inspection.certificate.as_ref();
            let text = |text: Option<&str>| text.map_or(Cell::None, |text| Cell::Text(text.to_owned()));
            let from = certificate.and_then(|certificate| certificate.valid_from.as_deref());
            let to = certificate.and_then(|certificate| certificate.valid_to.as_deref());
            let valid = |at: Option<UnixMillis>| match (certificate, at) {
                (Some(_), Some(at)) => Cell::Word("report.validity", Validity::on(&day(at), from, to).as_str()),
                _ => Cell::None,
            };
            Some(vec![
                Cell::Count(event.index),
                Cell::Time(row.at),
                self.actor(event.party),
                self.lot_list(&event.lots),
                text(certificate.map(|certificate| &*certificate.scheme)),
                text(certificate.and_then(|certificate| certificate.number.as_deref())),
                text(certificate.map(|certificate| &*certificate.issuer)),
                text(from),
                text(to),
                valid(Some(row.at)),
                valid(as_of),
                event.corrected.map_or(Cell::None, Cell::Count),
            ])
        });
        let columns = &[
            "entry",
            "at",
            "inspector",
            "lots",
            "scheme",
            "number",
            "issuer",
            "valid_from",
            "valid_to",
            "valid_then",
            "valid_now",
            "corrected_by",
        ];
        Table { code: "inspections", columns, rows: rows.collect() }
    }

    fn corrections(&self) -> Table {
        let rows = self.facts.correction_rows(self.scope).into_iter().filter_map(|row| {
            let (event, original) = (self.event(row.correction.event)?, self.event(row.correction.original)?);
            Some(vec![
                Cell::Count(event.index),
                Cell::Time(event.received_at),
                self.actor(event.author),
                Cell::Count(original.index),
                Cell::Word("report.verb", original.verb.as_str()),
                self.lot_list(&original.lots),
                row.correction.reason.as_ref().map_or(Cell::None, |reason| Cell::Text(reason.to_string())),
                Cell::Word("report.corrected", if row.correction.undone { "undone" } else { "flagged" }),
            ])
        });
        let columns = &["entry", "received_at", "by", "original", "verb", "lots", "reason", "effect"];
        Table { code: "corrections", columns, rows: rows.collect() }
    }

    fn attests(&self) -> Table {
        let rows = self.facts.attest_rows(self.scope).into_iter().map(|attest| {
            vec![
                Cell::Count(attest.index),
                Cell::Time(attest.received_at),
                self.actor(attest.author),
                Cell::Count(attest.entry),
                Cell::Word("report.claim", attest.claim.as_str()),
                attest.note.as_ref().map_or(Cell::None, |note| Cell::Text(note.to_string())),
            ]
        });
        let columns = &["entry", "received_at", "by", "original", "claim", "note"];
        Table { code: "attests", columns, rows: rows.collect() }
    }

    fn harvests(&self) -> Table {
        let rows = self.facts.harvests_by_place(self.scope).into_iter().map(|row| {
            vec![
                self.place(row.place),
                self.product(row.product),
                Cell::Count(row.harvests),
                Cell::Amount(row.amount),
                unit(row.dimension),
            ]
        });
        Table { code: "harvests", columns: &["place", "product", "count", "amount", "unit"], rows: rows.collect() }
    }

    fn keys(&self) -> Table {
        let rows = self.facts.key_rows(self.scope).into_iter().filter_map(|row| {
            let key = self.facts.keys.get(row.key)?;
            let actor = self.facts.actors.get(key.actor)?;
            Some(vec![
                Cell::Text(key.key.to_string()),
                self.actor(key.actor),
                Cell::Word("report.class", actor.class.as_str()),
                Cell::Many(actor.roles.iter().map(|role| Cell::Word("report.role", role.as_str())).collect()),
                Cell::Count(key.registered),
                key.revoked.map_or(Cell::None, Cell::Count),
                Cell::Count(key.statements),
                Cell::Count(row.events),
                Cell::Count(row.on_behalf),
                key.used.map_or(Cell::None, |(_, last)| Cell::Time(last)),
            ])
        });
        let columns = &[
            "key",
            "actor",
            "class",
            "roles",
            "registered",
            "revoked",
            "statements",
            "events",
            "on_behalf",
            "last_used",
        ];
        Table { code: "keys", columns, rows: rows.collect() }
    }

    fn lots(&self) -> Table {
        let rows = self.facts.lot_rows(self.scope).into_iter().filter_map(|row| {
            let lot = self.facts.lots.get(row.lot)?;
            let state = match (lot.voided, row.is_recalled) {
                (true, _) => "voided",
                (false, true) => "recalled",
                (false, false) => "sound",
            };
            Some(vec![
                self.lot(row.lot),
                self.product(lot.product),
                Cell::Time(lot.created_at),
                self.actor(lot.created_by),
                Cell::Amount(lot.quantity),
                Cell::Amount(row.held),
                Cell::Amount(row.on_the_way),
                Cell::Amount(lot.standing.used),
                Cell::Amount(lot.standing.sold),
                Cell::Amount(lot.standing.lost),
                unit(lot.dimension),
                self.lot_list(&lot.parents),
                Cell::Count(lot.packs),
                Cell::Word("report.state", state),
                Cell::Count(lot.created),
            ])
        });
        let columns = &[
            "lot",
            "product",
            "at",
            "created_by",
            "quantity",
            "held",
            "on_the_way",
            "used",
            "sold",
            "lost_all",
            "unit",
            "parents",
            "packs",
            "state",
            "entry",
        ];
        Table { code: "lots", columns, rows: rows.collect() }
    }

    fn events(&self) -> Table {
        let events = self.facts.events.iter().filter(|event| self.scope.has_event(self.facts, event));
        let rows = events.map(|event| {
            vec![
                Cell::Count(event.index),
                Cell::Time(event.at),
                Cell::Time(event.received_at),
                Cell::Word("report.verb", event.verb.as_str()),
                self.actor(event.party),
                self.actor(event.author),
                event.on_behalf_of.map_or(Cell::None, |member| self.actor(member)),
                self.place(event.place),
                self.lot_list(&event.lots),
                event.corrected.map_or(Cell::None, Cell::Count),
            ]
        });
        let columns = &[
            "entry",
            "at",
            "received_at",
            "verb",
            "party",
            "signed_by",
            "on_behalf_of",
            "place",
            "lots",
            "corrected_by",
        ];
        Table { code: "events", columns, rows: rows.collect() }
    }
}

fn unit(dimension: Dimension) -> Cell {
    Cell::Unit(dimension.base_code().unwrap_or("").to_owned())
}

/// The day of a time, `YYYY-MM-DD`, by the clocks of Vietnam.
fn day(at: UnixMillis) -> String {
    let text = UnixMillis::new(at.get().saturating_add(OFFSET_MILLIS)).to_rfc3339();
    text.get(..10).unwrap_or_default().to_owned()
}

/// What people read of a lot's URI: the id, or the batch number of a GS1 lot.
pub(in super::super) fn short_lot(uri: &str) -> String {
    uri.rsplit('/').next().unwrap_or(uri).to_owned()
}
