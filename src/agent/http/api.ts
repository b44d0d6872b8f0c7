// The HTTP API: the ledger's content as JSON, and the agent's operations for holders of the admin token.

import express, { type Request, type Response, type Router } from 'express';
import { hasLasted } from '../../model/fault.ts';
import type { RunId } from '../../model/ids.ts';
import type { Secret } from '../../model/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Log } from '../../ports/log.ts';
import type { People } from '../../ports/people.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Agent } from '../deps.ts';
import type { Access } from './access.ts';
import { answer, answerText, fail } from './answer.ts';
import type { Changes } from './changes.ts';
import { sendEvents } from './events.ts';
import { mayChange, mayRead } from './guard.ts';
import { allFaults } from './lacking.ts';
import { openApiDocument } from './openapi/document.ts';
import { carryOutOperation, OPERATIONS, type OperationName } from './operations.ts';
import {
  ApproveBody,
  ChannelTestBody,
  EventsQuery,
  LogQuery,
  parseRequest,
  RunPath,
  RunsQuery,
  TargetPath,
} from './requests.ts';
import { runJson, summaryJson } from './run-json.ts';
import { limitStreams, type Streams } from './streams.ts';
import { allTargets } from './targets.ts';

const BODY_LIMIT = '1mb';

type ApiLedger = Pick<
  Ledger,
  | 'run'
  | 'runStep'
  | 'runs'
  | 'targets'
  | 'readLog'
  | 'head'
  | 'frozen'
  | 'nodesAway'
  | 'policyInForce'
  | 'reportsHeld'
  | 'lastArrival'
  | 'lastRefusal'
  | keyof People
>;
type ApiAgent = Pick<
  Agent,
  | 'replay'
  | 'approve'
  | 'freeze'
  | 'unfreeze'
  | 'drift'
  | 'command'
  | 'known'
  | 'orphans'
  | 'faults'
  | 'channelsInUse'
  | 'testChannels'
>;

export interface ApiDeps {
  readonly ledger: ApiLedger;
  readonly agent: ApiAgent;
  readonly changes: Pick<Changes, 'follow'>;
  readonly adminToken: Secret | null;
  readonly clock: Clock;
  /** Logs what people request; absent: not logged. */
  readonly log?: Pick<Log, 'info'>;
  /** Aborted when the server closes: ends every event stream. */
  readonly closing: AbortSignal;
}

/** The routes below `/api`. Errors that they throw become answers in `http/server.ts`. */
export function apiRoutes(parts: ApiDeps, access: Access): Router {
  const { ledger } = parts;
  const routes = express.Router();
  const streams = limitStreams();

  routes.get(/.*/, mayRead(access));
  routes.get('/', (_request, response) => answerText(response, 200, ROUTES));
  let description: object | undefined;
  routes.get('/openapi.json', (_request, response) => {
    description ??= openApiDocument();
    answer(response, 200, description);
  });
  routes.get('/runs', async (request, response) => {
    const { limit } = parseRequest(RunsQuery, request.query);
    answer(response, 200, (await ledger.runs(limit)).map(summaryJson));
  });
  routes.get('/runs/:id', async (request, response) => {
    const run = await find(ledger, request, response);
    if (run !== null) answer(response, 200, runJson(run, { clock: parts.clock, frozen: await ledger.frozen() }));
  });
  routes.get('/runs/:id/events', (request, response) => followRun(parts, access, streams, request, response));
  routes.get('/runs/:id/logs/:kind/:name', (request, response) => sendLog(parts, request, response));
  routes.get('/targets', async (_request, response) => {
    answer(response, 200, await allTargets(parts));
  });
  routes.get('/targets/:kind/:name', async (request, response) => {
    const target = parseRequest(TargetPath, request.params);
    const found = (await allTargets(parts)).find((each) => each.target === target);
    if (found !== undefined) return answer(response, 200, found);
    fail(response, 404, {
      message: `nothing is recorded of ${target}`,
      hint: 'phoenix status names all that is, as GET /api/targets does',
    });
  });
  routes.get('/status', async (_request, response) => {
    answer(response, 200, await statusOf(parts));
  });
  routes.get('/notifications', async (_request, response) => {
    answer(response, 200, await parts.agent.channelsInUse());
  });

  routes.post(/.*/, mayChange(access), express.json({ limit: BODY_LIMIT }));
  for (const [path, what] of PATHS) {
    routes.post(path, async (request, response) => {
      const run = await operate(parts, what, request.body);
      answer(response, 202, { run });
    });
  }
  routes.post('/runs/:id/approve', async (request, response) => {
    const { target, by } = parseRequest(ApproveBody, request.body);
    const run = await find(ledger, request, response);
    if (run === null) return;
    await operate(parts, 'approve', { run: run.id, target, by });
    answer(response, 202, { run: run.id });
  });
  routes.post('/notifications/test', async ({ body }, response) => {
    const tests = await parts.agent.testChannels(parseRequest(ChannelTestBody, body).channel);
    const told = tests.map(({ channel, answer: given }) => {
      return { channel, sent: given.sent, why: given.sent ? null : given.why };
    });
    answer(response, 200, told);
  });
  return routes;
}

