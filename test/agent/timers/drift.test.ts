// A check for drift that a person requests: it reports, and repairs nothing.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import type { BoxHost } from '../../support/host/boxes.ts';

let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  boxes = await startBoxAgent();
  ({ host, phoenix } = boxes);
});
afterEach(() => boxes.close());

const commands = () => boxes.commands();

test('drift is reported and not repaired', async () => {
  const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
  const clean = await phoenix.agent().drift('ann');
  await phoenix.reached(clean, 'succeeded');
  expect(phoenix.statuses(commit)['phoenix/drift']).toBe('success: 2 targets checked, all as declared');
  await host.run({ kind: 'command', program: 'box', args: ['drop', '102'], timeoutSeconds: 1 });
  await commands();
  await phoenix.reached(await phoenix.agent().drift('ann'), 'failed');
  expect(phoenix.statuses(commit)['phoenix/drift']).toBe(
    'failure: 1 of 2 differs: lxc/102 (would put 102, start 102); phoenix drift --fix brings it back',
  );
  expect(await commands()).toEqual([]);
});
