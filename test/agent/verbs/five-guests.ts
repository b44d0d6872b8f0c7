// Five guests on a host of boxes, with an agent: of each test, or one that the tests of a file share, since to start one and to bring everything up costs
// more than most tests.

import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { CommandRequest } from '../../../src/agent/deps.ts';
import type { RunState } from '../../../src/model/run.ts';
import type { RunDetail } from '../../../src/ports/runs.ts';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment, type Files, underPolicy } from '../../support/environment.ts';
import type { BoxHost } from '../../support/host/boxes.ts';

/** 199 is the template of 101; 103 is the CA, which 101 and 102 need; 101 needs 102 too. */
export const GUESTS = {
  199: { tags: ['template'] },
  103: {},
  102: { dependencies: [103] },
  101: { dependencies: [199, 102] },
  104: {},
};
export const ENVIRONMENT = environment(GUESTS);

/** The same guests under a policy. */
export const under = (phoenix: object) => underPolicy(GUESTS, phoenix);

export const outcomes = ({ steps }: RunDetail) => steps.map(({ target, outcome }) => `${target} ${outcome}`);

const ENDED = ['succeeded', 'failed', 'blocked', 'invalid', 'superseded'] satisfies RunState[];

class FiveGuests {
  /** What was pushed last. */
  declared: Files = ENVIRONMENT;
  #boxes: BoxAgent | undefined;
  /** The host when everything is as ENVIRONMENT declares. */
  #asDeclared: unknown;

  get host(): BoxHost {
    return this.#started.host;
  }

  get phoenix(): Phoenix {
    return this.#started.phoenix;
  }

  get #started(): BoxAgent {
    if (this.#boxes === undefined) throw new Error('the agent is not started');
    return this.#boxes;
  }

  /** Starts the agent, and brings everything up. */
  start = async (files = ENVIRONMENT): Promise<void> => {
    this.#boxes = await startBoxAgent();
    await this.declare(files);
    this.#asDeclared = await this.#present();
  };

  stop = async (): Promise<void> => {
    await this.#boxes?.close();
  };

  /** Makes everything as ENVIRONMENT declares, which is checked. */
  reset = async (): Promise<void> => {
    this.host.before = async () => {};
    if (this.declared !== ENVIRONMENT) await this.declare(ENVIRONMENT);
    if (!isDeepStrictEqual(await this.#present(), this.#asDeclared))
      expect((await this.ask('converge')).state).toBe('succeeded');
    expect(await this.#present()).toEqual(this.#asDeclared);
    await this.commands();
  };

  commands = () => this.#started.commands();
  byHand = (...args: string[]) => this.#started.byHand(...args);

  declare = async (files: Files): Promise<void> => {
    this.declared = files;
    const { statuses } = await this.phoenix.push(files);
    expect(statuses['phoenix/apply']).toMatch(/^success/);
    await this.commands();
  };

  /** Sends the request and waits until its run has ended. */
  ask = async (verb: string, targets: string[] = [], more: Partial<CommandRequest> = {}): Promise<RunDetail> => {
    const id = await this.phoenix.agent().command({ verb, targets, by: 'ann', ...more });
    await this.phoenix.reached(id, ...ENDED);
    const run = await this.phoenix.ledger.run(id);
    if (run === null) throw new Error('the run is gone');
    return run;
  };

  /** As a person does on a terminal: requests a dry run and confirms it. */
  askShown = async (verb: string, targets: string[], more: Partial<CommandRequest> = {}): Promise<RunDetail> => {
    const look = await this.ask(verb, targets, { ...more, dryRun: true });
    return this.ask(verb, targets, { ...more, shown: look.id });
  };

  async #present(): Promise<unknown> {
    const list = { kind: 'command', program: 'box', args: ['list'], timeoutSeconds: 1 } as const;
    return JSON.parse((await this.host.run(list)).stdout);
  }
}

/** Guests for each test, which starts their agent. */
export function useFiveGuests(): FiveGuests {
  const five = new FiveGuests();
  afterEach(() => five.stop());
  return five;
}

/** The guests that the tests of a file share: each begins with everything as ENVIRONMENT declares. */
export function shareFiveGuests(): FiveGuests {
  const five = new FiveGuests();
  beforeAll(() => five.start());
  beforeEach(() => five.reset());
  afterAll(() => five.stop());
  return five;
}
