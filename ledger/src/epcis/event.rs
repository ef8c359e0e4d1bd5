//! Reads one event: sorts its members by field, then reads the fields that its type has.

use alloc::vec::Vec;

use super::context::Context;
use super::error::{EventError, EventErrorKind};
use super::fields::{self, Read};
use super::vocabulary;
use super::{Action, Children, Event, What, sensor};
use crate::json::{Json, Object};

/// The five types of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Object,
    Aggregation,
    Association,
    Transaction,
    Transformation,
}

impl Type {
    /// The type that an object states, if it is one of the five.
    pub(super) fn of(object: &Object<'_>) -> Read<Self> {
        let json = object.get("type").ok_or_else(|| EventError::of("type", EventErrorKind::Missing))?;
        match fields::text(json).map_err(|e| e.within("type"))? {
            "ObjectEvent" => Ok(Self::Object),
            "AggregationEvent" => Ok(Self::Aggregation),
            "AssociationEvent" => Ok(Self::Association),
            "TransactionEvent" => Ok(Self::Transaction),
            "TransformationEvent" => Ok(Self::Transformation),
            _ => Err(EventError::of("type", EventErrorKind::Word)),
        }
    }

    const fn has_action(self) -> bool {
        !matches!(self, Self::Transformation)
    }

    const fn has_parent(self) -> bool {
        matches!(self, Self::Aggregation | Self::Association | Self::Transaction)
    }

    const fn has_children(self) -> bool {
        matches!(self, Self::Aggregation | Self::Association)
    }

    const fn has_objects(self) -> bool {
        matches!(self, Self::Object | Self::Transaction)
    }

    /// Whether it brings things into being, with master data and dispositions that last.
    const fn is_creative(self) -> bool {
        matches!(self, Self::Object | Self::Transformation)
    }
}

/// A member's value, if the event has that member.
type Slot<'j> = Option<&'j Json<'j>>;

/// The members of an event by field.
#[derive(Debug, Default)]
struct Members<'j> {
    event_time: Slot<'j>,
    offset: Slot<'j>,
    record_time: Slot<'j>,
    event_id: Slot<'j>,
    certification_info: Slot<'j>,
    error_declaration: Slot<'j>,
    action: Slot<'j>,
    biz_step: Slot<'j>,
    disposition: Slot<'j>,
    persistent_disposition: Slot<'j>,
    read_point: Slot<'j>,
    biz_location: Slot<'j>,
    biz_transactions: Slot<'j>,
    sources: Slot<'j>,
    destinations: Slot<'j>,
    sensor_elements: Slot<'j>,
    ilmd: Slot<'j>,
    parent_id: Slot<'j>,
    epcs: Slot<'j>,
    quantities: Slot<'j>,
    child_epcs: Slot<'j>,
    child_quantities: Slot<'j>,
    input_epcs: Slot<'j>,
    input_quantities: Slot<'j>,
    output_epcs: Slot<'j>,
    output_quantities: Slot<'j>,
    transformation_id: Slot<'j>,
    extensions: Vec<(&'j str, &'j Json<'j>)>,
}

impl<'j> Members<'j> {
    fn sort(object: &'j Object<'j>, of: Type, context: &Context<'_>) -> Read<Self> {
        let mut members = Self::default();
        for (key, value) in object.iter() {
            if let Some(slot) = members.slot(key, of) {
                *slot = Some(value);
            } else if !matches!(key, "type" | "@context") {
                context.check_extension(key)?;
                members.extensions.push((key, value));
            }
        }
        Ok(members)
    }

