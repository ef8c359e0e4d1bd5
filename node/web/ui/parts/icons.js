// @ts-check
/**
 * The pictures of the steps, drawn for this app: a hand and the thing it works on. Each is a list of shapes in a 48 by 48 field; the
 * letter says what the shape is made of, so that the style sheet colours it for day and night: e earth, g leaf, c cloth, p paper,
 * s skin, l only a line.
 */

const SVG = 'http://www.w3.org/2000/svg';

/** A hand from the lower right, fingers to the left. */
const HAND = 's M47 41c-5 2.500-10 1.500-13-2l-6-5c-2-2 0-4 2-3l4 2-7-6c-2-2 0-4 2-3l7 5-5-6c-1-2 1-3 3-2l6 6c3 3 5 4 7 8z';
/** The other hand, from the lower left. */
const LEFT_HAND = 's M1 41c5 2.500 10 1.500 13-2l6-5c2-2 0-4-2-3l-4 2 7-6c2-2 0-4-2-3l-7 5 5-6c1-2-1-3-3-2l-6 6c-3 3-5 4-7 8z';

/** @type {Record<string, string[]>} */
const SHAPES = {
  harvest: [
    'e M2 31c7-2.500 12 1 22-.500 4-.600 6 .500 8 .500V46H2z', 'l M20 31c-1-7 0-12 1-18', 'g M21 22c-8 0-12-4-13-10 8 0 13 4 13 10z',
    'g M21 17c0-7 5-11 12-12 0 8-5 12-12 12z', 'p M9 36c-1 5 3 9 8 8 6-1 7-5 6-9-4-3-11-2-14 1z', 'l M12 39h3M17 41h3', HAND,
  ],
  process: [
    'l M4 7h40M5 3v41', 'p M9 7h5c1 7-1 14 0 22-1.500 2-4 2-5 0 1-8-1-15 0-22z', 'p M17 7h5c1 8 0 15 1 23-2 2-4 2-5 0 0-8-1-15-1-23z',
    'p M26 7h5c0 5 1 9 0 14-2 2-4 2-5 0 0-5-1-9 0-14z', 'p M35 7h5c0 6 1 9 0 13-2 2-4 2-5 0z', HAND,
  ],
  merge: [
    'e M25 3l16 6-6 11-15-5z', 'l M22 9l15 6', 'l M16 17v4M20 20v4M12 22v3', 'c M2 28h29l-4 16H7z', 'l M4 34h25M6 39h22', HAND,
  ],
  split: [
    'e M12 15c1-7 4-11 10-11s9 4 10 11z', 'l M17 18l-7 6M10 18.500v6h6M27 18l3 5', 'e M1 44c1-10 4-14 9-14s8 4 9 14z', HAND,
  ],
  pack: ['c M9 15h22l3 29H6z', 'l M13 15c0-7 3-10 7-10s7 3 7 10', 'p M12 21h16v9H12z', 'l M15 24.500h10M15 27h6', HAND],
  ship: [
    'l M24 1v4', 'p M24 5a8 8 0 1 0 .1 0z', 'l M24 13l4-4M24 21v4', 'c M18 30h12c3 4 4 8 3 14H15c-1-6 0-10 3-14z', 'l M18 30c0-3 2-5 6-5s6 2 6 5',
    LEFT_HAND, HAND,
  ],
  receive: [
    'c M15 12h18c4 6 5 12 4 18H11c-1-6 0-12 4-18z', 'l M15 12c-1-3 1-6 3-6 2 2 4 2 6 0 2 2 4 2 6 0 2 0 4 3 3 6', 'l M19 19h10M19 23h6',
    LEFT_HAND, HAND,
  ],
  sell: [
    'c M4 18h21l2 26H2z', 'l M8 18c0-6 2-9 6.500-9S21 12 21 18', 'e M33 3a7 7 0 1 0 .1 0z', 'l M33 7.500v5', 'e M40 13a6 6 0 1 0 .1 0z', HAND,
  ],
  lose: [
    'c M8 13c6 3 14 3 20 0l3 12-6 2 4 4-7 2 2 5-9 5H7c-2-10-2-20 1-30z', 'l M12 13l-2-7 8 3 8-3-2 7', 'e M27 44h3M33 46h3M22 46h2', HAND,
  ],
  inspect: ['p M6 4h26v40H6z', 'l M12 12h14M12 18h14M12 25h8M12 33l3 3 5-7', HAND],
  again: ['l M39 24a15 15 0 1 1-5-11M35 5v9h-9'],
  home: ['e M8 22v20h32V22z', 'c M3 24L24 6l21 18z', 'p M19 42V29h10v13z'],
  book: ['c M6 7c8-2 14-1 18 3 4-4 10-5 18-3v32c-8-2-14-1-18 3-4-4-10-5-18-3z', 'l M24 10v32', 'l M11 15c3-.500 6 0 8 1.500M11 22c3-.500 6 0 8 1.500M29 16.500c2-1.500 5-2 8-1.500M29 23.500c2-1.500 5-2 8-1.500'],
  more: ['l M8 12h32M8 24h32M8 36h32'],
  speaker: ['c M5 18h9L25 8v32L14 30H5z', 'l M31 17c4 4 4 10 0 14M36 11c7 7 7 19 0 26'],
  back: ['l M40 24H9M21 11L8 24l13 13'],
  camera: ['c M5 14h9l4-6h12l4 6h9v26H5z', 'p M24 18a8.500 8.500 0 1 0 .1 0z'],
  photo: ['p M5 8h38v32H5z', 'g M5 34l11-12 9 10 6-6 12 12v2H5z', 'e M33 13a4 4 0 1 0 .1 0z'],
  erase: ['p M17 9h27v30H17L4 24z', 'l M25 18l11 12M36 18L25 30'],
  tick: ['l M24 4a20 20 0 1 0 .1 0zM14 25l7 8 13-16'],
  mind: ['l M24 5L45 42H3zM24 19v11M24 35.500v.500'],
  wait: ['p M12 6h24v3c0 8-6 11-9 15 3 4 9 7 9 15v3H12v-3c0-8 6-11 9-15-3-4-9-7-9-15z', 'e M16 40c1-5 5-7 8-9 3 2 7 4 8 9z', 'l M9 6h30M9 42h30'],
  sent: ['p M4 23L44 6 33 42 22 29z', 'l M44 6L22 29v13l6-7'],
  ledger: ['c M9 6h26c3 0 4 2 4 4v32H13c-3 0-4-2-4-4z', 'p M15 13h18v8H15z', 'l M9 38c0-3 2-4 4-4h26'],
  witness: ['p M2 24C9 12 17 8 24 8s15 4 22 16c-7 12-15 16-22 16S9 36 2 24z', 'c M24 17a7 7 0 1 0 .1 0z'],
  share: ['p M9 20h30v23H9z', 'l M24 31V5M15 13l9-9 9 9'],
  person: ['s M24 6a9 9 0 1 0 .1 0z', 'c M7 44c1-12 8-17 17-17s16 5 17 17z'],
  carry: ['l M4 34h4M40 34h4', 'c M4 14h25v20H4z', 'p M29 20h9l7 8v6H29z', 'e M13 30a5 5 0 1 0 .1 0z', 'e M36 30a5 5 0 1 0 .1 0z'],
  year: ['p M6 9h36v34H6z', 'c M6 9h36v9H6z', 'l M15 4v8M33 4v8M14 26h6M14 34h6M26 26h8M26 34h4'],
  voice: ['p M24 4c4 0 7 3 7 7v12c0 4-3 7-7 7s-7-3-7-7V11c0-4 3-7 7-7z', 'l M10 22c0 9 6 14 14 14s14-5 14-14M24 36v8M16 44h16'],
  gear: ['l M24 3v7M24 38v7M3 24h7M38 24h7M9 9l5 5M34 34l5 5M39 9l-5 5M14 34l-5 5', 'p M24 12a12 12 0 1 0 .1 0z', 'c M24 19a5 5 0 1 0 .1 0z'],
  place: ['g M24 3c9 0 15 6 15 14 0 10-9 18-15 28C18 35 9 27 9 17 9 9 15 3 24 3z', 'p M24 11a6 6 0 1 0 .1 0z'],
  crop: ['g M23 27C9 27 4 19 3 8c13 0 20 7 20 19z', 'g M25 32c0-12 6-18 19-19 0 12-6 19-19 19z', 'l M24 45c0-10 0-14-1-19'],
  code: ['l M5 5h14v14H5zM29 5h14v14H29zM5 29h14v14H5zM11 11h2v2h-2zM35 11h2v2h-2zM11 35h2v2h-2zM29 29h5v5h-5zM38 38h5v5h-5zM38 29h5M29 43h3'],
  trash: ['c M10 13h28l-3 31H13z', 'l M5 13h38M18 13V6h12v7M19 21l1 15M29 21l-1 15'],
  pen: ['p M6 42l3-11L34 6l8 8-25 25z', 'l M29 11l8 8M9 31l8 8'],
  play: ['g M12 6l30 18-30 18z'],
  stop: ['e M10 10h28v28H10z'],
  lock: ['l M15 22v-7c0-6 4-9 9-9s9 3 9 9v7', 'c M9 22h30v22H9z', 'p M24 29a3 3 0 1 0 .1 0z'],
};

