// One `pct status` over ssh against the same on the node itself. The program only takes the time of a shell, so that the way there is
// what is measured: a real one takes most of a second.

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localHost } from '../../src/io/host/local.ts';
import { sshHost } from '../../src/io/host/ssh.ts';
import { openRedactor } from '../../src/io/redact.ts';
import type { Command } from '../../src/model/action.ts';
import type { Host } from '../../src/ports.ts';
import { noSshd, startSshd } from '../support/sshd.ts';
import { type Measurement, median, spread } from './report.ts';

const ROUNDS = 50;
const MOST = 1.5;
const LOOK: Command = { kind: 'command', program: 'pct', args: ['status', '101'], timeoutSeconds: 20 };

export async function measureSsh(): Promise<Measurement> {
  if (noSshd !== null) throw new Error(noSshd);
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const path = join(folder, 'bin');
  await mkdir(path);
  await writeFile(join(path, 'pct'), '#!/bin/sh\necho status: running\n');
  await chmod(folder, 0o755);
  await chmod(join(path, 'pct'), 0o755);
  const sshd = await startSshd();
  const parts = { node: 'pve', contents: async () => Buffer.alloc(0), redactor: openRedactor(), path };
  const hosts = { local: localHost(parts), ssh: sshHost({ ...parts, ...sshd }) };
  try {
    const local: number[] = [];
    const ssh: number[] = [];
    // The first opens the connection that all share.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const [here, there] = [await took(hosts.local), await took(hosts.ssh)];
      if (round === 0) continue;
      local.push(here);
      ssh.push(there);
    }
    return report(local, ssh);
  } finally {
    for (const host of Object.values(hosts)) await host.close();
    await sshd.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function took(host: Host): Promise<number> {
  const began = performance.now();
  const { stdout, stderr } = await host.run(LOOK);
  if (stdout.trim() !== 'status: running') throw new Error(`pct status answered ${stdout}${stderr}`);
  return performance.now() - began;
}

function report(local: readonly number[], ssh: readonly number[]): Measurement {
  const ratio = median(ssh) / median(local);
  return {
    title: 'One look at a guest over ssh',
    about: `pct status as a program of a shell, ${ROUNDS} times here and over a connection that is open, to a server on this machine.`,
    lines: [
      { what: 'on the node itself', measured: spread(local, 1, ' ms'), goal: null },
      { what: 'over ssh', measured: spread(ssh, 1, ' ms'), goal: null },
      {
        what: 'over ssh against here',
        measured: ratio.toFixed(2),
        goal: { text: `≤ ${MOST}`, met: ratio <= MOST },
      },
    ],
  };
}
