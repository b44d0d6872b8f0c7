// A check for drift that a person requests: it reports, and repairs nothing.

import { expect, test } from 'vitest';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';

const boxes = useBoxAgent();
const { commands } = boxes;

test('drift is reported and not repaired', async () => {
  const { commit } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
  const clean = await boxes.phoenix.agent().drift('ann');
  await boxes.phoenix.reached(clean, 'succeeded');
  expect(boxes.phoenix.statuses(commit)['phoenix/drift']).toBe('success: 2 targets checked, all as declared');
  await boxes.host.run({ kind: 'command', program: 'box', args: ['drop', '102'], timeoutSeconds: 1 });
  await commands();
  await boxes.phoenix.reached(await boxes.phoenix.agent().drift('ann'), 'failed');
  expect(boxes.phoenix.statuses(commit)['phoenix/drift']).toBe(
    'failure: 1 of 2 differs: lxc/102 (would put 102, start 102); phoenix drift --fix brings it back',
  );
  expect(await commands()).toEqual([]);
});
