// @ts-check
/**
 * Placeholder until the browser's verifier stands: it checks nothing and says so.
 * @param {unknown} _bundle
 * @param {object} [_options]
 * @returns {Promise<{lot: string, size: number, root: string, checks: {name: string, result: 'passed' | 'failed' | 'not_checked', detail: string, index?: number}[], recalled: boolean}>}
 */
export async function verifyBundle(_bundle, _options) {
  return { lot: '', size: 0, root: '', checks: [], recalled: false };
}
