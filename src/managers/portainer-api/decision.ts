// Shorthands for decisions.

import type { Action } from '../../model/action.ts';
import type { Decision } from '../manager.ts';

export function todo(actions: readonly Action[]): Decision {
  return { kind: 'actions', actions };
}

export function blocked(reason: string): Decision {
  return { kind: 'blocked', reason };
}

/** @param passing the obstacle goes away by itself */
export function impossible(reason: string, passing = false): Decision {
  return { kind: 'impossible', reason, ...(passing ? { passing: true } : {}) };
}
