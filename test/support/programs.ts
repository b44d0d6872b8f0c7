// Real programs that tests start: where they are found, and free ports for them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `npm run parts` made. */
const PARTS = fileURLToPath(new URL('../../node_modules/.cache/phoenix-parts', import.meta.url));

/** A program by the variable that names it, on PATH, where only root looks, or brought by `npm run parts`; undefined: there is none. */
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

/** A Debian 12 as a tar archive, for containers; undefined: there is none. */
export function findRootfs(): string | undefined {
  return chosen('PHOENIX_TEST_ROOTFS', [join(PARTS, 'bookworm.tar')]);
}

function chosen(variable: string, files: readonly string[]): string | undefined {
  const named = process.env[variable];
  return named !== undefined && named !== '' ? named : files.find((file) => existsSync(file));
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Those that were handed out: what is to listen there may not do so yet. */
const given = new Set<number>();

/** As many, each another one, and none that this process was given before. */
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
  /** What it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** A program that runs until it is stopped. */
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