/**
 * A picture; the words stand beside it.
 *
 * @param {string} name
 * @param {string} [extra] classes
 */
export function icon(name, extra = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 48 48');
  svg.setAttribute('class', `icon ${extra}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  for (const shape of SHAPES[name] ?? SHAPES.crop ?? []) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', `i-${shape[0]}`);
    path.setAttribute('d', shape.slice(2));
    svg.append(path);
  }
  return svg;
}

/** The woven band, the only ornament. */
export function band() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'band');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('height', '12');
  svg.setAttribute('width', '100%');
  const draw = (/** @type {Element} */ to, /** @type {string} */ tag, /** @type {Record<string, string>} */ props) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
    to.append(made);
    return made;
  };
  const pattern = draw(draw(svg, 'defs', {}), 'pattern', { id: 'weave', width: '28', height: '12', patternUnits: 'userSpaceOnUse' });
  draw(pattern, 'path', { class: 'b1', d: 'M14 0l8 6-8 6-8-6z' });
  draw(pattern, 'path', { class: 'b0', d: 'M14 3l4 3-4 3-4-3z' });
  draw(pattern, 'path', { class: 'b2', d: 'M0 3l4 3-4 3-4-3zM28 3l4 3-4 3-4-3z' });
  draw(svg, 'rect', { width: '100%', height: '12', fill: 'url(#weave)' });
  return svg;
}
