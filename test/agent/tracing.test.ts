// The processing of a commit as one trace, from the webhook to the statuses, as a collector receives it.

import { afterEach, expect, test } from 'vitest';
import { openTracer } from '../../src/io/trace.ts';
import type { Tracer } from '../../src/ports/tracing.ts';
import { testLog } from '../support/agent/agent.ts';
import { useBoxAgent } from '../support/agent/box-agent.ts';
import { environment } from '../support/environment.ts';
import { type Receiver, startReceiver } from '../support/services/receiver.ts';

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

let collector: Receiver;
let tracer: Tracer;
// After the agent has stopped: Vitest runs these in reverse order.
afterEach(() => collector.close());
const boxes = useBoxAgent(async () => {
  collector = await startReceiver();
  tracer = openTracer({
    endpoint: `${collector.url}/`,
    headers: { authorization: 'Bearer of-the-collector' },
    service: 'phoenix',
    version: '1.2.3',
    installation: 'lab',
    log: testLog,
  });
  return { tracer };
});

/** Everything that was sent, once the tracer is closed. */
async function spans(): Promise<readonly SentSpan[]> {
  await boxes.phoenix.stopAgent();
  await tracer.close();
  expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
  return collector.received.flatMap(({ body }) => {
    const { resourceSpans } = JSON.parse(body);
    return resourceSpans
      .flatMap(({ scopeSpans }: never) => scopeSpans)
      .flatMap((scope: { spans: SentSpan[] }) => scope.spans);
  });
}

/** Each as the names of the spans around it, the outermost first. */
function paths(all: readonly SentSpan[]): string[] {
  const byId = new Map(all.map((span) => [span.spanId, span]));
  const pathOf = (span: SentSpan): string => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`;
  };
  return [...new Set(all.map(pathOf))].sort();
}

const attributesOf = (span: SentSpan | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));

test('a push is one trace from its webhook to its statuses, through the ledger and a restart; a replay is another', async () => {
  const secret = 'hunter2-of-the-box';
  boxes.host.order('box put 101', { exit: 1, stderr: `refused: ${secret}` });
  const { commit } = await boxes.phoenix.push(environment({ 101: { description: secret }, 102: {} }), `Say ${secret}`);
  await boxes.phoenix.stopAgent();
  await boxes.phoenix.startAgent();
  const run = await boxes.phoenix.agent().replay({ commit, by: 'ann' });
  await boxes.phoenix.reached(run, 'succeeded');

  const all = await spans();
  const [pushed = '', replayed = ''] = ['receive', 'ask replay'].map(
    (name) => all.find((each) => each.name === name)?.traceId,
  );
  expect(paths(all.filter(({ traceId }) => traceId === pushed))).toEqual([
    'receive',
    'receive > reconcile',
    'receive > reconcile > fetch',
    'receive > reconcile > load',
    'receive > reconcile > plan',
    'receive > reconcile > status',
    'receive > reconcile > step lxc',
    'receive > reconcile > step lxc > host box',
  ]);
  expect(paths(all.filter(({ traceId }) => traceId === replayed))).toEqual([
    'ask replay',
    'ask replay > plan',
    'ask replay > status',
    'ask replay > step lxc',
    'ask replay > step lxc > host box',
  ]);
  expect(all.every(({ traceId }) => traceId === pushed || traceId === replayed)).toBe(true);

  const steps = all.filter(({ name, traceId }) => name === 'step lxc' && traceId === pushed).map(attributesOf);
  expect(steps.map((step) => `${step['phoenix.target']} ${step['phoenix.outcome']}`).sort()).toEqual([
    'lxc/101 failed',
    'lxc/102 applied',
  ]);
  expect(attributesOf(all.find(({ name }) => name === 'plan'))).toEqual({ 'phoenix.steps': 2 });
  const host101 = all.filter(({ name }) => name === 'host box').map(attributesOf);
  expect(new Set(host101.flatMap((each) => Object.keys(each)))).toEqual(
    new Set(['process.executable.name', 'phoenix.ended', 'process.exit.code']),
  );
  for (const { startTimeUnixNano, endTimeUnixNano } of all)
    expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
  const sent = collector.received.map(({ body }) => body).join('');
  expect(sent).not.toContain(secret);
  expect(sent).not.toContain('of-the-collector');
  expect(collector.received[0]?.headers.authorization).toBe('Bearer of-the-collector');
  expect(sent).toContain('"1.2.3"');
});

test('an unreachable collector delays nothing, and an error is traced by its class only', async () => {
  collector.answer = { status: 503 };
  const { statuses } = await boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/apply']).toMatch(/^success/);
  const failing = tracer.span('work', {}, async () => {
    expect(tracer.current()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    throw new TypeError('the password is hunter2');
  });
  await expect(failing).rejects.toThrow('hunter2');
  // An invalid traceparent starts a new trace.
  await tracer.span('alone', { parent: '00-x-y-01' }, async () => {});
  collector.answer = { status: 200 };
  const sent = (await spans()).filter(({ name }) => name === 'work' || name === 'alone');
  expect(sent.find(({ name }) => name === 'work')).toMatchObject({
    status: { code: 2 },
    attributes: [{ key: 'error.type', value: { stringValue: 'TypeError' } }],
  });
  expect(JSON.stringify(sent)).not.toContain('hunter2');
  expect(sent.map(({ parentSpanId }) => parentSpanId ?? '')).toEqual(['', '']);
});