/** Sends the events of a run until it has ended, the reader disconnects, the server closes, or another reader gets its place. */
async function followRun(
  parts: ApiDeps,
  access: Access,
  streams: Streams,
  request: Request,
  response: Response,
): Promise<void> {
  const { logs } = parseRequest(EventsQuery, request.query);
  const run = await find(parts.ledger, request, response);
  if (run === null || response.headersSent) return;
  const dropped = new AbortController();
  const known = ['token', 'session'].includes(access.reader(request) ?? '');
  const release = streams.open({
    client: access.clientKey(request),
    isAuthenticated: known,
    drop: () => dropped.abort(),
  });
  if (release === null) {
    return fail(response, 503, { message: 'too many follow runs already', hint: 'try again later' });
  }
  const until = { ...parts, closing: AbortSignal.any([parts.closing, dropped.signal]) };
  try {
    await sendEvents(until, response, run, { lastEventId: request.get('last-event-id') ?? '', logs });
  } finally {
    release();
  }
}

/** Sends the output of a step. */
async function sendLog({ ledger }: ApiDeps, request: Request, response: Response): Promise<void> {
  const run = await find(ledger, request, response);
  if (run === null) return;
  const target = parseRequest(TargetPath, request.params);
  if (!run.steps.some((step) => step.target === target)) {
    return fail(response, 404, {
      message: `run ${run.id} has no step ${target}`,
      hint: `phoenix runs ${run.id} names its steps, as GET /api/runs/${run.id} does`,
    });
  }
  const { offset, format } = parseRequest(LogQuery, request.query);
  const log = await ledger.readLog(run.id, target, offset);
  if (format === 'json') return answer(response, 200, log);
  answerText(response, 200, log.lines.map((line) => `${line}\n`).join(''));
}

/** What the agent follows, what it knows of the targets, and what does not work. */
async function statusOf(parts: ApiDeps): Promise<object> {
  const { ledger, agent, clock } = parts;
  const [head, frozen, policy, reports, last, refused, targets, away, faults, orphans] = await Promise.all([
    ledger.head(),
    ledger.frozen(),
    ledger.policyInForce(),
    ledger.reportsHeld(),
    ledger.lastArrival(),
    ledger.lastRefusal(),
    allTargets(parts),
    ledger.nodesAway(),
    agent.faults(),
    // Null: the host cannot be observed.
    agent.orphans().catch(() => null),
  ]);
  const now = clock.now();
  const lasting = allFaults(faults, away, reports).filter((fault) => hasLasted(fault, now));
  return {
    head,
    frozen,
    policy,
    reports,
    deliveries: { last, refused },
    nodes: { away: Object.fromEntries(away) },
    faults,
    lasting: lasting.map(({ subject }) => subject),
    targets,
    orphans,
  };
}

const PATHS: ReadonlyArray<readonly [path: string, what: OperationName]> = [
  ['/replay', 'replay'],
  ['/freeze', 'freeze'],
  ['/unfreeze', 'unfreeze'],
  ['/drift', 'drift'],
  ['/command', 'command'],
];

/** The admin token authorises every operation. */
function operate(parts: ApiDeps, what: OperationName, request: unknown): Promise<RunId | null> {
  return carryOutOperation(parts, what, OPERATIONS[what].parse(request), { role: 'admin', through: 'API' });
}

async function find(ledger: ApiLedger, request: Request, response: Response): Promise<RunDetail | null> {
  const path = RunPath.safeParse(request.params);
  const run = path.success ? await ledger.run(path.data.id) : null;
  if (run === null) {
    fail(response, 404, {
      message: `there is no run ${request.params['id']}`,
      hint: 'phoenix runs, or GET /api/runs, names the newest',
    });
  }
  return run;
}

const ROUTES = `Phoenix

GET  /                               pages for people
POST /webhooks                       signed events of the forge
GET  /healthz, /readyz               alive; ready
GET  /metrics                        Prometheus
GET  /api/openapi.json               this as OpenAPI 3.1
GET  /api/status                     followed head, freeze, policy in force and targets
GET  /api/runs?limit=50              newest runs
GET  /api/runs/:id                   one run
GET  /api/runs/:id/events            one run as it goes on (server-sent events: run, step, log, end)
GET  /api/runs/:id/logs/:kind/:name  output of one step; ?format=text as it was printed
GET  /api/targets[/:kind/:name]      what is known of the targets, when it was proved, and what is in doubt since
GET  /api/notifications              who is told what needs a person, and whether that gets there

With Authorization: Bearer PHOENIX_ADMIN_TOKEN, which reading from another machine takes as well:
POST /api/replay {commit, targets?, rewind?}
POST /api/runs/:id/approve {target}
POST /api/freeze {reason}, /api/unfreeze, /api/drift, /api/command {verb, targets}
POST /api/notifications/test {channel?}
`;
