// The operations that people can request over HTTP: one row each, with its input, required role and log entry. API and pages both use it, so the
// agent does the same for either.

import type { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import type { PersonRole } from '../../model/person.ts';
import { isCommandVerb, verbRow } from '../../model/verbs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { AskedRecord, People } from '../../ports/people.ts';
import type { Agent } from '../deps.ts';
import { Refused } from '../refused.ts';
import { ApproveRequest, AskBody, BadRequest, CommandBody, FreezeBody, parseRequest, ReplayBody } from './requests.ts';

type Asked = Pick<Agent, 'replay' | 'approve' | 'freeze' | 'unfreeze' | 'drift' | 'command'>;

interface Operation {
  /** The role that a signed-in person needs. */
  readonly role: PersonRole;
  /** Validates the request, and returns what will be done. @throws BadRequest */
  parse(request: unknown): Parsed;
}

interface Parsed {
  readonly by: string;
  /** For the log: targets, a commit, a reason. */
  readonly about: string;
  /** A higher role than the operation's, where this request needs one. */
  readonly role: PersonRole;
  /** Fails with `Refused`. */
  readonly carryOut: (agent: Asked) => Promise<RunId | null>;
}

interface Row<Body extends { readonly by: string }> {
  readonly role: PersonRole;
  readonly body: z.ZodType<Body>;
  readonly about: (body: Body) => string;
  readonly raise?: (body: Body) => PersonRole;
  readonly carryOut: (agent: Asked, body: Body) => Promise<RunId | null>;
}

function operation<Body extends { readonly by: string }>({ role, body, about, raise, carryOut }: Row<Body>): Operation {
  return {
    role,
    parse(request) {
      const asked = parseRequest(body, request);
      return {
        by: asked.by,
        about: about(asked),
        role: raise?.(asked) ?? role,
        carryOut: (agent) => carryOut(agent, asked),
      };
    },
  };
}

export const OPERATIONS = {
  replay: operation({
    role: 'operator',
    body: ReplayBody,
    about: ({ commit, targets = [] }) => [commit, ...targets].join(' '),
    // A rewind undoes what others merged, and `now` bypasses the apply window.
    raise: ({ rewind, now }) => (rewind || now ? 'admin' : 'operator'),
    carryOut: (agent, { targets, ...rest }) => agent.replay(targets === undefined ? rest : { ...rest, targets }),
  }),
  approve: operation({
    role: 'operator',
    body: ApproveRequest,
    about: ({ run, target }) => `${target} in run ${run}`,
    async carryOut(agent, { run, target, by }) {
      await agent.approve(run, target, by);
      return run;
    },
  }),
  freeze: operation({
    role: 'operator',
    body: FreezeBody,
    about: ({ reason }) => reason,
    carryOut: (agent, { reason, by }) => agent.freeze(reason, by),
  }),
  unfreeze: operation({
    role: 'operator',
    body: AskBody,
    about: () => '',
    carryOut: (agent, { by }) => agent.unfreeze(by),
  }),
  drift: operation({
    role: 'operator',
    body: AskBody,
    about: () => '',
    carryOut: (agent, { by }) => agent.drift(by),
  }),
  command: operation({
    role: 'operator',
    body: CommandBody,
    about: ({ verb, targets, dryRun }) => [verb, ...targets, ...(dryRun ? ['(dry run)'] : [])].join(' '),
    raise: ({ verb, dryRun, now }) => {
      if (dryRun) return 'operator';
      // An unknown spelling may mean any verb.
      if (now || !isCommandVerb(verb)) return 'admin';
      const row = verbRow(verb);
      return row.work === 'destroy' || (row.work === 'converge' && row.adopts) ? 'admin' : 'operator';
    },
    carryOut: (agent, body) => agent.command(body),
  }),
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

export interface OperationDeps {
  readonly agent: Asked;
  readonly ledger: Pick<People, 'noteAsked'>;
  readonly clock: Clock;
  readonly log?: Pick<Log, 'info'>;
}

/** Carries out the operation and logs who requested it. @throws BadRequest, Refused */
export async function carryOutOperation(
  { agent, ledger, clock, log }: OperationDeps,
  what: OperationName,
  { by, about, carryOut }: Parsed,
  asker: Pick<AskedRecord, 'role' | 'through'>,
): Promise<RunId | null> {
  const run = await carryOut(agent);
  log?.info('asked for', { by, what, about, run, ...asker });
  await ledger.noteAsked({ by, what, about, run, ...asker, at: clock.now().toISOString() });
  return run;
}

/** Why a request was refused, as text for the requester; null for an internal error. */
export function refusalOf(error: unknown): string | null {
  return error instanceof Refused || error instanceof BadRequest ? error.message : null;
}
