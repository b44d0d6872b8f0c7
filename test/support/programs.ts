// Finds the real programs that tests start, and free ports for them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the programs that `npm run parts` installed. */
const PARTS = fileURLToPath(new URL('../../node_modules/.cache/phoenix-parts', import.meta.url));

/** Finds a program by its variable, on PATH, in folders for root, or among those of `npm run parts`; undefined: not found. */
export function findProgram(name: string, variable: string): string | undefined {
  const folders = [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin', join(PARTS, 'bin')];
  return chosen(
    variable,
    folders
      .join(delimiter)
      .split(delimiter)
      .map((folder) => join(folder, name)),
  );
}

/** A tar archive of Debian 12 for containers; undefined: not found. */
export function findRootfs(): string | undefined {
  return chosen('PHOENIX_TEST_ROOTFS', [join(PARTS, 'bookworm.tar')]);
}

function chosen(variable: string, files: readonly string[]): string | undefined {
  const named = process.env[variable];
  return named !== undefined && named !== '' ? named : files.find((file) => existsSync(file));
}

/** A free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Ports that were returned before: their program may not listen yet. */
const given = new Set<number>();

/** Distinct free ports, none of which was returned before in this process. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  const fresh = ports.filter((port) => !given.has(port));
  for (const port of fresh) given.add(port);
  return fresh.length === count ? fresh : [...fresh, ...(await freePorts(count - fresh.length))];
}

/** Whether something listens on a port of 127.0.0.1. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export interface Started {
  /** Its output so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a program that runs until it is stopped. */
export function start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  let output = '';
  const child: ChildProcess = spawn(program, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const hear = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  });
  return {
    output: () => output,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
