// The disk of the clone and the private Redis is full for a while.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { environment } from '../../support/environment.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';
import { expectOnce, type Served, served } from '../served.ts';

/** A small file system for the agent's data only: a full disk of the host is not tested here. */
const MOUNT = `
  data="$1/data"; shift
  mkdir -p "$data" && mount -t tmpfs -o size=24m tmpfs "$data" && mkdir "$data/lab" && mount --bind "$data/../lab" "$data/lab"
  exec "$@"`;
const IN_ITS_OWN = ['unshare', '--user', '--map-root-user', '--mount'];

export const diskFull = scenario({
  name: 'disk-full',
  about: 'where nothing can be written any more, no push is lost and nothing done twice; it goes on when there is room',
  tries: { long: 30, short: 1 },
  missing: noMounts(),
  input: fc.record({
    /** Commands on the host after which it is full; 0: before the push. */
    command: fc.integer({ min: 0, max: 4 }),
    /** For so many milliseconds. */
    ms: fc.integer({ min: 0, max: 4_000 }),
  }),
  attempt: ({ command, ms }) =>
    served(
      async (phoenix) => {
        const { repo } = phoenix;
        const files = environment({ 101: {}, 102: { dependencies: [101] } });
        if (command === 0) fill(phoenix);
        const commit = await repo.commit(files);
        await repo.push();
        await until(() => phoenix.commands().length >= command, `${command} commands`, 60);
        if (command > 0) fill(phoenix);
        await pause(ms);
        empty(phoenix);
        expect(await phoenix.answered(commit)).toBe('success: applied 2 targets');
        const next = await repo.commit(environment({ 101: {}, 102: { dependencies: [101] }, 103: {} }));
        await repo.push();
        expect(await phoenix.answered(next)).toBe('success: applied 1 target');
        expectOnce(phoenix, [101, 102, 103]);
        expect(phoenix.ends()).toEqual([]);
      },
      {
        lab: 'lab',
        by(folder) {
          mkdirSync(join(folder, 'lab'), { recursive: true });
          return [...IN_ITS_OWN, 'sh', '-ec', MOUNT, 'sh', folder];
        },
      },
    ),
});

/** As the agent sees it: the file system is mounted in its namespace only. */
const inside = ({ agent, folder }: Served) => join(`/proc/${agent().child.pid}/root`, folder, 'data', 'fill');

/** Writes until the disk is full. */
function fill(phoenix: Served): void {
  const file = openSync(inside(phoenix), 'w');
  try {
    for (const block = Buffer.alloc(4096, 'x'); ; ) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

function empty(phoenix: Served): void {
  rmSync(inside(phoenix));
}

function noMounts(): string | null {
  try {
    execFileSync('unshare', [...IN_ITS_OWN.slice(1), 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'a user of this machine may make no file system of its own';
  }
}
