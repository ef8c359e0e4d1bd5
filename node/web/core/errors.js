// @ts-check
// What the core rejects with: a stable code that the screens put into words.

/** @typedef {import('./types.js').CoreError} CoreError */
/** @typedef {import('./types.js').Refused} Refused */

/** @param {CoreError['code']} code @param {string} [detail] @param {{ waitMs?: number, refused?: Refused }} [more] @returns {CoreError} */
export function coreError(code, detail = code, more = {}) {
  return Object.assign(new Error(detail), { code, ...more });
}

/** @param {string} code @param {string} field @param {Record<string, string>} [facts] @param {string} [detail] @returns {Refused} */
export function refusal(code, field, facts = {}, detail = '') {
  return { code, field, facts, detail };
}

/** Whether an error is the core's own, with a code that the screens know. @param {any} error @returns {error is CoreError} */
export const isCoreError = (error) => error instanceof Error && typeof /** @type {any} */ (error).code === 'string';
