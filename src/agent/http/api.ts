// The HTTP API: what the ledger knows as JSON, and the agent's operations for whoever holds the admin token.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { RunId } from '../../model/ids.ts';
import type { Secret } from '../../model/secret.ts';
import type { Ledger, RunDetail } from '../../ports/ledger.ts';
import type { Clock } from '../../ports.ts';
import type { Agent } from '../parts.ts';
import { answer, fail } from './answer.ts';
import { authorize } from './authorize.ts';
import type { Changes } from './changes.ts';
import { sendEvents } from './events.ts';
import { limitRefusals } from './limit.ts';
import {
  ApproveBody,
  AskBody,
  CommandBody,
  FreezeBody,
  LogQuery,
  ReplayBody,
  RunPath,
  RunsQuery,
  TargetPath,
  understand,
} from './requests.ts';
import { runJson, summaryJson, targetsJson } from './run-json.ts';

/** How far back a target's newest step is looked for. */
const RUNS_LOOKED_AT = 100;
const BODY_LIMIT = '1mb';
/** Each looks into Redis once a second while its run goes on. */
const MOST_STREAMS = 100;
const WRONG_TOKENS_PER_MINUTE = 60;

type ApiLedger = Pick<Ledger, 'run' | 'runs' | 'targets' | 'readLog' | 'head' | 'frozen'>;
type ApiAgent = Pick<Agent, 'replay' | 'approve' | 'freeze' | 'unfreeze' | 'drift' | 'command' | 'known'>;

export interface ApiParts {
  readonly ledger: ApiLedger;
  readonly agent: ApiAgent;
  readonly changes: Pick<Changes, 'follow'>;
  readonly adminToken: Secret | null;
  readonly clock: Clock;
  /** Aborted when the door closes: ends every stream of events. */
  readonly closing: AbortSignal;
}

/** The routes below `/api`. Errors that they throw become answers in `http/server.ts`. */
export function apiRoutes(parts: ApiParts): Router {
  const { ledger, adminToken } = parts;
  const routes = express.Router();
  let streams = 0;

  routes.get('/runs', async (request, response) => {
    const { limit } = understand(RunsQuery, request.query);
    answer(response, 200, (await ledger.runs(limit)).map(summaryJson));
  });
  routes.get('/runs/:id', async (request, response) => {
    const run = await find(ledger, request, response);
    if (run !== null) answer(response, 200, runJson(run, parts.clock));
  });
  routes.get('/runs/:id/events', async (request, response) => {
    const run = await find(ledger, request, response);
    if (run === null || response.headersSent) return;
    if (streams >= MOST_STREAMS) {
      return fail(response, 503, { message: 'too many follow runs already', hint: 'try again later' });
    }
    streams += 1;
    try {
      await sendEvents(parts, response, run, request.get('last-event-id') ?? '');
    } finally {
      streams -= 1;
    }
  });
  routes.get('/runs/:id/logs/:kind/:name', async (request, response) => {
    const run = await find(ledger, request, response);
    if (run === null) return;
    const target = understand(TargetPath, request.params);
    if (!run.steps.some((step) => step.target === target)) {
      return fail(response, 404, {
        message: `run ${run.id} has no step ${target}`,
        hint: 'GET /api/runs/:id names its steps',
      });
    }
    answer(response, 200, await ledger.readLog(run.id, target, understand(LogQuery, request.query).offset));
  });
  routes.get('/targets', async (_request, response) => {
    answer(response, 200, await allTargets(parts));
  });
  routes.get('/targets/:kind/:name', async (request, response) => {
    const target = understand(TargetPath, request.params);
    const found = (await allTargets(parts)).find((each) => each.target === target);
    if (found !== undefined) return answer(response, 200, found);
    fail(response, 404, { message: `nothing is recorded of ${target}`, hint: 'GET /api/targets names all that is' });
  });
  routes.get('/status', async (_request, response) => {
    const [head, frozen, targets] = await Promise.all([ledger.head(), ledger.frozen(), allTargets(parts)]);
    answer(response, 200, { head, frozen, targets });
  });

  routes.post(/.*/, limitRefusals(WRONG_TOKENS_PER_MINUTE), authorize(adminToken), express.json({ limit: BODY_LIMIT }));
  for (const [path, operation] of operations(parts)) routes.post(path, operation);
  return routes;
}

function operations({ agent, ledger }: ApiParts): ReadonlyArray<readonly [path: string, RequestHandler]> {
  const accepted = (response: Response, run: RunId | null) => answer(response, 202, { run });
  return [
    [
      '/replay',
      async ({ body }, response) => {
        const { targets, ...rest } = understand(ReplayBody, body);
        accepted(response, await agent.replay(targets === undefined ? rest : { ...rest, targets }));
      },
    ],
    [
      '/runs/:id/approve',
      async (request, response) => {
        const { target, by } = understand(ApproveBody, request.body);
        const run = await find(ledger, request, response);
        if (run === null) return;
        await agent.approve(run.id, target, by);
        accepted(response, run.id);
      },
    ],
    [
      '/freeze',
      async ({ body }, response) => {
        const { reason, by } = understand(FreezeBody, body);
        accepted(response, await agent.freeze(reason, by));
      },
    ],
    ['/unfreeze', async ({ body }, response) => accepted(response, await agent.unfreeze(understand(AskBody, body).by))],
    ['/drift', async ({ body }, response) => accepted(response, await agent.drift(understand(AskBody, body).by))],
    ['/command', async ({ body }, response) => accepted(response, await agent.command(understand(CommandBody, body)))],
  ];
}

/** What is recorded and what is declared; where the repository cannot be read, only the former. */
async function allTargets({ ledger, agent }: Pick<ApiParts, 'ledger' | 'agent'>) {
  const known = agent.known().catch(() => null);
  const [records, runs] = await Promise.all([ledger.targets(), ledger.runs(RUNS_LOOKED_AT)]);
  return targetsJson(records, runs, await known);
}

async function find(ledger: ApiLedger, request: Request, response: Response): Promise<RunDetail | null> {
  const path = RunPath.safeParse(request.params);
  const run = path.success ? await ledger.run(path.data.id) : null;
  if (run === null) {
    fail(response, 404, { message: `there is no run ${request.params['id']}`, hint: 'GET /api/runs names the newest' });
  }
  return run;
}
