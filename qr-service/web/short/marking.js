// @ts-check
// Recalls and corrections are for the complete verifier.

/** @returns {never} */
export function recall() {
  throw new Error('not told here');
}

export const correct = recall;
