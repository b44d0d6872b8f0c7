// One `pct status` over SSH, compared with the same on the node itself. The program only takes as long as a shell, so that the connection is
// measured: a real one takes most of a second.

import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localHost, SYSTEM_PATH } from '../../src/io/host/local.ts';
import { sshHost } from '../../src/io/host/ssh.ts';
import { openRedactor } from '../../src/io/redact.ts';
import type { Command } from '../../src/model/action.ts';
import type { Host } from '../../src/ports/host.ts';
import { phoenixShell } from '../support/host/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../support/host/sshd.ts';
import { type Measurement, median, spread } from './report.ts';

const ROUNDS = 50;
const MAX_RATIO = 1.5;
const LOOK: Command = { kind: 'command', program: 'pct', args: ['status', '101'], timeoutSeconds: 20 };

/** Each way, for the count of round trips. */
const FAR_MS = 20;
const FAR_ROUNDS = 20;

export async function measureSsh(): Promise<Measurement> {
  if (noSshd !== null) throw new Error(noSshd);
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const path = join(folder, 'bin');
  await mkdir(path);
  await writeFile(join(path, 'pct'), '#!/bin/sh\necho status: running\n');
  await chmod(folder, 0o755);
  await chmod(join(path, 'pct'), 0o755);
  const shell = await phoenixShell(join(folder, 'shell'));
  const [sshd, held] = [await startSshd(), await startSshd()];
  held.allow(`restrict,command="exec ${shell} --path ${path}:${SYSTEM_PATH}"`);
  const far = await farFrom(held);
  const parts = { node: 'pve', contents: async () => Buffer.alloc(0), redactor: openRedactor(), path };
  const hosts = {
    local: localHost(parts),
    ssh: sshHost({ ...parts, ...sshd }),
    forced: sshHost({ ...parts, ...held }),
    far: sshHost({ ...parts, ...held, target: far.target }),
  };
  try {
    const took: Record<keyof typeof hosts, number[]> = { local: [], ssh: [], forced: [], far: [] };
    // The first opens the connection that all share.
    for (const host of Object.values(hosts)) await look(host);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of ['local', 'ssh', 'forced'] as const) took[name].push(await look(hosts[name]));
    }
    for (let round = 0; round < FAR_ROUNDS; round += 1) took.far.push(await look(hosts.far));
    return report(took);
  } finally {
    for (const host of Object.values(hosts)) await host.close();
    await far.close();
    for (const each of [sshd, held]) await each.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function look(host: Host): Promise<number> {
  const began = performance.now();
  const { stdout, stderr } = await host.run(LOOK);
  if (stdout.trim() !== 'status: running') throw new Error(`pct status answered ${stdout}${stderr}`);
  return performance.now() - began;
}

/** The same server behind a connection with latency. */
async function farFrom({ target }: TestSshd): Promise<{ readonly target: string; close(): Promise<void> }> {
  const url = new URL(target);
  const [host, port] = [url.hostname, Number(url.port)];
  const later = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), FAR_MS));
    from.on('close', () => setTimeout(() => to.destroy(), FAR_MS));
    from.on('error', () => {});
  };
  const line = createServer({ noDelay: true }, (near) => {
    const there = connect({ host, port, noDelay: true });
    later(near, there);
    later(there, near);
  });
  await once(line.listen(0, '127.0.0.1'), 'listening');
  url.port = String((line.address() as AddressInfo).port);
  return {
    target: url.href,
    async close() {
      line.close();
      await once(line, 'close');
    },
  };
}

function report(took: Readonly<Record<'local' | 'ssh' | 'forced' | 'far', readonly number[]>>): Measurement {
  const line = (what: string, name: 'ssh' | 'forced') => {
    const ratio = median(took[name]) / median(took.local);
    return { what, measured: ratio.toFixed(2), goal: { text: `≤ ${MAX_RATIO}`, met: ratio <= MAX_RATIO } };
  };
  const trips = (median(took.far) - median(took.forced)) / (2 * FAR_MS);
  return {
    title: 'One look at a guest over ssh',
    about: `pct status as a program of a shell, ${ROUNDS} times here and over a connection that is open, to a server on this machine.`,
    lines: [
      { what: 'on the node itself', measured: spread(took.local, 1, ' ms'), goal: null },
      { what: 'over ssh', measured: spread(took.ssh, 1, ' ms'), goal: null },
      { what: 'over ssh with the forced command', measured: spread(took.forced, 1, ' ms'), goal: null },
      line('over ssh against here', 'ssh'),
      line('with the forced command against here', 'forced'),
      { what: 'round trips', measured: trips.toFixed(1), goal: { text: '1', met: trips < 1.5 } },
    ],
  };
}
