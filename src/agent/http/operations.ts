// What people can ask of the agent over HTTP: one row for each operation, with what it takes, who may ask for it and what is noted of it.
// The API and the pages both come through here, and the agent does the same for either.

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
  /** What the request takes of whoever signed in. */
  readonly role: PersonRole;
  /** Checks the request, and says what will be done. @throws BadRequest */
  parse(request: unknown): Parsed;
}

interface Parsed {
  readonly by: string;
  /** For the record: targets, a commit, a reason. */
  readonly about: string;
  /** More than the operation itself takes: what only some may ask for. */
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
    // Going back undoes what others merged, and past a window goes who made it.
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
      // In another spelling it may be any.
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

/** Carries it out, and notes who asked for what. @throws BadRequest, Refused */
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

/** Why what was asked for is not done, in words for whoever asked; null for a fault of ours. */
export function refusalOf(error: unknown): string | null {
  return error instanceof Refused || error instanceof BadRequest ? error.message : null;
}
