//! The words of the Core Business Vocabulary 2.0 and their three spellings.
//!
//! In JSON the bare word is the rule. The full forms, which name the same thing, are brought to it: the URN
//! `urn:epcglobal:cbv:bizstep:shipping` and the web URI `https://ref.gs1.org/cbv/BizStep-shipping`.

use core::fmt;

use super::error::{EventError, EventErrorKind};
use super::fields::{Read, is_uri, text};
use crate::json::Json;

/// A word of a vocabulary, or a URI from outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a term is either in the vocabulary or not")]
pub enum Term<'j> {
    /// The bare word, as in `shipping`.
    Word(&'static str),
    /// Somebody else's term.
    Uri(&'j str),
}

impl<'j> Term<'j> {
    /// The bare word or the URI.
    #[must_use]
    pub const fn as_str(&self) -> &'j str {
        match self {
            Self::Word(word) => word,
            Self::Uri(uri) => uri,
        }
    }

    /// Whether this is that word of the vocabulary.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if *text == word)
    }
}

impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The namespaces of the whole vocabulary: no term under them is anybody else's.
const WEB_NAMESPACES: [&str; 5] = [
    "cbv:",
    "https://ref.gs1.org/cbv/",
    "http://ref.gs1.org/cbv/",
    "https://ns.gs1.org/cbv/",
    "http://ns.gs1.org/cbv/",
];
const URN_NAMESPACE: &str = "urn:epcglobal:cbv:";

/// The words of one field.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// In ascending order.
    words: &'static [&'static str],
    /// What stands between namespace and word in a web URI.
    web: &'static str,
    /// What stands between namespace and word in a URN.
    urn: &'static str,
}

impl Vocabulary {
    /// Reads a term in any spelling.
    pub(super) fn term<'j>(&self, json: &'j Json<'j>) -> Read<Term<'j>> {
        let text = text(json)?;
        let word = self.bare_word(text).and_then(|word| {
            self.words.binary_search(&word).ok().and_then(|at| self.words.get(at)).copied().map(Term::Word)
        });
        let foreign = || {
            let is_ours = text.starts_with(URN_NAMESPACE) || WEB_NAMESPACES.iter().any(|ns| text.starts_with(ns));
            (!is_ours && is_uri(text)).then_some(Term::Uri(text))
        };
        word.or_else(foreign).ok_or(EventError::here(EventErrorKind::Word))
    }

    /// The text without a namespace of this vocabulary.
    fn bare_word<'t>(&self, text: &'t str) -> Option<&'t str> {
        if !text.contains(':') {
            return Some(text);
        }
        if let Some(rest) = text.strip_prefix(URN_NAMESPACE) {
            return rest.strip_prefix(self.urn);
        }
        WEB_NAMESPACES.iter().find_map(|namespace| text.strip_prefix(namespace)?.strip_prefix(self.web))
    }
}

/// `bizStep` (CBV 2.0, section 7.1).
pub(super) static BIZ_STEP: Vocabulary = Vocabulary {
    web: "BizStep-",
    urn: "bizstep:",
    words: &[
        "accepting",
        "arriving",
        "assembling",
        "collecting",
        "commissioning",
        "consigning",
        "creating_class_instance",
        "cycle_counting",
        "decommissioning",
        "departing",
        "destroying",
        "disassembling",
        "dispensing",
        "encoding",
        "entering_exiting",
        "holding",
        "inspecting",
        "installing",
        "killing",
        "loading",
        "other",
        "packing",
        "picking",
        "receiving",
        "removing",
        "repackaging",
        "repairing",
        "replacing",
        "reserving",
        "retail_selling",
        "sampling",
        "sensor_reporting",
        "shipping",
        "staging_outbound",
        "stock_taking",
        "stocking",
        "storing",
        "transporting",
        "unloading",
        "unpacking",
        "void_shipping",
    ],
};

/// `disposition` (CBV 2.0, section 7.2).
pub(super) static DISPOSITION: Vocabulary = Vocabulary {
    web: "Disp-",
    urn: "disp:",
    words: &[
        "active",
        "available",
        "completeness_inferred",
        "completeness_verified",
        "conformant",
        "container_closed",
        "container_open",
        "damaged",
        "destroyed",
        "dispensed",
        "disposed",
        "encoded",
        "expired",
        "in_progress",
        "in_transit",
        "inactive",
        "mismatch_class",
        "mismatch_instance",
        "mismatch_quantity",
        "needs_replacement",
        "no_pedigree_match",
        "non_conformant",
        "non_sellable_other",
        "partially_dispensed",
        "recalled",
        "reserved",
        "retail_sold",
        "returned",
        "sellable_accessible",
        "sellable_not_accessible",
        "stolen",
        "unavailable",
        "unknown",
    ],
};

/// The type of a business transaction (CBV 2.0, section 7.3).
pub(super) static BIZ_TRANSACTION_TYPE: Vocabulary = Vocabulary {
    web: "BTT-",
    urn: "btt:",
    words: &[
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    ],
};

/// The type of a source or destination (CBV 2.0, section 7.4).
pub(super) static SOURCE_DEST_TYPE: Vocabulary =
    Vocabulary { web: "SDT-", urn: "sdt:", words: &["location", "owning_party", "possessing_party"] };

/// The reason of an error declaration (CBV 2.0, section 7.5).
pub(super) static ERROR_REASON: Vocabulary =
    Vocabulary { web: "ER-", urn: "er:", words: &["did_not_occur", "incorrect_data"] };

