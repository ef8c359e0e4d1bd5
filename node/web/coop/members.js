// @ts-check
/** Members and those who are to become members: invited, asked, approved, and the phone that was lost. */
import { announce, h } from '../ui/parts/dom.js';
import { codeView } from '../ui/parts/codes.js';
import { button, choice, field, form, freeSlug, listed, text, tick, twice } from './forms.js';
import { signed } from './node.js';
import { day, t, tail } from './words.js';

/** @typedef {import('./desk.js').Desk} Desk */

const ROLES = ['producer', 'processor', 'carrier', 'seller'];

/** The invitation that was just made: its token is told once, so it stands here until another page is opened. @type {{ link: string, name: string, until: string } | null} */
let made = null;
window.addEventListener('hashchange', () => { made = null; });

/** An invitation for the new phone of somebody whom the ledger knows ends with her slug. */
const REJOIN = / \(([a-z0-9-]{1,40})\)$/;

/** @param {Desk} desk */
export async function show(desk) {
  const path = `/v1/invitations?organisation=${encodeURIComponent(desk.organisation)}`;
  const { items: invitations } = await signed(desk.core, 'GET', path);
  const members = desk.actors.filter((actor) => actor.under === desk.organisation);
  const asking = invitations.filter((/** @type {any} */ one) => one.state === 'claimed');
  const others = invitations.filter((/** @type {any} */ one) => ['open', 'expired'].includes(one.state));
  const names = new Map(invitations.filter((/** @type {any} */ one) => one.claim).map((/** @type {any} */ one) => [one.claim.key, one]));
  return [
    asking.length ? h('section', { 'aria-labelledby': 'asking' }, h('h2', { id: 'asking' }, t('asking.title')), h('ul', { class: 'list' }, asking.map((/** @type {any} */ one) => askingRow(desk, one)))) : null,
    made && shown(made),
    h('div', { class: 'two' },
      h('section', {}, h('h2', {}, t('members.title', { n: members.length })), listed(members.map((member) => memberRow(desk, member, names)), t('members.none'))),
      h('section', {}, h('h2', {}, t('invite.title')), inviteForm(desk), others.length ? h('h2', {}, t('invited.title')) : null,
        others.length ? h('ul', { class: 'list' }, others.map((/** @type {any} */ one) => invitedRow(desk, one))) : null)),
  ];
}

/** @param {{ link: string, name: string, until: string }} invitation */
function shown({ link, name, until }) {
  const line = text('link', { readonly: true, value: link, 'aria-label': t('invite.link') });
  const copy = button(t('invite.copy'), async () => {
    line.select();
    await navigator.clipboard?.writeText(link).catch(() => null);
    announce(t('invite.copied'));
  });
  const share = 'share' in navigator && button(t('invite.share'), () => navigator.share({ title: t('invite.title'), text: t('invite.message', { name }), url: link }).catch(() => null));
  return h('section', { class: 'made' }, h('h2', {}, name ? t('invite.made', { name }) : t('invite.made.nobody')), h('p', {}, t('invite.scan')), codeView([link], t('invite.code')).node,
    h('div', { class: 'link-line' }, line, copy, share), h('p', { class: 'hint' }, t('invite.until', { day: day(until) })));
}

/** @param {Desk} desk @param {string} name @param {string[]} roles @param {string} [expiresAt] */
async function invite(desk, name, roles, expiresAt) {
  const body = { organisation: desk.organisation, ...(name ? { name } : {}), roles, ...(expiresAt ? { expiresAt } : {}) };
  const { token, expiresAt: until } = await signed(desk.core, 'POST', '/v1/invitations', body);
  made = { link: `${desk.base}/app/#join=${token}`, name, until };
  return t('invite.done');
}

/** @param {Desk} desk */
function inviteForm(desk) {
  const roles = desk.profile.roles.includes('operator') ? [...ROLES, 'registrar', 'inspector'] : ROLES;
  return form((data, at) => desk.run(() => {
    const days = Number(data.get('days'));
    return invite(desk, String(data.get('name')).trim(), data.getAll('roles').map(String), days === 7 ? undefined : new Date(Date.now() + days * 86_400_000 - 60_000).toISOString());
  }, at), t('invite.make'),
  field(t('invite.name'), text('name', { required: true, maxlength: 80 }), t('invite.name.hint')),
  h('fieldset', {}, h('legend', {}, t('invite.roles')), h('div', { class: 'ticks' }, roles.map((role) => tick(t(`role.${role}`), 'roles', role, role === 'producer')))),
  field(t('invite.days'), choice('days', [['1', t('days.1')], ['7', t('days.7')], ['30', t('days.30')]], '7')));
}

