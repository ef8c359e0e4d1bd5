// @ts-check
/** A recall: first everything that it will reach, then twice the question. */
import { h } from '../ui/parts/dom.js';
import { button, field, form, text } from './forms.js';
import { ask } from './node.js';
import { shortOf } from './stock.js';
import { t } from './words.js';

/** @typedef {import('./desk.js').Desk} Desk */

/** @param {Desk} desk */
export async function show(desk) {
  const [lot] = desk.args;
  if (!lot) return choose();
  const trace = await ask(`/v1/lots/${encodeURIComponent(lot)}/trace?direction=forward`);
  const reached = trace.nodes.map((/** @type {any} */ node) => h('li', { 'data-lot': node.lot },
    h('span', {}, h('b', {}, `${desk.nameOf(node.product)} ${shortOf(node.lot)}`), ' ', h('small', { class: 'mono' }, node.lot)),
    h('small', {}, node.recalled ? t('lot.recalled') : node.depth === 0 ? t('recall.this') : t('recall.steps', { n: node.depth }))));
  const start = trace.nodes[0];
  const already = start?.recalled;
  const why = text('note', { required: true, maxlength: 500, id: 'why' });
  const sure = h('div', { id: 'sure' });
  const recall = async () => {
    const now = new Date().toISOString();
    const event = {
      type: 'ObjectEvent', eventID: `urn:uuid:${crypto.randomUUID()}`, eventTime: now, eventTimeZoneOffset: '+00:00', action: 'OBSERVE', bizStep: 'holding', disposition: 'recalled',
      quantityList: [{ epcClass: trace.lot }],
    };
    await desk.core.profiles.submit('event', { verb: 'recall', for: desk.profile.actor === desk.organisation ? undefined : desk.organisation, note: why.value.trim(), event });
    return t('recall.done', { n: trace.nodes.length });
  };
  const first = form(() => {
    sure.replaceChildren(h('div', { class: 'note stop', role: 'alertdialog', 'aria-label': t('recall.sure', { n: trace.nodes.length }) }, h('div', {}, h('p', {}, t('recall.sure', { n: trace.nodes.length })),
      h('div', { class: 'buttons' }, button(t('recall.yes'), (at) => desk.run(recall, at), 'danger'), button(t('no'), () => sure.replaceChildren(), 'quiet')))));
    sure.querySelector('button')?.focus();
  }, t('recall.next'), field(t('recall.why'), why, t('recall.why.hint')));
  return [
    h('p', {}, t('recall.what', { lot: `${desk.nameOf(start?.product ?? '')} ${shortOf(trace.lot)}` })),
    h('h2', { id: 'reach' }, t('recall.reach', { n: trace.nodes.length })),
    h('ul', { class: 'reach', 'aria-labelledby': 'reach', tabindex: '0' }, reached),
    already ? h('p', { class: 'note stop' }, t('recall.already')) : first, sure,
    h('p', {}, h('a', { href: '#/lots' }, t('recall.back'))),
  ];
}

function choose() {
  const typed = text('lot', { required: true });
  return [form(() => { location.hash = `#/recall/${encodeURIComponent(typed.value.trim())}`; }, t('recall.look'), field(t('recall.lot'), typed))];
}
