// Validation of commit statuses, from GitHub's documentation of `POST /repos/{owner}/{repo}/statuses/{sha}`: four states, descriptions up to 140
// characters, 1000 statuses per commit and context. That a description has no character of four bytes is only in its answers.

import { type Refused, refuse } from '../refused.ts';

const STATES = ['error', 'failure', 'pending', 'success'];
const MAX_DESCRIPTION = 140;
const MAX_PER_CONTEXT = 1000;

/** @param count existing statuses of the commit and context */
export function refusedStatus(request: Readonly<Record<string, unknown>>, count: number): Refused | undefined {
  const { state, description, target_url: target, context } = request;
  if (typeof state !== 'string' || !STATES.includes(state)) {
    return refuse('state', 'custom', 'state is not included in the list');
  }
  if (typeof description === 'string' && [...description].length > MAX_DESCRIPTION) {
    return refuse('description', 'custom', `description is too long (maximum is ${MAX_DESCRIPTION} characters)`);
  }
  if (typeof description === 'string' && /[\u{10000}-\u{10FFFF}]/u.test(description)) {
    return refuse('description', 'custom', "description doesn't accept 4-byte Unicode");
  }
  if (typeof target === 'string' && !/^https?:\/\//.test(target)) {
    return refuse('target_url', 'custom', 'target_url must use http(s) scheme');
  }
  if (context !== undefined && typeof context !== 'string')
    return refuse('context', 'invalid', 'context is not a string');
  if (count < MAX_PER_CONTEXT) return undefined;
  return refuse('base', 'custom', 'This SHA and context has reached the maximum number of statuses.');
}
