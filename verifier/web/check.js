// @ts-check
// The result of one check.

/** @typedef {'passed' | 'failed' | 'not_checked'} Result */
/** @typedef {{name: string, result: Result, detail?: string, index?: number}} Check */

export const passed = (/** @type {string} */ name) => /** @type {Check} */ ({ name, result: 'passed' });
export const skipped = (/** @type {string} */ name, /** @type {string} */ detail) => /** @type {Check} */ ({ name, result: 'not_checked', detail });
export const failed = (/** @type {string} */ name, /** @type {any} */ error, /** @type {bigint} */ index = -1n) => /** @type {Check} */ ({
  name, result: 'failed', detail: String(error?.message ?? error ?? ''), ...(index >= 0n ? { index: Number(index) } : {}),
});
