// The agent is killed before or after any command that changes guests, in a run with clones, volumes, mounts and rollbacks.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect } from 'vitest';
import * as managers from '../../../src/managers/index.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment, type Files } from '../../support/environment.ts';
import { type Lab, openLab } from '../../support/host/lab.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

const HOST = { behavior: { rollback_on_failure: true } };
/** A template, a clone of it with another volume, and a container with a mount; all with scripts. */
const declared = (clone: object, other: object): Files =>
  environment(
    {
      150: { template_snapshot_name: 'base', features: ['base_setup'] },
      151: {
        template: undefined,
        clone_from_ctid: '150',
        zfs_volumes: [{ name: 'data', pool: 'local-lvm', size_gb: 1, mount_point: '/data' }],
        ...clone,
      },
      152: { features: ['base_setup'], mount_points: [{ host_path: '/srv/one', container_path: '/one' }], ...other },
    },
    HOST,
  );
const FIRST = declared({}, {});
const THEN = declared(
  { memory_mb: 1024, application_script: 'app.sh' },
  { cores: 2, application_script: 'app.sh', mount_points: [{ host_path: '/srv/two', container_path: '/two' }] },
);
const SCRIPT = { 'bin/app.sh': '#!/bin/sh\ntrue\n' };

export const killedWithRollback = scenario({
  name: 'killed-with-rollback',
  about:
    'killed at any command of a run with clones, mounts and snapshots, the next agent brings it to the same end, and leaves no snapshot',
  tries: { long: 40, short: 1 },
  input: fc.record({
    command: fc.integer({ min: 1, max: 24 }),
    when: fc.constantFrom('before' as const, 'after' as const),
  }),
  async attempt({ command, when }) {
    const lab = await openLab('here');
    const phoenix = await startPhoenix({ host: lab.host, managers, options: { leaseSeconds: 2 }, started: false });
    try {
      const first = await phoenix.repo.commit({ ...FIRST, ...SCRIPT });
      await phoenix.repo.push();
      await killedAt(phoenix, lab, first, command, when);
      await phoenix.startAgent();
      expect((await phoenix.answered(first)).statuses['phoenix/apply']).toMatch(/^success: /);
      await phoenix.stopAgent();
      const second = await phoenix.repo.commit({ ...THEN, ...SCRIPT });
      await phoenix.repo.push();
      await killedAt(phoenix, lab, second, command, when);
      await phoenix.startAgent();
      expect((await phoenix.answered(second)).statuses['phoenix/apply']).toMatch(/^success: /);
      expect(lab.guest(151)).toMatch(/memory: 1024[\s\S]*mp\d: local-lvm:\S+,mp=\/data/);
      expect(lab.guest(152)).toMatch(/cores: 2[\s\S]*mp\d: \/srv\/two,mp=\/two/);
      for (const id of [151, 152]) expect(lab.guest(id)).not.toMatch(/^\[|^parent:|^lock:/m);
      const made = lab.commands().filter((line) => /^pct (create|clone) /.test(line));
      // A command that was killed before it started is requested once more; none was executed twice.
      expect(made.length).toBeLessThanOrEqual(4);
    } finally {
      await phoenix.stop();
      await lab.close();
    }
  },
});

/** Ends when the agent has killed itself, or has answered the commit without coming to that command. */
async function killedAt(phoenix: Phoenix, lab: Lab, commit: string, command: number, when: string): Promise<void> {
  const agent = fork(new URL('../../support/agent/lab-killed-process.ts', import.meta.url), [
    JSON.stringify(phoenix.around),
    lab.folder,
    String(command),
    when,
  ]);
  const gone = once(agent, 'exit');
  const ended = () => agent.exitCode !== null || agent.signalCode !== null;
  const answered = () => /^(success|failure|error)/.test(phoenix.statuses(commit as never)['phoenix/apply'] ?? '');
  await until(() => ended() || answered(), 'the agent to be killed or to be done', 60);
  if (agent.connected) agent.send('stop');
  await gone;
}
