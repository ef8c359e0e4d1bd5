// @ts-check
// The container of evidence files: a ZIP archive in the one form that the format allows (section 12.1). It is read by writing its headers again;
// whatever differs is refused, so nothing expands, nothing hides, and two readers cannot be shown two files.
import { concat, utf8 } from './bytes.js';

/** @typedef {{name: string, bytes: Uint8Array, crc: number}} Member */

const ARCHIVE_BYTES_MAX = 256 * 1024 * 1024;
const MEMBERS_MAX = 65534;
const NAME_BYTES_MAX = 100;
const HEADER_BYTES = 30;
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const VERSION = 10;
const DATE = 0x21;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ /** @type {number} */ (CRC_TABLE[(crc ^ byte) & 0xff]);
  return ~crc >>> 0;
}

/** Whether a member has the CRC-32 that the archive states. @param {Member} member */
export const isWhole = (member) => crc32(member.bytes) === member.crc;

/** Numbers of 16 and 32 bits, least significant byte first. @param {[width: 2 | 4, value: number][]} fields */
function pack(fields) {
  return Uint8Array.from(fields.flatMap(([width, value]) => Array.from({ length: width }, (_, at) => (value >>> (8 * at)) & 0xff)));
}

/** The fields that both headers of a member share. @param {Member} member @returns {[2 | 4, number][]} */
const common = ({ name, bytes, crc }) => [
  [2, VERSION], [2, 0], [2, 0], [2, 0], [2, DATE], [4, crc], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0],
];

/** @param {Member} member */
const local = (member) => concat(pack([[4, LOCAL], ...common(member)]), utf8(member.name));

/** @param {Member} member @param {number} offset */
const central = (member, offset) => concat(pack([[4, CENTRAL], [2, VERSION], ...common(member), [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), utf8(member.name));

/** @param {Uint8Array} one @param {Uint8Array} other */
export const isSame = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Whether a name is a relative path of plain words that stays where it is put. @param {string} name */
const isPlain = (name) => name.length <= NAME_BYTES_MAX && /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(name);

/** @param {Uint8Array} bytes @param {number} at @returns {Member} */
function readMember(bytes, at) {
  const fault = () => new Error(`not an evidence file, at byte ${at}`);
  if (bytes.length < at + HEADER_BYTES) throw fault();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [crc, length, nameLength] = [view.getUint32(at + 14, true), view.getUint32(at + 18, true), view.getUint16(at + 26, true)];
  const start = at + HEADER_BYTES + nameLength;
  if (bytes.length < start + length) throw fault();
  const name = Array.from(bytes.subarray(at + HEADER_BYTES, start), (byte) => String.fromCharCode(byte)).join('');
  if (!isPlain(name)) throw fault();
  const member = { name, bytes: bytes.subarray(start, start + length), crc };
  if (!isSame(local(member), bytes.subarray(at, start))) throw fault();
  return member;
}

/** The members of an archive in the order of their names. Throws for everything but the one form.
 * @param {Uint8Array} bytes @returns {Member[]} */
export function readArchive(bytes) {
  if (bytes.length > ARCHIVE_BYTES_MAX) throw new Error('too large for an evidence file');
  /** @type {Member[]} */
  const members = [];
  /** @type {number[]} */
  const offsets = [];
  const magic = pack([[4, LOCAL]]);
  let at = 0;
  while (isSame(bytes.subarray(at, at + 4), magic)) {
    const member = readMember(bytes, at);
    const before = members[members.length - 1];
    if (members.length >= MEMBERS_MAX || (before && before.name >= member.name)) throw new Error(`not an evidence file, at byte ${at}`);
    members.push(member);
    offsets.push(at);
    at += HEADER_BYTES + member.name.length + member.bytes.length;
  }
  const list = concat(...members.map((member, n) => central(member, /** @type {number} */ (offsets[n]))));
  const end = pack([[4, END], [2, 0], [2, 0], [2, members.length], [2, members.length], [4, list.length], [4, at], [2, 0]]);
  if (!isSame(concat(list, end), bytes.subarray(at))) throw new Error(`not an evidence file, at byte ${at}`);
  return members;
}
