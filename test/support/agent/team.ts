// A team on a forge, for tests of pull requests and permissions: ada maintains the repository, eve only reads it. The host is one of boxes.

import { afterEach } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { environment, type Files, type GuestChanges, underPolicy } from '../environment.ts';
import type { BoxHost } from '../host/boxes.ts';
import { until } from '../until.ts';
import { EachBoxAgent } from './box-agent.ts';
import type { Phoenix, PhoenixOptions } from './phoenix.ts';

export type ForgeKind = NonNullable<PhoenixOptions['forge']>;

/** The target that most pull requests of these tests take away. */
const TAKEN = 'lxc/102';

interface Proposed {
  /** Of the commit. */
  readonly message?: string;
  readonly title?: string;
  readonly body?: string;
  readonly by?: string;
}

class Team {
  readonly #boxes = new EachBoxAgent();

  get host(): BoxHost {
    return this.#boxes.host;
  }

  get phoenix(): Phoenix {
    return this.#boxes.phoenix;
  }

  /** Starts the agent, in place of the present one. */
  start = async (forge: ForgeKind, options: Partial<PhoenixOptions> = {}): Promise<void> => {
    await this.stop();
    await this.#boxes.start({ forge, ...options });
    // In a new GitLab project, no lower role may push to its first branch.
    this.phoenix.forge.allow('ada', 'maintain');
    this.phoenix.forge.allow('eve', 'read');
  };

  stop = (): Promise<void> => this.#boxes.stop();

  /** The newest run. */
  run = () => this.#boxes.newestRun();

  /** The plan of a commit as its status says it, once there is one. @param not an earlier one */
  planOf = async (commit: CommitSha, not = ''): Promise<string> => {
    const plan = () => this.phoenix.statuses(commit)['phoenix/plan'];
    await until(() => plan() !== undefined && plan() !== not, `a plan on ${commit}`);
    return plan() ?? '';
  };

  /** Opens a pull request whose branch contains these files, and waits until it is planned. */
  propose = async (
    name: string,
    files: Files,
    { message, title = name, body, by = 'ada' }: Proposed = {},
  ): Promise<{ readonly number: number; readonly head: CommitSha }> => {
    const head = await this.phoenix.repo.branch(name, files, message === undefined ? {} : { message });
    const text = body === undefined ? {} : { body };
    const { number } = await this.phoenix.forge.openPull({ title, head: name, base: 'main', by, ...text });
    const isPlanned = async () => (await this.phoenix.ledger.pullPlan(number))?.head === head;
    await until(isPlanned, `the plan of #${number}`);
    return { number, head };
  };

  /** Merges it on the forge; resolves to the commit that it became, which Phoenix may not have seen yet. */
  merged = async (pull: number, how?: { readonly squash?: boolean; readonly message?: string }): Promise<CommitSha> => {
    return (await this.phoenix.forge.mergePull(pull, 'ada', how)).merged?.sha as CommitSha;
  };

  /** Merges it, waits for the commit's result, and pulls it. */
  merge = async (...what: Parameters<Team['merged']>): Promise<CommitSha> => {
    const commit = await this.merged(...what);
    await this.phoenix.answered(commit);
    await this.phoenix.repo.pull();
    return commit;
  };

  /** Why a step of the newest run waits or how it ended. */
  told = (commit: CommitSha, target = TAKEN): string => this.phoenix.statuses(commit)[`phoenix/${target}`] ?? 'nothing';

  /** What Phoenix last said under the pull request. */
  said = (pull: number): string => this.ours(pull).at(-1)?.body ?? '';

  /** Phoenix's comments under the pull request. */
  ours = (pull: number) => this.phoenix.forge.comments(pull).filter(({ body }) => body.startsWith('<!-- phoenix'));

  /** Waits until every delivery has been processed. */
  heard = async (): Promise<void> => {
    const isHeard = async () => (await this.phoenix.ledger.unsettledDeliveries()).length === 0;
    await until(isHeard, 'every delivery to be heard');
  };

  /** What an attack must not change, as one value: approvals, policy, runs, the followed head, and changes of the host. */
  state = async (): Promise<unknown> => {
    const { ledger } = this.phoenix;
    const runs = await Promise.all((await ledger.runs(50)).map(({ id }) => ledger.run(id)));
    return {
      runs: runs.map((run) => [
        ...[run?.id, run?.commit, run?.trigger, run?.by, run?.state],
        ...[run?.approvals, run?.plan?.policy],
      ]),
      early: await Promise.all((await ledger.approvedPulls()).map((pull) => ledger.earlyApprovals(pull))),
      policy: await ledger.policyInForce(),
      head: await ledger.head(),
      host: await this.host.commands(),
    };
  };
}

/** The team of a file: each test starts its agent, which is stopped after it. */
export function useTeam(): Team {
  const team = new Team();
  afterEach(team.stop);
  return team;
}

/** Guests under a policy. */
export function guests(declared: Readonly<Record<number, GuestChanges>>, policy?: object): Files {
  return policy === undefined ? environment(declared) : underPolicy(declared, policy);
}

export const two = environment({ 101: {}, 102: {} });
/** What a pull request leaves that takes the second guest out. */
export const LOST = { 101: {} };
