// @ts-check
// The page knows no checkpoint from elsewhere: with its proof it is as new as the server is.
import { skipped } from '../../../verifier/web/check.js';

export const freshness = () => skipped('freshness', 'nobody was asked for a newer checkpoint');
