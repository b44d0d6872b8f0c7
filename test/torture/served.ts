// `phoenix serve` as a user runs it, with a private Redis, a lab host and a forge, for faults around its process. When it exits it is restarted, as
// by systemd.

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { expect } from 'vitest';
import type { CommitSha } from '../../src/model/ids.ts';
import { listensAt } from '../bench/agent.ts';
import { type Started, start } from '../cli/phoenix.ts';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../support/agent/agent-settings.ts';
import { type ConfigRepo, openConfigRepo } from '../support/git/config-repo.ts';
import { until } from '../support/until.ts';

/** The machine is shared with other tests. */
const WITHIN_SECONDS = 90;
/** As in the unit, but without its delay of five seconds. */
const RESTART_MS = 500;

export interface Served {
  /** The folder of the try; the agent's data is in `data` below it. */
  readonly folder: string;
  readonly forge: LabForge;
  readonly repo: ConfigRepo;
  /** The process of the moment. */
  readonly agent: () => Started;
  /** The last words of each process that ended by itself. */
  readonly ends: () => readonly string[];
  /** Commands on the lab host that create, start or destroy containers, oldest first, as `create 101`. */
  readonly commands: () => string[];
  /** The commit's `phoenix/apply`, as `state: description`. */
  readonly answer: (commit: CommitSha) => string;
  /** Waits until it is neither absent nor pending. */
  answered(commit: CommitSha): Promise<string>;
}

export interface ServedOptions {
  /** Besides its own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A program with arguments that runs the agent, given the folder of the try; default: none. */
  readonly by?: (folder: string) => readonly string[];
  /** The folder of the lab host, below that of the try. */
  readonly lab?: string;
}

/** Starts everything, resolves once it listens and `use` is over, and removes everything. */
export async function served(use: (served: Served) => Promise<void>, options: ServedOptions = {}): Promise<void> {
  const { settings = {}, by = () => [], lab = 'data/lab' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-served-'));
  const forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  const environment = { ...agentSettings(folder, forge), PHOENIX_POLL_SECONDS: '1', ...settings };
  let over = false;
  const ends: string[] = [];
  const begin = () => start(['serve'], environment, by(folder));
  let agent = begin();
  const kept = (async () => {
    for (;;) {
      const { exit, stderr } = await agent.ended;
      if (over) return;
      ends.push(`${exit}: ${stderr.slice(-1_000)}`);
      await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
      if (over) return;
      agent = begin();
    }
  })();
  const answer = (commit: CommitSha) => {
    const found = forge.latestStatuses(commit).find(({ context }) => context === 'phoenix/apply');
    return found === undefined ? 'none' : `${found.state}: ${found.description}`;
  };
  const calls = join(folder, lab, 'calls.jsonl');
  try {
    await until(
      () => listensAt(agent) !== undefined,
      () => `the agent to listen: ${agent.output.stderr}`,
      WITHIN_SECONDS,
    );
    forge.sendWebhooksTo(`${listensAt(agent)}/webhooks`);
    await use({
      folder,
      forge,
      repo,
      agent: () => agent,
      ends: () => ends,
      commands() {
        const lines = (existsSync(calls) ? readFileSync(calls, 'utf8') : '').split('\n').slice(0, -1);
        const argvs = lines.map((line) => (JSON.parse(line) as { argv: string[] }).argv);
        return argvs.flatMap(([program, verb = '', id = '']) =>
          program === 'pct' && /^(create|start|destroy)$/.test(verb) ? [`${verb} ${id}`] : [],
        );
      },
      answer,
      async answered(commit) {
        const told = () => `an answer on ${commit}, not ${answer(commit)}: ${agent.output.stderr.slice(-4_000)}`;
        await until(() => !/^(none|pending)/.test(answer(commit)), told, WITHIN_SECONDS);
        return answer(commit);
      },
    });
  } finally {
    over = true;
    agent.child.kill('SIGTERM');
    await kept;
    await forge.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checks that each of these containers was created and started once, and nothing else was done. */
export function expectOnce({ commands }: Served, ids: readonly number[]): void {
  const each = ids.flatMap((id) => [`create ${id}`, `start ${id}`]);
  expect(commands().toSorted()).toEqual(each.toSorted());
}
