// What measurements of pushes share: an agent in its own process, a forge, and the times at which its webhooks were sent.

import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { LabForge } from 'phoenix-lab/forge';
import type { Started } from '../cli/phoenix.ts';

export function listensAt({ output }: Started): string | undefined {
  return /listening on (http:[^\s"]+)/.exec(output.stderr)?.[1];
}

/** A second receiver beside the agent: when webhooks were sent, in milliseconds since 1970. */
export async function listenForWebhooks() {
  const times: number[] = [];
  const server = createServer((request, response) => {
    times.push(performance.timeOrigin + performance.now());
    request.resume();
    response.writeHead(202).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    times,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function isApplied(forge: LabForge, commit: string): boolean {
  const status = forge.latestStatuses(commit).find(({ context }) => context === 'phoenix/apply');
  if (status === undefined || status.state === 'pending') return false;
  if (status.state !== 'success') throw new Error(`the push ended: ${status.description}`);
  return true;
}

/**
 * Puts a script in the place of every program of the lab, which stay under their own names beside it. Resolves to the reader of
 * the lines that the scripts write into the log.
 *
 * @param body of the script, for the program at a path
 */
export async function wrapPrograms(
  bin: string,
  log: string,
  body: (program: string) => string,
): Promise<() => Promise<string[]>> {
  const real = join(dirname(bin), `${basename(bin)}-real`);
  await mkdir(real);
  for (const name of await readdir(bin)) {
    await rename(join(bin, name), join(real, name));
    await writeFile(join(bin, name), `#!/bin/sh\n${body(join(real, name))}`);
    await chmod(join(bin, name), 0o755);
  }
  await writeFile(log, '');
  return async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
}
