// An outage of the node is reported once when it begins and once when it ends, across restarts of the agent.

import { beforeEach, expect, test } from 'vitest';
import { type NodeWatch, watchNode } from '../../src/agent/node-watch.ts';
import type { Host } from '../../src/ports/host.ts';
import { HostAway } from '../../src/ports/host-failure.ts';
import type { NodeAway } from '../../src/ports/ledger.ts';
import { recordLog } from '../support/log.ts';

let fails: Error | null;
let noted: NodeAway | null;
let backs: number;
let log: ReturnType<typeof recordLog>;
beforeEach(() => {
  fails = null;
  noted = null;
  backs = 0;
  log = recordLog();
});

function watch(at = '2026-01-31T12:00:00.000Z'): NodeWatch {
  const host = {
    node: 'pve',
    readFile: async () => {
      if (fails !== null) throw fails;
      return 'text';
    },
  } as unknown as Host;
  return watchNode(host, {
    log,
    now: () => new Date(at),
    async record(away) {
      const before = noted;
      noted = away === null ? null : (before ?? away);
      return before;
    },
    minPauseMs: 1_000,
    onRecovered: async () => {
      backs += 1;
    },
  });
}
const ask = (node: NodeWatch) => node.host.readFile('/x').catch(() => undefined);

test('an unreachable node is reported once, with the time when that was first noticed, and once when it is back', async () => {
  const [one, other] = [watch(), watch('2026-01-31T13:00:00.000Z')];
  fails = new HostAway('away');
  for (const node of [one, one, other]) await ask(node);
  expect(other.away()).toEqual({ since: '2026-01-31T12:00:00.000Z', why: 'away' });
  expect(one.waitMs()).toBeGreaterThan(0);
  fails = null;
  for (const node of [one, one, other]) await ask(node);
  expect([one.away(), one.waitMs(), other.away(), noted, backs]).toEqual([null, 0, null, null, 2]);
  expect(log.lines).toEqual([
    'warn the node does not answer: it is waited for',
    'warn the node does not answer: it is waited for',
    'info the node answers again',
    'info the node answers again',
  ]);
});

test('the finding of an earlier process is withdrawn by the first response', async () => {
  noted = { since: '2026-01-31T11:00:00.000Z', why: 'away' };
  const node = watch();
  await ask(node);
  await ask(node);
  expect([noted, backs, log.lines]).toEqual([null, 1, []]);
});

test('a failure that is not an outage is not reported as one', async () => {
  const node = watch();
  fails = new Error('no such file');
  await ask(node);
  expect([node.away(), noted, backs, log.lines]).toEqual([null, null, 0, []]);
});