/** One tap: her key is registered under the co-op. @param {Desk} desk @param {any} one */
function askingRow(desk, one) {
  const again = REJOIN.exec(one.name ?? '')?.[1];
  const known = again && desk.actors.find((actor) => tail(actor.id) === again && actor.under === desk.organisation);
  const approve = async () => {
    if (known) {
      await desk.core.profiles.submit('key', { actor: known.id, add: one.claim.key, reason: 'new phone' });
      return t('asking.done', { name: one.claim.name });
    }
    const label = one.name ?? '';
    // The label that the registrar chose is what others see; what she calls herself stays between the two.
    const body = { id: desk.uri(`actor/${freeSlug(label || 'thanh-vien', desk.actors)}`), class: 'person', roles: one.roles, under: desk.organisation, ...(label ? { name: label } : {}), keys: [one.claim.key] };
    await desk.core.profiles.submit('actor', body);
    return t('asking.done', { name: one.claim.name });
  };
  return h('li', { 'data-key': one.claim.key },
    h('div', {}, h('b', {}, one.claim.name), h('small', { class: 'hint' }, [one.name, one.roles.map((/** @type {string} */ role) => t(`role.${role}`)).join(', ')].filter(Boolean).join(' \u00b7 '))),
    h('small', { class: 'hint' }, t('asking.key', { key: one.claim.key.slice(0, 8), day: day(one.claim.at) })),
    h('div', { class: 'buttons' }, button(t('asking.approve'), (at) => desk.run(approve, at), 'main'),
      twice(t('asking.refuse'), t('asking.refuse.sure', { name: one.claim.name }), t('asking.refuse.yes'), (at) => desk.run(async () => { await revokeInvitation(desk, one.id); }, at))));
}

/** @param {Desk} desk @param {string} id */
const revokeInvitation = (desk, id) => signed(desk.core, 'POST', `/v1/invitations/${id}/revoke`);

/** @param {Desk} desk @param {any} one */
function invitedRow(desk, one) {
  return h('li', {}, h('div', {}, h('b', {}, one.name ?? t('invited.nobody')), h('small', { class: 'hint' }, t(`invited.${one.state}`, { day: day(one.expiresAt) }))), h('span'),
    h('div', { class: 'buttons' }, button(t('invited.revoke'), (at) => desk.run(async () => {
      await signed(desk.core, 'POST', `/v1/invitations/${one.id}/forget`);
      return t('invited.revoked');
    }, at), 'quiet')));
}

/** @param {Desk} desk @param {any} member @param {Map<string, any>} names */
function memberRow(desk, member, names) {
  const active = member.keys.filter((/** @type {any} */ key) => !key.revoked);
  const her = member.keys.map((/** @type {any} */ { key }) => names.get(key)).find(Boolean);
  const name = desk.nameOf(member.id);
  const called = her?.claim?.name && her.claim.name !== name ? her.claim.name : '';
  const lose = async () => {
    for (const { key } of active) await desk.core.profiles.submit('key', { actor: member.id, revoke: key, reason: 'lost' });
    return invite(desk, `${name.slice(0, 36)} (${tail(member.id)})`, member.roles.filter((/** @type {string} */ role) => role !== 'registrar' && role !== 'inspector'));
  };
  const forget = her && twice(t('member.forget'), t('member.forget.sure'), t('member.forget.yes'), (at) => desk.run(async () => {
    await signed(desk.core, 'POST', `/v1/invitations/${her.id}/forget`);
  }, at));
  const canLose = member.class === 'person' && !member.roles.includes('registrar') && member.id !== desk.profile.actor;
  return h('li', { 'data-member': tail(member.id) },
    h('div', {}, h('b', {}, name), h('small', { class: 'hint' }, [called, member.roles.map((/** @type {string} */ role) => t(`role.${role}`)).join(', ')].filter(Boolean).join(' \u00b7 '))),
    h('span', { class: `state ${active.length ? 'tick' : member.class === 'person' ? 'stop' : 'plain'}` }, active.length ? t('member.active') : member.class === 'person' ? t('member.nophone') : t('member.nokey')),
    h('div', { class: 'buttons' },
      canLose && twice(active.length ? t('member.lost') : t('member.again'), t('member.lost.sure', { name }), t('member.lost.yes'), (at) => desk.run(lose, at)), forget || null));
}
