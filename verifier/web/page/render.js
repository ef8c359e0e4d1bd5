// @ts-check
// Puts a judgement into the page. Every text from outside goes in as text, never as markup.
import { hex } from '../bytes.js';
import { readScratchCode } from '../scratch.js';

/** @typedef {import('./judge.js').Judgement} Judgement */
/** @typedef {import('../verify.js').Check} Check */
/** @typedef {import('../story.js').Fact} Fact */
/** @typedef {import('../story.js').Name} Name */
/** @typedef {import('../story.js').Who} Who */
/** @typedef {(key: string, values?: Record<string, string | number | bigint>) => string} Word the text under a key, with `{name}` filled in; '' where there is none */

const FACTS_MAX = 200;
const BLOBS_MAX = 60;
const SIGNS = {
  tick: 'M12 2.5a9.5 9.5 0 1 0 .1 0zM7.5 12.5l3 3.2 6-7',
  mind: 'M12 3L22 20.5H2zM12 9.5v5M12 17.2v.3',
  stop: 'M8 2.5h8l5.5 5.5v8L16 21.5H8L2.5 16V8zM8.5 8.5l7 7M15.5 8.5l-7 7',
};

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string | null | undefined | false)} children */
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child instanceof Node || (typeof child === 'string' && child !== '')).map((child) => /** @type {Node | string} */ (child)));
  return element;
}

/** @param {import('./judge.js').Tone} tone */
function sign(tone) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, value] of [['class', 'sign'], ['viewBox', '0 0 24 24'], ['aria-hidden', 'true']]) svg.setAttribute(/** @type {string} */ (name), /** @type {string} */ (value));
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', SIGNS[tone]);
  svg.append(path);
  return svg;
}

/** One language's way of showing a judgement. */
export class Renderer {
  /** @param {'vi' | 'en'} language @param {Word} word */
  constructor(language, word) {
    this.language = language;
    this.word = word;
    /** @type {string[]} addresses of pictures, to be given back */
    this.urls = [];
  }

  /** Gives back what the pictures hold. */
  release() {
    for (const url of this.urls) URL.revokeObjectURL(url);
    this.urls = [];
  }

  /** @param {Name} name */
  name(name) {
    return el('bdi', {}, name[this.language]);
  }

  /** By public name, else by the last part of the address. @param {Who} who */
  who(who) {
    return who.name ? this.name(who.name) : el('bdi', { class: 'code' }, who.uri.slice(who.uri.lastIndexOf('/') + 1));
  }

  /** @param {Judgement} judged @param {Date} time */
  show(judged, time) {
    const { word } = this;
    const clock = time.toLocaleTimeString(this.language, { hour: '2-digit', minute: '2-digit' });
    return [
      el('section', { class: `verdict ${judged.tone}` }, sign(judged.tone), el('div', {},
        el('h2', { id: 'verdict', tabindex: '-1' }, word(`verdict.${judged.line}`, { n: judged.index ?? '' })),
        el('p', {}, word(`help.${judged.line}`)), judged.detail && el('p', { class: 'detail', lang: 'en' }, judged.detail),
        judged.checks.length ? el('p', {}, word('verdict.by_device', { t: clock })) : null)),
      ...[this.about(judged), this.report(judged), this.checks('files', judged.files), this.checks('checks', judged.checks), this.story(judged.facts), this.blobs(judged.blobs), this.signers(judged)]
        .flatMap((part) => part ?? []),
    ];
  }

  /** @param {string} title @param {...(Node | string | null)} children */
  section(title, ...children) {
    const id = `title-${title}`;
    return el('section', { 'aria-labelledby': id }, el('h2', { id }, this.word(`${title}.title`)), ...children);
  }

  /** What it is about, and whose word was taken. @param {Judgement} judged */
  about({ about, key }) {
    if (!about && !key) return null;
    const fact = (/** @type {string} */ name, /** @type {Node | string} */ value, kind = '', wide = false) => el('div', wide ? { class: 'wide' } : {}, el('dt', {}, this.word(`about.${name}`)), el('dd', { class: kind }, value));
    const vkey = key?.vkey ?? '';
    return this.section('about', el('dl', { class: 'facts' },
      about && fact('product', about.product ? this.name(about.product) : this.word('about.nameless'), '', true),
      about && fact('lot', about.lot, 'code', true),
      about?.serial ? fact('serial', about.serial, 'code', true) : null,
      about && fact('size', String(about.size ?? '?')), about && fact('entries', String(about.entries)),
      vkey ? fact('ledger', vkey.slice(0, vkey.indexOf('+')), 'code') : null, vkey ? fact('fingerprint', vkey.split('+')[1] ?? '', 'code') : null,
      vkey ? fact('vkey', vkey, 'code', true) : null),
    key && el('p', { class: key.from === 'file' ? 'flag' : 'hint', id: 'key-from' }, this.word(`about.from_${key.from}`)),
    about?.serial ? this.scratch(about.serial) : null);
  }

