// @ts-check
// What corrections are compared with, which are for the complete verifier.

export const digest = () => '';
