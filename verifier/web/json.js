// @ts-check
// A strict reader of JSON (format, section 2): numbers stay text, no key stands twice, depth is bounded. Objects become Maps.

/** A number as it was written. */
export class Num {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @typedef {null | boolean | string | Num | Json[] | Map<string, Json>} Json */
/** @typedef {Map<string, any>} Obj */

const DEPTH_MAX = 32;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** @param {string | Uint8Array} input
 * @returns {any} */
export function parseJson(input) {
  const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  if (reader.at !== text.length) throw new Error('text after the value');
  return value;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  space() {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at += 1;
  }

  /** @param {RegExp} pattern */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new Error(`unexpected character at ${this.at}`);
    this.at += found.length;
    return found;
  }

  /** @param {string} word */
  take(word) {
    if (!this.text.startsWith(word, this.at)) throw new Error(`unexpected character at ${this.at}`);
    this.at += word.length;
  }

  /** @param {number} depth
   * @returns {Json} */
  value(depth) {
    this.space();
    switch (this.text[this.at]) {
      case '{': return this.object(depth);
      case '[': return this.array(depth);
      case '"': return this.string();
      case 't': this.take('true'); return true;
      case 'f': this.take('false'); return false;
      case 'n': this.take('null'); return null;
      default: return new Num(this.match(NUMBER));
    }
  }

  string() {
    const text = /** @type {string} */ (JSON.parse(this.match(STRING)));
    // With the flag u only halves without their other half match; older Safari knows no other short way.
    if (/[\ud800-\udfff]/u.test(text)) throw new Error('half of a surrogate pair');
    return text;
  }

  /** Calls `item` for each member up to `close`. @param {string} close @param {number} depth @param {() => void} item */
  members(close, depth, item) {
    if (depth >= DEPTH_MAX) throw new Error('nested too deeply');
    this.at += 1;
    this.space();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      item();
      this.space();
      if (this.text[this.at] === close) break;
      this.take(',');
    }
    this.at += 1;
  }

  /** @param {number} depth */
  array(depth) {
    /** @type {Json[]} */
    const values = [];
    this.members(']', depth, () => values.push(this.value(depth + 1)));
    return values;
  }

  /** @param {number} depth */
  object(depth) {
    /** @type {Map<string, Json>} */
    const object = new Map();
    this.members('}', depth, () => {
      this.space();
      const key = this.string();
      if (object.has(key)) throw new Error(`duplicate key ${key}`);
      this.space();
      this.take(':');
      object.set(key, this.value(depth + 1));
    });
    return object;
  }
}
