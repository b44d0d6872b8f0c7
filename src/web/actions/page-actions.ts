// Actions of the pages and the agent operation that each invokes, with the same requests as API clients. The operation determines the required role.

import { OPERATIONS, type OperationName } from '../../agent/http/operations.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import { mayAs, type PersonRole } from '../../model/person.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Links } from '../links.ts';

/** An action that a page can offer. */
export type PageAction =
  | { readonly do: 'approve'; readonly run: RunId; readonly target: TargetId }
  | { readonly do: 'replay'; readonly commit: string; readonly targets: readonly TargetId[] }
  | { readonly do: 'heal' | 'adopt'; readonly targets: readonly TargetId[] }
  | { readonly do: 'freeze'; readonly reason: string }
  | { readonly do: 'unfreeze' }
  | { readonly do: 'look' };

/** Actions that are previewed by a dry run. */
export type ShownAction = Extract<PageAction, { readonly do: 'replay' | 'heal' | 'adopt' }>;

const VERBS = { heal: 'converge', adopt: 'adopt' } as const;

export interface Asking {
  readonly what: OperationName;
  readonly request: Readonly<Record<string, unknown>>;
}

/** @param how dry run, or execution as the given dry run showed */
export function askingFor(action: PageAction, how: { readonly dryRun?: true; readonly shown?: RunId } = {}): Asking {
  switch (action.do) {
    case 'approve':
      return { what: 'approve', request: { run: action.run, target: action.target } };
    case 'replay': {
      const targets = action.targets.length === 0 ? {} : { targets: action.targets };
      return {
        what: 'replay',
        request: { commit: action.commit, ...targets, ...(how.dryRun ? { dryRun: true } : {}) },
      };
    }
    case 'heal':
    case 'adopt':
      return { what: 'command', request: { verb: VERBS[action.do], targets: action.targets, ...how } };
    case 'freeze':
      return { what: 'freeze', request: { reason: action.reason } };
    case 'unfreeze':
      return { what: 'unfreeze', request: {} };
    case 'look':
      return { what: 'drift', request: {} };
    default:
      return action satisfies never;
  }
}

/** The action that a run previews; null if no page requested it. */
export function shownAs(name: string, { request, commit }: RunDetail): ShownAction | null {
  const targets = request.targets ?? [];
  if (!request.readOnly) return null;
  if (name === 'replay') return request.trigger === 'replay' ? { do: 'replay', commit, targets } : null;
  const isVerb = request.trigger === 'command' && (name === 'heal' || name === 'adopt');
  return isVerb && request.verb === VERBS[name] ? { do: name, targets } : null;
}

/**
 * The role that the action requires. @throws BadRequest for input that no form sends
 */
export function roleFor(action: PageAction): PersonRole {
  const { what, request } = askingFor(action);
  return OPERATIONS[what].parse(request).role;
}

/** Whether the viewer may use the action. */
export function mayAsk({ viewer }: Pick<Links, 'viewer'>, action: PageAction): boolean {
  return viewer !== null && mayAs(viewer.role, roleFor(action));
}