/// A component of a measured vector (CBV 2.0, section 7.8).
pub(super) static COMPONENT: Vocabulary = Vocabulary {
    web: "Comp-",
    urn: "comp:",
    words: &[
        "altitude",
        "axial_distance",
        "azimuth",
        "easting",
        "elevation_angle",
        "height",
        "latitude",
        "longitude",
        "northing",
        "polar_angle",
        "spherical_radius",
        "x",
        "y",
        "z",
    ],
};

/// What a sensor measures (GS1 Web Vocabulary, `MeasurementType`), in ascending order.
const MEASUREMENT_TYPES: &[&str] = &[
    "AbsoluteHumidity",
    "AbsorbedDose",
    "AbsorbedDoseRate",
    "Acceleration",
    "Altitude",
    "AmountOfSubstance",
    "AmountOfSubstancePerUnitVolume",
    "Angle",
    "AngularAcceleration",
    "AngularMomentum",
    "AngularVelocity",
    "Area",
    "Capacitance",
    "Conductance",
    "Conductivity",
    "Count",
    "Density",
    "Dimensionless",
    "DoseEquivalent",
    "DoseEquivalentRate",
    "DynamicViscosity",
    "ElectricCharge",
    "ElectricCurrent",
    "ElectricCurrentDensity",
    "ElectricFieldStrength",
    "Energy",
    "Exposure",
    "Force",
    "Frequency",
    "Illuminance",
    "Inductance",
    "Irradiance",
    "KinematicViscosity",
    "Length",
    "LinearMomentum",
    "Luminance",
    "LuminousFlux",
    "LuminousIntensity",
    "MagneticFlux",
    "MagneticFluxDensity",
    "MagneticVectorPotential",
    "Mass",
    "MassConcentration",
    "MassFlowRate",
    "MassPerAreaTime",
    "MemoryCapacity",
    "MolalityOfSolute",
    "MolarEnergy",
    "MolarMass",
    "MolarVolume",
    "Power",
    "Pressure",
    "RadiantFlux",
    "RadiantIntensity",
    "Radioactivity",
    "RelativeHumidity",
    "Resistance",
    "Resistivity",
    "SolidAngle",
    "SpecificVolume",
    "Speed",
    "SurfaceDensity",
    "SurfaceTension",
    "Temperature",
    "Time",
    "Torque",
    "Voltage",
    "Volume",
    "VolumeFlowRate",
    "VolumeFraction",
    "VolumetricFlux",
    "Wavenumber",
];

/// What may be out of order about a measurement, in ascending order.
const ALERTS: &[&str] = &["ALARM_CONDITION", "ERROR_CONDITION"];

/// Checks a term of the GS1 Web Vocabulary: a bare word, or a URI outside of it.
fn check_web_term(json: &Json<'_>, words: &[&str]) -> Read<()> {
    let text = text(json)?;
    let is_ours = ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| rest.starts_with("gs1.org/voc/") || rest.starts_with("www.gs1.org/voc/"))
    });
    let fits = words.binary_search(&text).is_ok() || (!is_ours && is_uri(text));
    if fits { Ok(()) } else { Err(EventError::here(EventErrorKind::Word)) }
}

/// Checks the `type` of a sensor report.
pub(super) fn check_measurement_type(json: &Json<'_>) -> Read<()> {
    check_web_term(json, MEASUREMENT_TYPES)
}

/// Checks the `exception` of a sensor report.
pub(super) fn check_alert(json: &Json<'_>) -> Read<()> {
    check_web_term(json, ALERTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_order() {
        let lists = [&BIZ_STEP, &DISPOSITION, &BIZ_TRANSACTION_TYPE, &SOURCE_DEST_TYPE, &ERROR_REASON, &COMPONENT];
        for words in lists.map(|v| v.words).into_iter().chain([MEASUREMENT_TYPES, ALERTS]) {
            assert!(words.windows(2).all(|pair| pair[0] < pair[1]), "{words:?}");
        }
        assert_eq!((BIZ_STEP.words.len(), DISPOSITION.words.len(), MEASUREMENT_TYPES.len()), (41, 33, 72));
    }

    #[test]
    fn all_spellings_are_one_word() {
        let term = |text: &'static str| {
            BIZ_STEP.term(&Json::String(text.into())).map(|t| alloc::string::String::from(t.as_str()))
        };
        for text in [
            "shipping",
            "urn:epcglobal:cbv:bizstep:shipping",
            "https://ref.gs1.org/cbv/BizStep-shipping",
            "https://ns.gs1.org/cbv/BizStep-shipping",
            "cbv:BizStep-shipping",
        ] {
            assert_eq!(term(text).as_deref(), Ok("shipping"), "{text}");
        }
        assert_eq!(term("https://example.org/steps/drying").as_deref(), Ok("https://example.org/steps/drying"));
        for text in [
            "",
            "Shipping",
            "drying",
            "urn:epcglobal:cbv:disp:active",
            "urn:epcglobal:cbv:bizstep:drying",
            "https://ref.gs1.org/cbv/Disp-active",
            "cbv:shipping",
            "http://ns.gs1.org/cbv/x",
            ":",
            "a b:c",
        ] {
            assert_eq!(term(text), Err(EventError::here(EventErrorKind::Word)), "{text}");
        }
    }
}