    /// Where the value of a field belongs, if events of this type have the field.
    fn slot(&mut self, key: &str, of: Type) -> Option<&mut Slot<'j>> {
        Some(match key {
            "eventTime" => &mut self.event_time,
            "eventTimeZoneOffset" => &mut self.offset,
            "recordTime" => &mut self.record_time,
            "eventID" => &mut self.event_id,
            "certificationInfo" => &mut self.certification_info,
            "errorDeclaration" => &mut self.error_declaration,
            "bizStep" => &mut self.biz_step,
            "disposition" => &mut self.disposition,
            "readPoint" => &mut self.read_point,
            "bizLocation" => &mut self.biz_location,
            "bizTransactionList" => &mut self.biz_transactions,
            "sourceList" => &mut self.sources,
            "destinationList" => &mut self.destinations,
            "sensorElementList" => &mut self.sensor_elements,
            "action" if of.has_action() => &mut self.action,
            "parentID" if of.has_parent() => &mut self.parent_id,
            "childEPCs" if of.has_children() => &mut self.child_epcs,
            "childQuantityList" if of.has_children() => &mut self.child_quantities,
            "epcList" if of.has_objects() => &mut self.epcs,
            "quantityList" if of.has_objects() => &mut self.quantities,
            "ilmd" if of.is_creative() => &mut self.ilmd,
            "persistentDisposition" if of.is_creative() => &mut self.persistent_disposition,
            "inputEPCList" if of == Type::Transformation => &mut self.input_epcs,
            "inputQuantityList" if of == Type::Transformation => &mut self.input_quantities,
            "outputEPCList" if of == Type::Transformation => &mut self.output_epcs,
            "outputQuantityList" if of == Type::Transformation => &mut self.output_quantities,
            "transformationID" if of == Type::Transformation => &mut self.transformation_id,
            _ => return None,
        })
    }

    /// Reads what the event happened to.
    fn what(&self, of: Type, context: &Context<'_>) -> Read<What<'j>> {
        match of {
            Type::Object => self.object(context),
            Type::Aggregation => self.children(None).map(What::Aggregation),
            Type::Association => self.children(Some("parentID")).map(What::Association),
            Type::Transaction => self.transaction(),
            Type::Transformation => self.transformation(context),
        }
    }

    fn object(&self, context: &Context<'_>) -> Read<What<'j>> {
        let action = self.action()?;
        let ilmd = optional("ilmd", self.ilmd, |json| fields::ilmd(json, context))?;
        if ilmd.is_some() && action != Action::Add {
            return Err(EventError::of("ilmd", EventErrorKind::Action));
        }
        let quantity_list = quantities("quantityList", self.quantities)?;
        // Sensors may report of a place alone; an empty list of objects is one all the same.
        let has_sensors = self.sensor_elements.and_then(Json::as_array).is_some_and(|elements| !elements.is_empty());
        let is_of_place = has_sensors && self.read_point.is_some();
        if self.epcs.is_none() && quantity_list.is_empty() && !is_of_place {
            return Err(EventError::of("epcList", EventErrorKind::Missing));
        }
        let epc_list = optional("epcList", self.epcs, fields::unique_uris)?.unwrap_or_default();
        Ok(What::Object { action, epc_list, quantity_list, ilmd })
    }

    fn children(&self, required: Option<&str>) -> Read<Children<'j>> {
        let action = self.action()?;
        let parent_id = optional("parentID", self.parent_id, fields::uri)?;
        if let Some(key) = required.filter(|_| parent_id.is_none()) {
            return Err(EventError::of(key, EventErrorKind::Missing));
        }
        let child_epcs = optional("childEPCs", self.child_epcs, fields::uris)?.unwrap_or_default();
        let child_quantity_list = quantities("childQuantityList", self.child_quantities)?;
        if child_epcs.is_empty() && child_quantity_list.is_empty() && action != Action::Delete {
            return Err(EventError::of("childEPCs", EventErrorKind::Missing));
        }
        Ok(Children { action, parent_id, child_epcs, child_quantity_list })
    }

    fn transaction(&self) -> Read<What<'j>> {
        let action = self.action()?;
        let parent_id = optional("parentID", self.parent_id, fields::uri)?;
        let quantity_list = quantities("quantityList", self.quantities)?;
        if self.epcs.is_none() && quantity_list.is_empty() && action != Action::Delete {
            return Err(EventError::of("epcList", EventErrorKind::Missing));
        }
        let epc_list = optional("epcList", self.epcs, fields::uris)?.unwrap_or_default();
        match self.biz_transactions.map(Json::as_array) {
            None => Err(EventError::of("bizTransactionList", EventErrorKind::Missing)),
            Some(Some([])) => Err(EventError::of("bizTransactionList", EventErrorKind::Empty)),
            Some(_) => Ok(What::Transaction { action, parent_id, epc_list, quantity_list }),
        }
    }

    fn transformation(&self, context: &Context<'_>) -> Read<What<'j>> {
        let input_epc_list = optional("inputEPCList", self.input_epcs, fields::unique_uris)?.unwrap_or_default();
        let output_epc_list = optional("outputEPCList", self.output_epcs, fields::unique_uris)?.unwrap_or_default();
        let input_quantity_list = quantities("inputQuantityList", self.input_quantities)?;
        let output_quantity_list = quantities("outputQuantityList", self.output_quantities)?;
        let transformation_id = optional("transformationID", self.transformation_id, fields::uri)?;
        let has_input = !input_epc_list.is_empty() || !input_quantity_list.is_empty();
        let has_output = !output_epc_list.is_empty() || !output_quantity_list.is_empty();
        // Inputs and outputs may stand in different events only if something ties these together.
        let is_enough = if transformation_id.is_some() { has_input || has_output } else { has_input && has_output };
        if !is_enough {
            let missing = if has_input { "outputQuantityList" } else { "inputQuantityList" };
            return Err(EventError::of(missing, EventErrorKind::Missing));
        }
        Ok(What::Transformation {
            input_epc_list,
            input_quantity_list,
            output_epc_list,
            output_quantity_list,
            transformation_id,
            ilmd: optional("ilmd", self.ilmd, |json| fields::ilmd(json, context))?,
        })
    }

    fn action(&self) -> Read<Action> {
        required("action", self.action, |json| match fields::text(json)? {
            "ADD" => Ok(Action::Add),
            "OBSERVE" => Ok(Action::Observe),
            "DELETE" => Ok(Action::Delete),
            _ => Err(EventError::here(EventErrorKind::Word)),
        })
    }
}

