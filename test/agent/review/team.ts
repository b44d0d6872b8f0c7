// A team on a forge and a host of boxes, whose commands are counted: for each test anew.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { type Phoenix, type PhoenixOptions, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';

export const two = environment({ 101: {}, 102: {} });
/** What a pull request leaves that takes the second guest out. */
export const LOST = { 101: {} };

class Team {
  #folder = '';
  #host: BoxHost | undefined;
  #phoenix: Phoenix | undefined;

  get host(): BoxHost {
    if (this.#host === undefined) throw new Error('there is no host yet');
    return this.#host;
  }

  get phoenix(): Phoenix {
    if (this.#phoenix === undefined) throw new Error('the agent is not started');
    return this.#phoenix;
  }

  open = async (): Promise<void> => {
    this.#folder = await mkdtemp(join(tmpdir(), 'phoenix-review-'));
    this.#host = await openBoxHost(this.#folder);
  };

  close = async (): Promise<void> => {
    await this.#phoenix?.stop();
    this.#phoenix = undefined;
    await rm(this.#folder, { recursive: true, force: true });
  };

  /** Starts the agent: `ada` maintains the repository, and `eve` reads it. */
  start = async (
    forge: PhoenixOptions['forge'],
    options: PhoenixOptions['options'] = {},
    more: Pick<PhoenixOptions, 'clock'> = {},
  ): Promise<void> => {
    const given = forge === undefined ? {} : { forge };
    this.#phoenix = await startPhoenix({ host: this.host, managers: BOXES, ...given, options, ...more });
    // In a new GitLab project, no lower role may push to its first branch.
    this.#phoenix.forge.allow('ada', 'maintain');
    this.#phoenix.forge.allow('eve', 'read');
  };

  /** The plan of a commit, once it exists. */
  planOf = async (commit: CommitSha, not = ''): Promise<string> => {
    const plan = () => this.phoenix.statuses(commit)['phoenix/plan'];
    await until(() => plan() !== undefined && plan() !== not, `a plan on ${commit}`);
    return plan() ?? '';
  };

  /** Merges it; resolves to the commit that it became. */
  merged = async (pull: number): Promise<CommitSha> => {
    return (await this.phoenix.forge.mergePull(pull)).merged?.sha as CommitSha;
  };
}

/** Opens a team before each test of a file, and closes it afterwards. */
export function useTeam(): Team {
  const team = new Team();
  beforeEach(team.open);
  afterEach(team.close);
  return team;
}
