// An agent over a host of boxes, for one test or for each test of a file.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { RunId } from '../../../src/model/ids.ts';
import type { Host } from '../../../src/ports/host.ts';
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

type BoxAgentOptions = Omit<Partial<PhoenixOptions>, 'host'> & {
  /** The agent's host, made of the boxes; default: the boxes themselves. */
  readonly hostOf?: (boxes: BoxHost) => Host;
};

export async function startBoxAgent({ hostOf, ...options }: BoxAgentOptions = {}): Promise<BoxAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-boxes-'));
  const host = await openBoxHost(folder);
  const phoenix = await startPhoenix({ host: hostOf?.(host) ?? host, managers: BOXES, ...options });
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

/** The agent of the present test. */
export class EachBoxAgent implements Omit<BoxAgent, 'close'> {
  #started: BoxAgent | undefined;

  get host(): BoxHost {
    return this.#present.host;
  }

  get phoenix(): Phoenix {
    return this.#present.phoenix;
  }

  commands = () => this.#present.commands();
  byHand = (...args: string[]) => this.#present.byHand(...args);

  newestRun = async (): Promise<RunId> => {
    const [run] = await this.phoenix.ledger.runs(1);
    if (run === undefined) throw new Error('there is no run');
    return run.id;
  };

  start = async (options: BoxAgentOptions): Promise<void> => {
    this.#started = await startBoxAgent(options);
  };

  stop = async (): Promise<void> => {
    await this.#started?.close();
    this.#started = undefined;
  };

  get #present(): BoxAgent {
    if (this.#started === undefined) throw new Error('the agent is not started');
    return this.#started;
  }
}

/** Starts an agent with a host of its own before each test of a file, and stops it afterwards. */
export function useBoxAgent(options: () => BoxAgentOptions | Promise<BoxAgentOptions> = () => ({})): EachBoxAgent {
  const boxes = new EachBoxAgent();
  beforeEach(async () => boxes.start(await options()));
  afterEach(boxes.stop);
  return boxes;
}
