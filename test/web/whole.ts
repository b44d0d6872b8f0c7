// All of Phoenix over a host of boxes, with its pages, for tests that press buttons: a forge to push to and sign in at, the agent, and the HTTP
// server.

import { watchChanges } from '../../src/agent/http/changes.ts';
import { startHttpServer } from '../../src/agent/http/server.ts';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openQueueBoard } from '../../src/io/queue-board.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { PersonRole } from '../../src/model/person.ts';
import { secret } from '../../src/model/secret.ts';
import type { ForgeSignIn } from '../../src/ports/forge-sign-in.ts';
import { openPages } from '../../src/web/pages.ts';
import { ADMIN_TOKEN } from '../agent/test-server.ts';
import { startBoxAgent } from '../support/agent/box-agent.ts';
import type { Phoenix } from '../support/agent/phoenix.ts';
import { until } from '../support/until.ts';

const LOG = { info() {}, warn() {}, error() {} };
const RIGHTS: Readonly<Record<string, PersonRole>> = { rita: 'reader', otto: 'operator', ada: 'admin' };

/** Returns the user for the code that the forge issued. */
const FORGE: ForgeSignIn = {
  name: 'GitHub',
  secret: secret('the secret of the application'),
  begin: async () => ({ url: 'http://forge.example/authorize', state: 's'.repeat(43), verifier: 'v'.repeat(43) }),
  person: async (answer) => ({ login: answer.searchParams.get('code') ?? '', grant: null }),
  roleOf: async (login) => RIGHTS[login] ?? null,
};

export interface Whole {
  readonly phoenix: Phoenix;
  readonly url: string;
  /** Changing commands on the host since the last call. */
  commands(): Promise<string[]>;
  /** As a person on the host does it, without Phoenix. */
  byHand(...args: string[]): Promise<void>;
  ended(run: RunId): Promise<void>;
  close(): Promise<void>;
}

/** @param publicUrl by which people call it */
export async function openWhole(publicUrl = 'https://phoenix.example.internal'): Promise<Whole> {
  const { phoenix, commands, byHand, close } = await startBoxAgent();
  const { ledger } = phoenix;
  const [agent, changes] = [phoenix.agent(), await watchChanges(ledger)];
  const board = openQueueBoard(
    connectRedis(phoenix.redis.url, () => {}),
    { installation: 'phoenix', node: 'pve', path: '/queues' },
  );
  const shared = { ledger, agent, clock: { now: () => new Date() }, log: LOG };
  const server = await startHttpServer(
    {
      receive: null,
      api: { ...shared, changes, adminToken: secret(ADMIN_TOKEN) },
      pages: openPages({ ...shared, forge: null, queues: async (...asked) => board.answer(...asked) }),
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
      log: LOG,
      forge: FORGE,
      access: { publicUrl, allowedHosts: [], trustedProxies: [], pages: 'signed-in' },
    },
    { host: '127.0.0.1', port: 0 },
  );
  return {
    phoenix,
    url: server.url,
    commands,
    byHand,
    ended: (run) => until(async () => (await ledger.run(run))?.ended != null, `run ${run} to end`),
    async close() {
      await server.close();
      await changes.close();
      await board.close();
      await close();
    },
  };
}
