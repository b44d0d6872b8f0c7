// Narration of the demo: pushes, shows plans and results, and checks expectations.

import type { RunJson } from '../../agent/http/run-json.ts';
import { load } from '../../load/load.ts';
import { allTargets, impactOf } from '../../managers/index.ts';
import { problemText } from '../../messages/problems/problem.ts';
import { progressLines, runLine } from '../../messages/run.ts';
import { commandLines, pushed, statusLines, waveLines } from '../../messages/setup/demo.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Target } from '../../model/target.ts';
import { makePlan } from '../../plan/plan.ts';
import { DEFAULT_BOUNDS } from '../../settings/secret-bounds.ts';
import { colours, type Io } from '../io.ts';
import { folderSource } from '../source.ts';
import { unopened } from './links.ts';
import { openPullRequests, type PullRequests } from './pull-requests.ts';
import type { DemoSetup } from './setup.ts';

export interface Presenter {
  readonly setup: DemoSetup;
  /** Commits and pushes the changes, shows the run, and resolves when it is reported on the commit. */
  push(message: string): Promise<RunJson>;
  /** Shows a run without push live; resolves when it has ended. */
  follow(run: string): Promise<RunJson>;
  readonly pullRequests: PullRequests;
  /** Shows the statuses of the commit and checks their links. */
  showStatuses(run: RunJson): Promise<void>;
  /** Shows and returns the Proxmox commands since the last call. */
  commands(): Promise<readonly (readonly string[])[]>;
  show(text: string): void;
  /** Records a failed expectation. */
  check(holds: boolean, expected: string): void;
  /** Number of targets in the last push. */
  declared(): number;
}

/** @param wrong called for each failed expectation */
export function openPresenter(setup: DemoSetup, io: Io, wrong: (expected: string) => void): Presenter {
  const paint = colours(io, 'stdout');
  const { person } = setup;
  let declared: ReadonlyMap<TargetId, Target> = new Map();

  const show = (text: string) => io.stdout(text);
  const progress = () => {
    let seen: RunJson | null = null;
    return (now: RunJson) => {
      for (const line of progressLines(seen, now, paint)) if (!line.endsWith(': runs')) show(`  ${line}\n`);
      seen = now;
    };
  };
  const declaredNow = async () => {
    const { config } = load(await folderSource(person.folder, undefined), {
      strictSecrets: false,
      secrets: DEFAULT_BOUNDS,
    });
    return config === null ? declared : allTargets(config);
  };
  const applied = async (commit: string) => {
    const run = await setup.settled(commit, progress());
    for (const problem of run.problems) show(`  ${problemText(problem)}\n`);
    if (run.state === 'succeeded') declared = await declaredNow();
    return run;
  };
  const check = (holds: boolean, expected: string) => {
    if (!holds) wrong(expected);
  };
  return {
    setup,
    async push(message) {
      const commit = await person.commit(message);
      show(pushed(commit, message));
      const next = await declaredNow();
      const made = makePlan({ from: null, to: commit, before: declared, after: next, impact: impactOf });
      if (made.kind === 'plan') show(waveLines(made.plan));
      await setup.commands();
      await person.push();
      return applied(commit);
    },
    pullRequests: openPullRequests({ setup, show, check, colours: paint, applied }),
    async follow(id) {
      const run = await setup.client.follow(id, { onRun: progress() });
      show(`  ${runLine(run, paint)}\n`);
      await setup.answered(run.commit);
      return run;
    },
    async showStatuses({ commit }) {
      const statuses = setup.forge.latestStatuses(commit);
      show(statusLines(commit, statuses, paint));
      const closed = await unopened(statuses);
      check(closed.length === 0, `every link on ${commit} opens (${closed.join(', ')})`);
    },
    async commands() {
      const commands = await setup.commands();
      show(commandLines(commands));
      return commands;
    },
    show,
    check,
    declared: () => declared.size,
  };
}
