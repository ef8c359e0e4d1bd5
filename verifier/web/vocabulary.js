// @ts-check
// Words of the Core Business Vocabulary 2.0, URIs, namespaced fields and sensor data: what an EPCIS event is made of.
import { Num } from './json.js';
import { isUriText } from './names.js';
import { timeOf } from './values.js';

/** @typedef {(json: any) => boolean} Test */

const list = (/** @type {string} */ text) => text.split(/\s+/);
/** @type {Record<string, string[]>} */
const WORDS = {
  BizStep: list(`accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting decommissioning departing destroying
    disassembling dispensing encoding entering_exiting holding inspecting installing killing loading other packing picking receiving removing repackaging
    repairing replacing reserving retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting unloading
    unpacking void_shipping`),
  Disp: list(`active available completeness_inferred completeness_verified conformant container_closed container_open damaged destroyed dispensed disposed encoded
    expired in_progress in_transit inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant
    non_sellable_other partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown`),
  BTT: list(`bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt`),
  SDT: list(`location owning_party possessing_party`),
  ER: list(`did_not_occur incorrect_data`),
  Comp: list(`altitude axial_distance azimuth easting elevation_angle height latitude longitude northing polar_angle spherical_radius x y z`),
};
const MEASUREMENTS = list(`AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance AmountOfSubstancePerUnitVolume Angle AngularAcceleration
    AngularMomentum AngularVelocity Area Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate
    DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance
    Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential
    Mass MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time
    Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber`);
/** Longest part of a context, in definitions. */
const DEFINITIONS_MAX = 256;
const PREFIXES = ['epcis', 'cbv', 'cbvmda', 'gs1', 'rdfs', 'owl', 'xsd', 'dcterms'];

/** @type {Test} */
export const isUri = (text) => {
  const match = typeof text === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:(.+)$/s.exec(text);
  return Boolean(match) && isUriText(/** @type {RegExpExecArray} */ (match)[1] ?? '');
};

/** @type {Test} */
export const isTime = (text) => timeOf(text) !== null;

/** @param {Test} test @returns {Test} */
export const listOf = (test) => (json) => Array.isArray(json) && json.every(test);

/** Whether an array of texts holds none twice. @param {any[]} texts */
export const isUnique = (texts) => new Set(texts).size === texts.length;

/** A word of the vocabulary in any of its spellings, or somebody else's URI as it is; `null` for neither. @param {any} term @param {string} kind @returns {string | null} */
export function termOf(term, kind) {
  if (typeof term !== 'string') return null;
  const isOurs = /^(?:cbv:|https?:\/\/(?:ref|ns)\.gs1\.org\/cbv\/|urn:epcglobal:cbv:)/.test(term);
  const full = new RegExp(`^(?:(?:cbv:|https?://(?:ref|ns)\\.gs1\\.org/cbv/)${kind}-|urn:epcglobal:cbv:${kind.toLowerCase()}:)(.*)$`, 's');
  const word = term.includes(':') ? full.exec(term)?.[1] : term;
  if (word !== undefined && WORDS[kind]?.includes(word)) return word;
  return !isOurs && isUri(term) ? term : null;
}

/** @param {string} kind @returns {Test} */
export const isTerm = (kind) => (json) => termOf(json, kind) !== null;

/** Reads the context of an event: the test of the names of fields that no standard knows; `null` if it is none. @param {any} json @returns {Test | null} */
export function readContext(json) {
  const parts = json === undefined ? [] : Array.isArray(json) ? json : [json];
  if (!parts.every((part) => part instanceof Map || isUri(part))) return null;
  const maps = parts.filter((part) => part instanceof Map);
  if (maps.reduce((sum, part) => sum + part.size, 0) > DEFINITIONS_MAX) return null;
  return (key) => {
    const at = key.indexOf(':');
    const [prefix, local] = [key.slice(0, at), key.slice(at + 1)];
    if (at < 0) return false;
    if (local.startsWith('//') || prefix === 'urn') return isUri(key);
    return local !== '' && (PREFIXES.includes(prefix) || maps.some((part) => (part.get(prefix) ?? null) !== null));
  };
}

/** An object of known fields and, where there is a test for their names, others. @param {Record<string, Test>} known @param {Test} [extension] @param {string[]} [needed] @returns {Test} */
export const fieldsOf = (known, extension = () => false, needed = []) => (json) => json instanceof Map && needed.every((key) => json.has(key))
  && [...json].every(([key, value]) => (Object.hasOwn(known, key) ? known[key]?.(value) : extension(key)));

/** @type {Test} */
const isNumber = (json) => json instanceof Num;
/** @type {Test} */
const isText = (json) => typeof json === 'string';

/** A word of the GS1 Web Vocabulary, or a URI outside of it. @param {string[]} words @returns {Test} */
const isWebTerm = (words) => (json) => words.includes(json) || (isUri(json) && !/^https?:\/\/(?:www\.)?gs1\.org\/voc\//.test(json));

/** @param {string} keys @param {Test} test @returns {Record<string, Test>} */
const all = (keys, test) => Object.fromEntries(list(keys).map((key) => [key, test]));

/** Tests a `sensorElementList`. @param {Test} extension @returns {Test} */
export function sensorElements(extension) {
  const metadata = fieldsOf({ ...all('time startTime endTime', isTime), ...all('deviceID deviceMetadata rawData dataProcessingMethod bizRules', isUri) }, extension);
  const report = fieldsOf({
    type: isWebTerm(MEASUREMENTS), exception: isWebTerm(['ALARM_CONDITION', 'ERROR_CONDITION']), component: isTerm('Comp'), time: isTime,
    ...all('deviceID deviceMetadata rawData dataProcessingMethod bizRules microorganism chemicalSubstance coordinateReferenceSystem uriValue', isUri),
    ...all('value minValue maxValue meanValue sDev percRank percValue', isNumber), ...all('stringValue uom', isText),
    booleanValue: (json) => typeof json === 'boolean', hexBinaryValue: (json) => isText(json) && /^[0-9A-Fa-f]+$/.test(json),
  }, extension, ['type']);
  const type = (/** @type {any} */ json) => json === 'epcis:SensorElement' || extension('type');
  return listOf(fieldsOf({ sensorMetadata: metadata, sensorReport: (json) => listOf(report)(json) && json.length > 0, type }, extension, ['sensorReport']));
}
