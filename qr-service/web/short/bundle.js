// @ts-check
// The page reads a proof in its dense form alone.
export { readDense as readBundle } from '../../../verifier/web/dense.js';
