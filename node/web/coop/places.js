// @ts-check
/** Places, as a plain list. */
import { h } from '../ui/parts/dom.js';
import { choice, field, form, freeSlug, listed, text } from './forms.js';
import { named, t, tail } from './words.js';

/** @typedef {import('./desk.js').Desk} Desk */

/** @param {Desk} desk */
export async function show(desk) {
  const owners = [desk.organisation, ...desk.actors.filter((actor) => actor.under === desk.organisation).map((actor) => actor.id)];
  const mine = desk.places.filter((place) => owners.includes(place.owner));
  const rows = mine.map((place) => h('li', {},
    h('div', {}, h('b', {}, named(place.name, named(place.names?.at(-1), tail(place.id)))), h('small', { class: 'hint' }, t(`place.${place.class}`))),
    h('div', {}, (place.names ?? []).map((/** @type {any} */ name) => h('p', { class: 'hint' }, named(name) + (name.to ? t('place.until', { day: name.to.split('-').reverse().join('/') }) : '')))), h('small', { class: 'hint' }, desk.nameOf(place.owner))));
  const add = form((data, at) => desk.run(async () => {
    const name = String(data.get('name')).trim();
    const body = { id: desk.uri(`place/${freeSlug(name, desk.places)}`), class: String(data.get('class')), name, names: [{ vi: String(data.get('where')).trim() }], owner: String(data.get('owner')) };
    await desk.core.profiles.submit('place', body);
    return t('place.done', { name });
  }, at), t('place.add'),
  field(t('place.name'), text('name', { required: true, maxlength: 200 }), t('place.name.hint')),
  field(t('place.where'), text('where', { required: true, maxlength: 200 }), t('place.where.hint')),
  h('div', { class: 'grow' }, field(t('place.class'), choice('class', ['plot', 'facility', 'shop'].map((one) => /** @type {[string, string]} */ ([one, t(`place.${one}`)])))),
    field(t('place.owner'), choice('owner', owners.map((uri) => /** @type {[string, string]} */ ([uri, desk.nameOf(uri)]))))));
  return [h('div', { class: 'two' }, h('section', {}, listed(rows, t('place.none'))), h('section', {}, h('h2', {}, t('place.new')), add))];
}
