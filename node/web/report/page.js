// @ts-check
/** For whoever was handed a producer's report of a year: a bank, a certifier, a buyer. Everything is worked out again here; no profile is needed, and nothing is kept. */
import { band, icon } from '../ui/parts/icons.js';
import { announce, fill, h } from '../ui/parts/dom.js';
import { isReport, verifyReport } from '../verifier/report.js';
import { button } from '../coop/forms.js';
import { ledger, list } from '../coop/node.js';
import { amount, day, has, language, named, openWords, t, tail } from '../coop/words.js';
import { askLedger } from './ledger.js';

/** @typedef {import('../verifier/report.js').Found} Found */
/** @typedef {import('../verifier/report.js').Report} Report */
/** @typedef {import('./ledger.js').Told} Told */
/** @typedef {'tick' | 'mind' | 'stop'} Tone */
/** @typedef {{ tone: Tone, line: string, report: Report | null, checks: Told[], page: Found['page'], names: (uri: string) => string }} Judged */

const BYTES_MAX = 64 << 20;
/** In the order of what a reader must know first. */
const CHECKS = ['report_signed', 'report_ledger', 'report_key', 'report_hers', 'signatures', 'checkpoint_signed', 'entries_included', 'report_sums', 'report_listed', 'report_complete', 'report_current', 'report_active'];
/** What spoils nothing that the report says, but must be known. */
const MILD = ['report_current', 'report_active'];
/** What only the ledger can tell. */
const ASKED = ['report_listed', 'report_complete', 'report_current', 'report_active'];

const root = /** @type {HTMLElement} */ (document.getElementById('report'));
/** @type {{ chosen: { name: string, text: string } | null, judged: Judged | null, run: number }} */
const state = { chosen: null, judged: null, run: 0 };

/** @param {Told[]} checks @returns {[Tone, string]} */
function conclude(checks) {
  const of = (/** @type {Told['result']} */ result) => CHECKS.find((name) => checks.some((check) => check.name === name && check.result === result));
  const failed = CHECKS.find((name) => !MILD.includes(name) && checks.some((check) => check.name === name && check.result === 'failed'));
  if (failed) return ['stop', failed];
  const mild = of('failed');
  if (mild) return ['mind', mild];
  return of('not_checked') ? ['mind', 'unasked'] : ['tick', 'ok'];
}

/** The names that the ledger has for people and products. */
async function namesOf() {
  const [actors, products] = await Promise.all([list('/v1/actors'), list('/v1/products')]);
  const names = new Map([...actors, ...products].map((one) => [one.id, named(one.name, tail(one.id))]));
  return (/** @type {string} */ uri) => String(names.get(uri) ?? tail(uri));
}

/** @param {string} text @returns {Promise<Judged>} */
async function judge(text) {
  const nameless = { checks: [], page: null, report: null, names: tail };
  if (!isReport(text)) return { ...nameless, tone: 'stop', line: 'none' };
  let vkey;
  /** @type {Judged['names']} */
  let names = tail;
  /** @type {Told[]} */
  let told = ASKED.map((name) => ({ name, result: 'not_checked' }));
  try {
    vkey = String((await ledger()).vkey);
    names = await namesOf();
  } catch (error) {
    console.warn(error);
  }
  const found = await verifyReport(text, vkey === undefined ? {} : { vkey });
  const { report, page } = found;
  if (!report) return { ...nameless, tone: 'stop', line: 'cut' };
  /** @type {Told[]} */
  const own = found.checks.filter(({ name }) => CHECKS.includes(name));
  const isOurs = vkey !== undefined && own.every(({ name, result }) => name !== 'report_ledger' || result === 'passed');
  if (vkey === undefined) own.push({ name: 'report_ledger', result: 'not_checked' });
  if (isOurs) told = await askLedger({ ...found, report }).catch((error) => { console.warn(error); return told; });
  // Whose key it is, the ledger itself knows better than the file.
  const checks = [...own.filter(({ name, result }) => result === 'failed' || !told.some((other) => other.name === name)), ...told].filter((check, at, all) => all.findIndex(({ name }) => name === check.name) === at);
  const [tone, line] = conclude(checks);
  return { tone, line, report, checks, page, names };
}

/** @param {Judged} judged */
function verdict({ tone, line, report, names }) {
  const facts = { name: report ? names(report.actor) : '', ledger: report?.ledger ?? '', year: report?.page.year ?? '' };
  return h('div', { class: `note verdict ${tone}`, 'data-line': line }, icon(tone === 'tick' ? 'tick' : 'mind', tone === 'tick' ? 'tick' : 'mind'),
    h('div', {}, h('h2', { class: 'line', tabindex: '-1' }, t(`verdict.${line}`, facts)), h('p', {}, t(`help.${tone === 'stop' && !has(`help.${line}`) ? 'stop' : line}`, facts))));
}

