// A team for tests of permissions: ada has write access, eve read access. The state that an attack must not change is one value.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommitSha, RunId } from '../../../src/model/ids.ts';
import { type Phoenix, type PhoenixOptions, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment, type Files, type GuestChanges, underPolicy } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';

export type ForgeKind = NonNullable<PhoenixOptions['forge']>;

export interface Team {
  readonly phoenix: Phoenix;
  readonly host: BoxHost;
  /** A pull request whose branch contains these files. */
  propose(name: string, files: Files, more?: Proposed): Promise<{ readonly number: number; readonly head: CommitSha }>;
  /** Merges it and waits for the commit's answer. */
  merge(number: number, how?: { readonly squash?: boolean; readonly message?: string }): Promise<CommitSha>;
  /** The newest run. */
  run(): Promise<RunId>;
  /** Why a step of the newest run waits or how it ended. */
  told(commit: CommitSha, target?: string): string;
  /** What Phoenix last said under the pull request. */
  said(pull: number): string;
  /** Waits until every delivery has been processed. */
  heard(): Promise<void>;
  /** Approvals, policy, runs, the followed head, and changes of the host. */
  state(): Promise<unknown>;
  end(): Promise<void>;
}

interface Proposed {
  /** Of the commit. */
  readonly message?: string;
  readonly title?: string;
  readonly body?: string;
  readonly by?: string;
}

export async function openTeam(forge: ForgeKind, options: Partial<PhoenixOptions> = {}): Promise<Team> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-team-'));
  const host = await openBoxHost(folder);
  const phoenix = await startPhoenix({ host, managers: BOXES, forge, ...options });
  const { forge: lab, ledger } = phoenix;
  lab.allow('ada', 'maintain');
  lab.allow('eve', 'read');
  const heard = () =>
    until(async () => (await ledger.unsettledDeliveries()).length === 0, 'every delivery to be heard');
  return {
    phoenix,
    host,
    async propose(name, files, { message, title = name, body, by = 'ada' } = {}) {
      const head = await phoenix.repo.branch(name, files, message === undefined ? {} : { message });
      const text = body === undefined ? {} : { body };
      const { number } = await lab.openPull({ title, head: name, base: 'main', by, ...text });
      await until(async () => (await ledger.pullPlan(number))?.head === head, `the plan of #${number}`);
      return { number, head };
    },
    async merge(number, how) {
      const commit = (await lab.mergePull(number, 'ada', how)).merged?.sha as CommitSha;
      await phoenix.answered(commit);
      await phoenix.repo.pull();
      return commit;
    },
    async run() {
      const [run] = await ledger.runs(1);
      if (run === undefined) throw new Error('there is no run');
      return run.id;
    },
    said: (pull) =>
      lab
        .comments(pull)
        .filter(({ body }) => body.startsWith('<!-- phoenix'))
        .at(-1)?.body ?? '',
    told: (commit, target = 'lxc/102') => phoenix.statuses(commit)[`phoenix/${target}`] ?? 'nothing',
    heard,
    async state() {
      const runs = await Promise.all((await ledger.runs(50)).map(({ id }) => ledger.run(id)));
      const pulls = await Promise.all((await ledger.approvedPulls()).map((pull) => ledger.earlyApprovals(pull)));
      return {
        runs: runs.map((run) => [
          run?.id,
          run?.commit,
          run?.trigger,
          run?.by,
          run?.state,
          run?.approvals,
          run?.plan?.policy,
        ]),
        early: pulls,
        policy: await ledger.policyInForce(),
        head: await ledger.head(),
        host: await host.commands(),
      };
    },
    async end() {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Guests under a policy. */
export function guests(declared: Readonly<Record<number, GuestChanges>>, policy?: object): Files {
  return policy === undefined ? environment(declared) : underPolicy(declared, policy);
}
