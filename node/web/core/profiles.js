// @ts-check
// People on this phone: joining, opening with a PIN, and what the ledger knows of them.
import { utf8 } from '../verifier/bytes.js';
import { failure } from './api.js';
import { answer } from './database.js';
import { coreError } from './errors.js';
import { isPin, keyOfSeed, needsPin, newKey, pinCheck, reseal, seedOfPem, signer } from './keys.js';
import { meet } from './ledger.js';
import { Alarm } from './receipts.js';
import { submit } from './sending.js';
import { base64 } from './text.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').Profile} Profile */
/** @typedef {import('./types.js').Profiles} Profiles */

/** Wrong tries before waiting begins, the first wait, and the longest. */
const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const WAIT_MS_MAX = 3_600_000;
const NAME_MAX = 60;
const PICTURE_CHARS_MAX = 60_000;

/** How long to wait after so many wrong tries. @param {number} tries */
export const waitAfter = (tries) => (tries < FREE_TRIES ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (tries - FREE_TRIES), WAIT_MS_MAX));

/** @param {Context} context @returns {Profiles} */
export function makeProfiles(context) {
  return {
    list: () => context.database.all('profiles').then((all) => all.map(shown)),
    open: () => context.open,
    join: (invitation, name, pin) => watched(context, () => join(context, invitation, name, pin)),
    importKey: (pem, passphrase, name, pin) => watched(context, () => importKey(context, pem, passphrase, name, pin)),
    unlock: (id, pin) => unlock(context, id, pin),
    lock() {
      if (context.open) {
        context.signers.delete(context.open.id);
        context.pins.delete(context.open.id);
      }
      context.open = null;
      context.told();
    },
    setPin: (id, pin) => setPin(context, id, pin),
    change: (id, changes) => change(context, id, changes),
    refresh: (id) => watched(context, () => refresh(context, id)),
    async sign(bytes) {
      const sign = await context.signerOf(context.person().id);
      if (!sign) throw coreError('wrong_pin', 'the profile is locked');
      return sign(bytes);
    },
    submit: (kind, body) => watched(context, () => submit(context, context.person(), kind, body)),
  };
}

/** Runs what asks the node; an alarm is written down before it is told. @template T @param {Context} context @param {() => Promise<T>} use @returns {Promise<T>} */
async function watched(context, use) {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof Alarm)) throw error;
    await context.alarm(error);
    throw coreError('refused', error.message, { refused: { code: error.code, field: '', facts: {}, detail: error.message } });
  }
}

/** @param {any} record @returns {Profile} */
function shown({ id, name, key, actor, organisation, roles, state, hasPin, picture }) {
  return { id, name, key, actor, organisation, roles, state, hasPin, picture };
}

/** The token in what was scanned or typed. @param {string} invitation */
function tokenOf(invitation) {
  const found = /(?:^|[^0-9A-Za-z])([0-9A-HJKMNP-TV-Z]{26})$/.exec(invitation.trim().toUpperCase().replace(/\/$/, ''));
  if (!found?.[1]) throw coreError('not_found', 'not an invitation');
  return found[1];
}

/** A new profile with its key, durable before anybody hears of the key. @param {Context} context @param {import('./keys.js').KeyPair} key @param {string} name
 * @param {string | null} pin @param {object} more */
async function create(context, key, name, pin, more) {
  const id = crypto.randomUUID();
  const profile = {
    id, name: name.trim().slice(0, NAME_MAX), key: key.public, actor: null, organisation: null, roles: [], state: 'asked', hasPin: pin !== null, picture: null, ...more,
  };
  const secret = { id, public: key.public, kept: key.kept, pin: pin === null ? null : await pinCheck(pin), tries: 0, until: 0, triedAt: 0 };
  await context.database.run(['profiles', 'secrets'], 'readwrite', async (at) => {
    await answer(at('profiles').add(profile));
    await answer(at('secrets').add(secret));
  }, { strict: true });
  return profile;
}

/** @param {Context} context @param {string} invitation @param {string} name @param {string | null} pin @returns {Promise<Profile>} */
async function join(context, invitation, name, pin) {
  const token = tokenOf(invitation);
  const ledger = await meet(context);
  const found = await context.node.find(`/v1/invitations/${token}`);
  if (!found) throw coreError('not_found', 'no such invitation');
  // An answer that got lost must not lead to a second key.
  const begun = (await context.database.all('profiles')).find((profile) => profile.token === token);
  if (!begun) {
    if (found.state === 'expired' || found.state === 'revoked') throw coreError('expired', found.state);
    if (found.state !== 'open') throw coreError('used', found.state);
    if (found.ledger !== ledger.origin) throw coreError('refused', 'the invitation is of another ledger');
  }
  const profile = begun ?? await create(context, await newKey(pin), name, pin, { token, organisation: String(found.organisation), roles: found.roles ?? [] });
  const opened = await unlock(context, profile.id, pin);
  await claim(context, profile, begun === undefined);
  return opened;
}

/** Tells the registrar the key. The same key may be told again, so an answer that got lost does no harm.
 * @param {Context} context @param {any} profile @param {boolean} isNew */