fn optional<'j, T>(key: &str, slot: Slot<'j>, read: impl FnOnce(&'j Json<'j>) -> Read<T>) -> Read<Option<T>> {
    slot.map(read).transpose().map_err(|e| e.within(key))
}

fn required<'j, T>(key: &str, slot: Slot<'j>, read: impl FnOnce(&'j Json<'j>) -> Read<T>) -> Read<T> {
    optional(key, slot, read)?.ok_or_else(|| EventError::of(key, EventErrorKind::Missing))
}

fn quantities<'j>(key: &str, slot: Slot<'j>) -> Read<Vec<super::QuantityElement<'j>>> {
    optional(key, slot, |json| fields::list(json, fields::quantity_element)).map(Option::unwrap_or_default)
}

/// Reads an event inside of what is declared around it.
pub(super) fn parse<'j>(json: &'j Json<'j>, outer: &Context<'_>) -> Read<Event<'j>> {
    let object = fields::object(json)?;
    let of = Type::of(object)?;
    let context = &Context::of(object, outer)?;
    let members = Members::sort(object, of, context)?;
    let parties = |key, slot, name| {
        optional(key, slot, |json| fields::list(json, |item| fields::party(item, name))).map(Option::unwrap_or_default)
    };
    let place = |json| fields::place(json, context);
    Ok(Event {
        json,
        event_time: required("eventTime", members.event_time, |json| fields::time(json))?,
        event_time_zone_offset: required("eventTimeZoneOffset", members.offset, fields::offset)?,
        what: members.what(of, context)?,
        event_id: optional("eventID", members.event_id, fields::uri)?,
        record_time: optional("recordTime", members.record_time, |json| fields::time(json))?,
        error_declaration: optional("errorDeclaration", members.error_declaration, |json| {
            fields::error_declaration(json, context)
        })?,
        biz_step: optional("bizStep", members.biz_step, |json| vocabulary::BIZ_STEP.term(json))?,
        disposition: optional("disposition", members.disposition, |json| vocabulary::DISPOSITION.term(json))?,
        persistent_disposition: optional(
            "persistentDisposition",
            members.persistent_disposition,
            fields::persistent_disposition,
        )?,
        read_point: optional("readPoint", members.read_point, place)?,
        biz_location: optional("bizLocation", members.biz_location, place)?,
        biz_transaction_list: optional("bizTransactionList", members.biz_transactions, |json| {
            fields::list(json, fields::biz_transaction)
        })?
        .unwrap_or_default(),
        source_list: parties("sourceList", members.sources, "source")?,
        destination_list: parties("destinationList", members.destinations, "destination")?,
        certification_info: optional("certificationInfo", members.certification_info, fields::certification)?
            .unwrap_or_default(),
        sensor_element_list: optional("sensorElementList", members.sensor_elements, |json| {
            sensor::list(json, context)
        })?
        .unwrap_or_default(),
        extensions: members.extensions,
    })
}