/** @param {Judged} judged */
function sums({ tone, report, page, names }) {
  // Numbers that cannot be relied upon are not shown to be read off.
  if (!report || !page || tone === 'stop') return null;
  const row = (/** @type {string} */ label, /** @type {import('../verifier/year.js').Amount[]} */ amounts) => amounts.length > 0 && h('tr', {}, h('th', { scope: 'row' }, label), h('td', {}, amounts.map(({ number, unit }) => amount(number, unit)).join(', ')));
  const block = (/** @type {import('../verifier/year.js').ProductSums} */ one) => h('section', {}, h('h3', {}, one.product ? names(one.product) : t('sums.unknown')),
    h('table', {}, h('tbody', {}, row(t('sums.harvested'), one.harvested), row(t('sums.made'), one.made), row(t('sums.sold'), one.sold),
      one.given.map(({ to, amount: given }) => row(t('sums.given', { name: names(to) }), [given])), row(t('sums.lost'), one.lost))));
  return [
    h('h2', {}, t('sums.title', { name: names(report.actor), year: page.year })),
    h('p', { class: 'small' }, t('sums.what', { n: page.entries.length, day: day(report.madeAt), ledger: report.ledger })),
    ...page.products.map(block),
    h('div', { class: 'buttons print' }, button(t('print'), () => window.print())),
  ];
}

/** @param {Judged} judged */
function checkList({ checks }) {
  if (!checks.length) return null;
  const line = (/** @type {Told & { detail?: string, index?: number }} */ { name, result, count, detail, index }) => {
    const why = result === 'failed' && has(`why.${name}`) ? t(`why.${name}`, { n: count ?? 0 }) : result === 'not_checked' && ASKED.includes(name) ? t('why.unasked') : result === 'passed' ? '' : `${detail ?? ''}${index === undefined ? '' : ` (${t('entry', { n: index })})`}`;
    return h('li', { 'data-check': name }, h('span', {}, t(`check.${name}`)), h('b', { class: result }, t(`result.${result}`)), why && h('small', {}, why));
  };
  const inOrder = CHECKS.flatMap((name) => checks.filter((check) => check.name === name));
  return [h('h2', {}, t('checks.title')), h('ol', { class: 'checks' }, inOrder.map(line))];
}

/** @param {File} file */
async function take(file) {
  state.run += 1;
  const { run } = state;
  announce(t('checking'));
  state.chosen = { name: file.name, text: file.size <= BYTES_MAX ? await file.text() : '' };
  const judged = await judge(state.chosen.text);
  if (run !== state.run) return;
  state.judged = judged;
  draw();
  root.querySelector('h2')?.focus();
}

function draw() {
  const other = language() === 'vi' ? 'en' : 'vi';
  const { judged, chosen } = state;
  const speak = async () => {
    await openWords(other);
    if (judged?.report) judged.names = await namesOf().catch(() => judged.names);
    draw();
  };
  const input = h('input', { type: 'file', id: 'file', accept: '.txt,.json,text/plain,application/json', onchange: () => {
    const [file] = input.files ?? [];
    if (file) take(file).catch((error) => console.error(error));
    // The same file may be chosen again.
    input.value = '';
  } });
  const pick = h('div', { class: 'pick' }, h('label', { class: judged ? 'file' : 'file button main' }, icon('book'), t(judged ? 'choose.other' : 'choose'), input), chosen && h('p', { class: 'small' }, t('chosen', { name: chosen.name })));
  fill(root, band(), h('header', { class: 'head' }, h('b', {}, t('name')), button(t(`language.${other}`), speak, 'quiet')),
    h('main', { 'data-tone': judged?.tone ?? '' }, h('h1', {}, t('title')),
      // The answer first; another file after it.
      ...(judged ? [verdict(judged), pick, ...sums(judged) ?? [], ...checkList(judged) ?? []] : [h('p', {}, t('lead')), pick]),
      h('h2', {}, t('limits.title')), h('ul', {}, ['words', 'unwritten', 'ledger'].map((one) => h('li', {}, t(`limits.${one}`))))));
}

openWords(undefined, 'report').then(draw).catch((error) => {
  console.error(error);
  root.append(h('p', { role: 'alert' }, `Kh\u00f4ng m\u1edf \u0111\u01b0\u1ee3c. T\u1ea3i l\u1ea1i trang. / Cannot open; reload the page. (${error?.message ?? error})`));
});