  /** The field for the code under a pack's scratch layer, and what this device finds of it. @param {string} serial */
  scratch(serial) {
    const input = el('input', { id: 'scratch', type: 'text', maxlength: '40', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', 'aria-describedby': 'scratch-hint' });
    const said = el('p', { class: 'flag', id: 'scratch-said', role: 'status' });
    input.addEventListener('input', () => {
      const typed = /** @type {HTMLInputElement} */ (input).value;
      const read = readScratchCode(typed);
      const found = 'fault' in read ? read.fault : read.serial === serial ? 'right' : 'wrong';
      // Nobody is told of a fault before the code is whole.
      const isShort = found === 'shape' && typed.replace(/[^0-9A-Za-z]/g, '').length < 16;
      said.className = found === 'right' ? 'result passed' : 'flag';
      said.textContent = isShort ? '' : this.word(`scratch.${found}`);
    });
    return el('div', { class: 'scratch' }, el('label', { for: 'scratch' }, this.word('scratch.field')), input, said, el('p', { class: 'hint', id: 'scratch-hint' }, this.word('scratch.hint')));
  }

  /** Whose year, and the sums that follow from the entries. @param {Judgement} judged */
  report({ report }) {
    if (!report) return null;
    const { word } = this;
    const who = (/** @type {string} */ uri) => el('bdi', { class: 'code' }, uri.slice(uri.lastIndexOf('/') + 1) || '?');
    const fact = (/** @type {string} */ name, /** @type {Node | string} */ value) => el('div', {}, el('dt', {}, word(`report.${name}`)), el('dd', {}, value));
    const row = (/** @type {(Node | string)[]} */ label, /** @type {import('../year.js').Amount[]} */ amounts) => (amounts.length
      ? el('tr', {}, el('th', { scope: 'row' }, ...label), el('td', {}, amounts.map(({ number, unit }) => this.amount(number, unit || undefined)).join(', '))) : null);
    const block = (/** @type {import('../year.js').ProductSums} */ one) => el('table', {}, el('caption', {}, one.product ? who(one.product) : word('report.unknown')), el('tbody', {},
      ...['harvested', 'made', 'sold'].map((what) => row([word(`report.${what}`)], /** @type {any} */ (one)[what])),
      ...one.given.map(({ to, amount }) => row([`${word('report.given')} `, who(to)], [amount])), row([word('report.lost')], one.lost)));
    return this.section('report', el('dl', { class: 'facts' }, fact('actor', who(report.actor)), fact('year', String(report.year)), fact('made_at', this.when(report.madeAt.slice(0, 16).replace('T', ' ')))),
      ...report.page ? [el('p', { class: 'hint' }, word('report.hint', { n: report.page.entries.length })), ...report.page.products.map(block)] : []);
  }

  /** @param {'files' | 'checks'} title @param {Check[]} checks */
  checks(title, checks) {
    if (!checks.length) return null;
    return this.section(title, el('ol', { class: 'checks' }, ...checks.map((check) => this.check(check))));
  }

  /** @param {Check} check */
  check({ name, result, detail, index }) {
    const place = index === undefined ? '' : ` (${this.word('about.entry')} ${index})`;
    const why = result === 'not_checked' ? this.word(`why.${name}`) : '';
    const exact = result === 'passed' || !(detail || place) ? null : el('span', { class: 'detail', lang: 'en' }, `${detail ?? ''}${place}`);
    return el('li', { 'data-check': name }, el('span', {}, this.word(`check.${name}`)), el('span', { class: `result ${result}` }, this.word(`result.${result}`)),
      why ? el('span', { class: 'detail' }, why) : exact);
  }

  /** @param {Fact[]} facts */
  story(facts) {
    if (!facts.length) return null;
    const more = facts.length - FACTS_MAX;
    return this.section('story', el('p', { class: 'hint' }, this.word('story.hint')), el('ol', { class: 'steps' }, ...facts.slice(0, FACTS_MAX).map((fact) => this.fact(fact))),
      more > 0 ? el('p', { class: 'hint' }, this.word('story.more', { n: more })) : null);
  }

  /** @param {Fact} fact */
  fact(fact) {
    const { word } = this;
    const joined = (/** @type {import('../story.js').Portion[]} */ portions) => portions.flatMap((portion, at) => [at ? ', ' : '', ...this.portion(portion)]);
    const about = fact.about === undefined ? '' : ` ${word('about.entry')} ${fact.about}`;
    return el('li', {},
      el('h3', {}, word(`deed.${fact.deed}`) || fact.deed, about, fact.outputs.length ? ' ' : '', el('span', { class: 'what' }, ...joined(fact.outputs))),
      el('p', { class: 'when' }, this.when(fact.when), fact.place ? ' \u00b7 ' : '', fact.place && this.name(fact.place)),
      fact.inputs.length ? el('p', {}, `${word('story.from')}: `, ...joined(fact.inputs)) : null,
      fact.to && el('p', {}, `${word('story.to')} `, this.who(fact.to)),
      fact.note ? el('blockquote', {}, el('p', {}, el('bdi', {}, fact.note))) : null,
      el('p', { class: 'source' }, `${word('story.says')} `, this.who(fact.signer),
        fact.actingFor ? `, ${word('story.for')} ` : '', fact.actingFor && this.who(fact.actingFor),
        fact.onBehalfOf ? `, ${word('story.behalf')} ` : '', fact.onBehalfOf && this.who(fact.onBehalfOf),
        ` \u00b7 ${word('about.entry')}\u00a0${fact.index}`));
  }

  /** `YYYY-MM-DD hh:mm` as people of the language write it. @param {string} text */
  when(text) {
    const [, year, month, day, time] = /^([0-9]{4})-([0-9]{2})-([0-9]{2}) (.*)$/.exec(text) ?? [];
    return this.language === 'vi' && day ? `${day}/${month}/${year}, ${time}` : text;
  }

  /** @param {string} quantity @param {string} [uom] none for pieces */
  amount(quantity, uom) {
    const plain = /^[0-9]+\.[0-9]+$/.test(quantity) ? quantity.replace(/\.?0+$/, '') : quantity;
    return `${this.language === 'vi' ? plain.replace('.', ',') : plain}\u00a0${this.word(`unit.${uom ?? 'pieces'}`) || uom || ''}`;
  }

  /** @param {import('../story.js').Portion} portion */
  portion({ lot, product, quantity, uom }) {
    return [quantity === undefined ? '' : `${this.amount(quantity, uom)} `, product ? this.name(product) : '', product ? ' ' : '', el('bdi', { class: 'code' }, lot.slice(lot.lastIndexOf('/') + 1))];
  }

  /** @param {import('./judge.js').Blob[]} blobs */
  blobs(blobs) {
    if (!blobs.length) return null;
    const more = blobs.length - BLOBS_MAX;
    return this.section('blobs', el('p', { class: 'hint' }, this.word('blobs.hint')), el('div', { class: 'photos' }, ...blobs.slice(0, BLOBS_MAX).map((blob) => this.blob(blob))),
      more > 0 ? el('p', { class: 'hint' }, this.word('story.more', { n: more })) : null);
  }

  /** A picture is shown, anything else offered as a file; the type is read off the first bytes. @param {import('./judge.js').Blob} blob */
  blob({ hash, entry, bytes }) {
    const caption = this.word('blobs.entry', { n: entry });
    if (!bytes) return el('figure', {}, el('figcaption', {}, `${caption}: ${this.word('blobs.withheld')} `, el('span', { class: 'code' }, hash.slice(0, 16))));
    const type = [['ffd8ff', 'image/jpeg'], ['89504e47', 'image/png'], ['52494646', 'image/webp']].find(([magic]) => hex(bytes.subarray(0, 4)).startsWith(magic ?? ''))?.[1];
    const url = URL.createObjectURL(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type: type ?? 'application/octet-stream' }));
    this.urls.push(url);
    const file = el('a', { href: url, download: hash.slice(0, 16) }, this.word('blobs.save'));
    return el('figure', {}, type ? el('img', { src: url, alt: this.word('blobs.alt', { n: entry }) }) : null, el('figcaption', {}, `${caption} `, file));
  }

  /** @param {Judgement} judged */
  signers({ signers }) {
    if (!signers.length) return null;
    const line = (/** @type {Judgement['signers'][number]} */ { signer, actor }) => el('li', {}, actor ? this.name(actor) : el('span', { class: 'code' }, (signer.actor ?? '?').replace(/^.*\//, '')), ' ',
      el('span', { class: 'code' }, signer.key.slice(0, 16)),
      ...signer.history.map((/** @type {import('../evidence.js').Change} */ { change, entry }) => el('span', { class: 'detail' }, this.word(`signers.${change}`, { n: entry }))));
    return this.section('signers', el('details', {}, el('summary', {}, this.word('signers.open', { n: signers.length })), el('ul', { class: 'signers' }, ...signers.map(line))));
  }
}
