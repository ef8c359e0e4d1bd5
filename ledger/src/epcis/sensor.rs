//! Sensor data of an event. It is checked against the standard and kept as JSON, because no rule acts on it.

use super::context::Context;
use super::error::{EventError, EventErrorKind};
use super::fields::{Read, array, boolean, number, object, text, time, uri};
use super::vocabulary;
use crate::json::Json;

/// The type that a sensor element may state, though no standard field asks for it.
const SENSOR_ELEMENT_TYPE: &str = "epcis:SensorElement";

/// `sensorElementList`.
pub(super) fn list<'j>(json: &'j Json<'j>, context: &Context<'_>) -> Read<&'j [Json<'j>]> {
    let elements = array(json)?;
    for (at, item) in elements.iter().enumerate() {
        element(item, context).map_err(|e| e.within_item(at))?;
    }
    Ok(elements)
}

/// `sensorElement`: reports and what they have in common.
fn element(json: &Json<'_>, context: &Context<'_>) -> Read<()> {
    let mut has_reports = false;
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "sensorMetadata" => metadata(value, context),
            "sensorReport" => {
                has_reports = true;
                reports(value, context)
            }
            "type" if value.as_str() == Some(SENSOR_ELEMENT_TYPE) => Ok(()),
            _ => {
                context.check_extension(key)?;
                Ok(())
            }
        };
        read.map_err(|e| e.within(key))?;
    }
    if has_reports { Ok(()) } else { Err(EventError::of("sensorReport", EventErrorKind::Missing)) }
}

/// `sensorMetadata`.
fn metadata(json: &Json<'_>, context: &Context<'_>) -> Read<()> {
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "time" | "startTime" | "endTime" => time(value).map(drop),
            "deviceID" | "deviceMetadata" | "rawData" | "dataProcessingMethod" | "bizRules" => uri(value).map(drop),
            _ => {
                context.check_extension(key)?;
                Ok(())
            }
        };
        read.map_err(|e| e.within(key))?;
    }
    Ok(())
}

/// The reports of a sensor element: at least one.
fn reports(json: &Json<'_>, context: &Context<'_>) -> Read<()> {
    let reports = array(json)?;
    if reports.is_empty() {
        return Err(EventError::here(EventErrorKind::Empty));
    }
    reports.iter().enumerate().try_for_each(|(at, item)| report(item, context).map_err(|e| e.within_item(at)))
}

/// `sensorReport`: one measurement.
fn report(json: &Json<'_>, context: &Context<'_>) -> Read<()> {
    let mut has_type = false;
    for (key, value) in object(json)?.iter() {
        let read = match key {
            "type" => {
                has_type = true;
                vocabulary::check_measurement_type(value)
            }
            "exception" => vocabulary::check_alert(value),
            "component" => vocabulary::COMPONENT.term(value).map(drop),
            "time" => time(value).map(drop),
            "deviceID"
            | "deviceMetadata"
            | "rawData"
            | "dataProcessingMethod"
            | "bizRules"
            | "microorganism"
            | "chemicalSubstance"
            | "coordinateReferenceSystem"
            | "uriValue" => uri(value).map(drop),
            "value" | "minValue" | "maxValue" | "meanValue" | "sDev" | "percRank" | "percValue" => {
                number(value).map(drop)
            }
            "stringValue" | "uom" => text(value).map(drop),
            "booleanValue" => boolean(value).map(drop),
            "hexBinaryValue" => hex(value),
            _ => {
                context.check_extension(key)?;
                Ok(())
            }
        };
        read.map_err(|e| e.within(key))?;
    }
    if has_type { Ok(()) } else { Err(EventError::of("type", EventErrorKind::Missing)) }
}

/// `^[A-Fa-f0-9]+$`
fn hex(json: &Json<'_>) -> Read<()> {
    let digits = text(json)?;
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err(EventError::here(EventErrorKind::WrongKind { expected: "hexadecimal digits" }))
    }
}
