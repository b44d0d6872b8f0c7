// `phoenix demo`: demonstrates the main workflow on a lab host, then stays open for own pushes.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunJson } from '../agent/http/run-json.ts';
import { problemText } from '../messages/problems/problem.ts';
import { progressLines, runLine } from '../messages/run.ts';
import {
  addressLines,
  chapter,
  commandLines,
  demoReady,
  statusLines,
  storyEnd,
  yourTurn,
} from '../messages/setup/demo.ts';
import type { Run } from '../model/run.ts';
import { ClientFailure } from './agent/client.ts';
import { building } from './demo/chapters/building.ts';
import type { Chapter } from './demo/chapters/chapter.ts';
import { approving, changing } from './demo/chapters/merging.ts';
import { refusing, replaying } from './demo/chapters/refusing.ts';
import { renewing, withoutAuthority } from './demo/chapters/renewing.ts';
import { routing } from './demo/chapters/routing.ts';
import { openPresenter } from './demo/presenter.ts';
import { type DemoSetup, startDemo } from './demo/setup.ts';
import { colours, EXIT, type Io } from './io.ts';
import { listenForStop } from './stop-signal.ts';

const CHAPTERS: readonly Chapter[] = [
  building,
  changing,
  approving,
  routing,
  refusing,
  replaying,
  renewing,
  withoutAuthority,
];
const LOOK_AGAIN_MS = 300;

export interface DemoArgs {
  /** Exit after the story. */
  readonly once: boolean;
}

/** Resolves to 0 if everything was as expected, else 1. */
export async function demo({ once: onlyOnce }: DemoArgs, io: Io): Promise<number> {
  const stopped = new AbortController();
  using signals = listenForStop();
  const stop = signals.received.then(() => stopped.abort());
  const began = performance.now();
  const setup = await startDemo(io, (addresses) => io.stdout(addressLines(addresses)));
  try {
    io.stdout(demoReady((performance.now() - began) / 1000));
    const wrong = await Promise.race([narrate(setup, io), stop.then(() => null)]);
    if (wrong === null) return EXIT.interrupted;
    io.stdout(storyEnd(wrong, (performance.now() - began) / 1000));
    if (onlyOnce || wrong.length > 0) return wrong.length === 0 ? EXIT.done : EXIT.no;
    io.verbatim(
      yourTurn({
        pushUrl: setup.forge.pushUrl,
        forge: setup.forge.url,
        agent: setup.url,
        adminToken: setup.adminToken,
      }),
    );
    await showWhatComes(setup, io, stopped.signal);
    return EXIT.done;
  } finally {
    await setup.close();
  }
}

/** Resolves to the failed expectations. */
async function narrate(setup: DemoSetup, io: Io): Promise<string[]> {
  const wrong: string[] = [];
  const presenter = openPresenter(setup, io, (expected) => wrong.push(expected));
  for (const [index, { title, present }] of CHAPTERS.entries()) {
    io.stdout(chapter(index + 1, title, colours(io, 'stdout')));
    await present(presenter);
  }
  return wrong;
}

/** Shows all further runs until interrupted. */
async function showWhatComes(setup: DemoSetup, io: Io, signal: AbortSignal): Promise<void> {
  const paint = colours(io, 'stdout');
  const known = new Set((await setup.client.get<Run[]>('/runs?limit=100')).map(({ id }) => id));
  await setup.commands();
  while (!signal.aborted) {
    const runs = await setup.client.get<Run[]>('/runs?limit=10').catch(whileAway);
    for (const { id, commit } of runs.toReversed()) {
      if (known.has(id)) continue;
      known.add(id);
      let seen: RunJson | null = null;
      const end = await setup.client.follow(id, {
        onRun(now) {
          for (const line of progressLines(seen, now, paint)) io.stdout(`  ${line}\n`);
          seen = now;
        },
        enough: ({ state, steps }) =>
          signal.aborted || (state === 'blocked' && steps.every(({ outcome }) => outcome !== null)),
      });
      await setup.answered(commit);
      io.stdout(`${runLine(end, paint)}\n`);
      for (const problem of end.problems) io.stdout(`  ${problemText(problem)}\n`);
      io.stdout(commandLines(await setup.commands()));
      io.stdout(statusLines(commit, setup.forge.latestStatuses(commit), paint));
    }
    await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

/** An agent that does not answer for a while, as on a suspended machine, is asked again, so that the demo need not be restarted. */
function whileAway(error: unknown): [] {
  if (error instanceof ClientFailure && error.exit === EXIT.missing) return [];
  throw error;
}
