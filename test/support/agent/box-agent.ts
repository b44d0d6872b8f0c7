// An agent over a host of boxes, started and stopped by one test.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOXES, type BoxHost, openBoxHost } from '../host/boxes.ts';
import { type Phoenix, type PhoenixOptions, startPhoenix } from './phoenix.ts';

export interface BoxAgent {
  readonly host: BoxHost;
  readonly phoenix: Phoenix;
  /** Commands since the last call that changed the host. */
  commands(): Promise<string[]>;
  /** Runs a command like a person on the host; it is not counted among Phoenix's. */
  byHand(...args: string[]): Promise<void>;
  close(): Promise<void>;
}

export async function startBoxAgent(options: Omit<Partial<PhoenixOptions>, 'host'> = {}): Promise<BoxAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-boxes-'));
  const host = await openBoxHost(folder);
  const phoenix = await startPhoenix({ host, managers: BOXES, ...options });
  let reported = 0;
  const commands = async () => {
    const all = await host.commands();
    const news = all.slice(reported);
    reported = all.length;
    return news;
  };
  return {
    host,
    phoenix,
    commands,
    async byHand(...args) {
      await host.run({ kind: 'command', program: 'box', args, timeoutSeconds: 1 });
      await commands();
    },
    async close() {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