export async function claim(context, profile, isNew = false) {
  const sign = await context.signerOf(profile.id);
  if (!sign || !profile.token || profile.claimed) return;
  const { token } = profile;
  const ledger = context.joined();
  const signature = base64(await sign(utf8(`nguon-claim v1\n${ledger.origin}\n${token}\n${profile.key}\n`)));
  const body = JSON.stringify({ key: profile.key, name: profile.name, signature });
  const claimed = await context.node.ask(`/v1/invitations/${token}/claim`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (claimed.status !== 200) {
    // A key that nobody took is of no use; one whose answer got lost is kept.
    if (claimed.status >= 400 && claimed.status < 500 && isNew) await erase(context, profile.id);
    throw failure(claimed);
  }
  await update(context, profile.id, (found) => ({ ...found, claimed: true }));
}

/** @param {Context} context @param {string} id */
async function erase(context, id) {
  await context.database.run(['profiles', 'secrets'], 'readwrite', (at) => {
    at('profiles').delete(id);
    at('secrets').delete(id);
  });
  context.signers.delete(id);
  if (context.open?.id === id) context.open = null;
}

/** @param {Context} context @param {string} pem @param {string | null} passphrase @param {string} name @param {string | null} pin @returns {Promise<Profile>} */
async function importKey(context, pem, passphrase, name, pin) {
  const key = await keyOfSeed(await seedOfPem(pem, passphrase), pin);
  await meet(context);
  const known = await context.node.find(`/v1/signers/${key.public}`);
  if (!known) throw coreError('not_found', 'the key is registered to nobody');
  const same = (await context.database.all('profiles')).find((profile) => profile.key === key.public);
  const profile = same ?? await create(context, key, name, pin, {});
  await unlock(context, profile.id, pin);
  return refresh(context, profile.id);
}

/** @param {Context} context @param {string} id @param {string | null} pin @returns {Promise<Profile>} */
export async function unlock(context, id, pin) {
  const kept = await proven(context, id, pin);
  context.signers.set(id, await signer(kept, pin));
  context.pins.set(id, needsPin(kept) ? pin : null);
  context.open = shown(await context.database.get('profiles', id));
  context.told();
  return context.open;
}

/** The kept key of a profile, once the PIN is proven. A try counts before it is looked at, so that killing the app gains nothing.
 * @param {Context} context @param {string} id @param {string | null} pin @returns {Promise<import('./keys.js').Kept>} */
export async function proven(context, id, pin) {
  const secret = await context.database.run(['secrets'], 'readwrite', async (at) => {
    const found = await answer(at('secrets').get(id));
    if (!found) throw coreError('not_found', 'no such profile');
    if (found.pin === null) return found;
    const now = Date.now();
    // A clock set back must not lengthen the wait, nor one set forward shorten it below nothing.
    const left = Math.min(found.until - now, found.until - found.triedAt);
    if (left > 0) throw coreError('wrong_pin', 'too many tries', { waitMs: left });
    const tries = found.tries + 1;
    at('secrets').put({ ...found, tries, triedAt: now, until: now + waitAfter(tries) });
    return { ...found, tries };
  }, { strict: true });
  if (secret.pin === null) return secret.kept;
  if (!await isPin(secret.pin, pin)) throw coreError('wrong_pin', 'not the PIN', { waitMs: waitAfter(secret.tries) });
  await context.database.run(['secrets'], 'readwrite', async (at) => {
    const found = await answer(at('secrets').get(id));
    at('secrets').put({ ...found, tries: 0, until: 0 });
  });
  return secret.kept;
}

/** @param {Context} context @param {string} id @param {string | null} pin */
async function setPin(context, id, pin) {
  if (context.open?.id !== id) throw coreError('wrong_pin', 'only her own PIN, while her profile is open');
  const secret = await context.database.get('secrets', id);
  const kept = await reseal(secret.kept, context.pins.get(id) ?? null, pin);
  context.pins.set(id, needsPin(kept) ? pin : null);
  const check = pin === null ? null : await pinCheck(pin);
  await context.database.run(['secrets', 'profiles'], 'readwrite', async (at) => {
    const profile = await answer(at('profiles').get(id));
    at('secrets').put({ ...secret, kept, pin: check, tries: 0, until: 0 });
    at('profiles').put({ ...profile, hasPin: pin !== null });
  }, { strict: true });
  context.open = shown(await context.database.get('profiles', id));
  context.changed();
}

/** @param {Context} context @param {string} id @param {(record: any) => any} edit */
async function update(context, id, edit) {
  const record = await context.database.run(['profiles'], 'readwrite', async (at) => {
    const found = await answer(at('profiles').get(id));
    if (!found) throw coreError('not_found', 'no such profile');
    const edited = edit(found);
    at('profiles').put(edited);
    return edited;
  });
  const profile = shown(record);
  if (context.open?.id === id) context.open = profile;
  context.changed();
  return profile;
}

/** @param {Context} context @param {string} id @param {{ name?: string, picture?: string | null }} changes */
async function change(context, id, { name, picture }) {
  if (typeof picture === 'string' && (picture.length > PICTURE_CHARS_MAX || !picture.startsWith('data:image/'))) throw coreError('refused', 'not a small picture');
  await update(context, id, (found) => ({
    ...found, ...(name === undefined ? {} : { name: name.trim().slice(0, NAME_MAX) }), ...(picture === undefined ? {} : { picture }),
  }));
}

/** What the ledger knows of her key now. @param {Context} context @param {string} id @returns {Promise<Profile>} */
export async function refresh(context, id) {
  const profile = await context.database.get('profiles', id);
  if (!profile) throw coreError('not_found', 'no such profile');
  const known = await context.node.find(`/v1/signers/${profile.key}`);
  if (!known) return shown(profile);
  const actor = await context.node.find(`/v1/actors/${String(known.actor).split('/').pop()}`);
  const organisation = actor?.class === 'organisation' ? known.actor : actor?.under ?? null;
  await context.database.setMeta(`position ${id}`, { seq: known.seq, prev: known.prev });
  return update(context, id, (found) => ({
    ...found, actor: known.actor, organisation, roles: actor?.roles ?? found.roles, state: known.revoked ? 'revoked' : 'active', token: undefined,
  }));
}

