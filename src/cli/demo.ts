// `phoenix demo`: the main job told as a story on a lab host, then open for the user to push to.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunJson } from '../agent/http/run-json.ts';
import { load } from '../config/load.ts';
import { allTargets, impactOf } from '../managers/index.ts';
import type { TargetId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import { makePlan } from '../plan/plan.ts';
import { chapter, commandLines, pushed, stageLines, statusLines, storyEnd, waveLines, yourTurn } from '../say/demo.ts';
import { problemText } from '../say/problem.ts';
import { progressLines, runLine } from '../say/run.ts';
import { type Stage, setStage } from './demo/stage.ts';
import { colours, EXIT, type Io } from './io.ts';
import { folderSource } from './source.ts';
import { toldToStop } from './told-to-stop.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const LOOK_AGAIN_MS = 300;

export interface DemoArgs {
  /** End after the story. */
  readonly once: boolean;
}

/** Resolves to 0 when all went as it should, 1 otherwise. */
export async function demo({ once: onlyOnce }: DemoArgs, io: Io): Promise<number> {
  const stopped = new AbortController();
  const stop = toldToStop().then(() => stopped.abort());
  const began = performance.now();
  const stage = await setStage(io);
  try {
    io.stdout(stageLines({ forge: stage.forge.url, agent: stage.url, lab: stage.lab }));
    const wrong = await Promise.race([tell(stage, io), stop.then(() => null)]);
    if (wrong === null) return EXIT.interrupted;
    io.stdout(storyEnd(wrong, (performance.now() - began) / 1000));
    if (onlyOnce || wrong.length > 0) return wrong.length === 0 ? EXIT.done : EXIT.no;
    io.stdout(yourTurn({ pushUrl: stage.forge.pushUrl, agent: stage.url, adminToken: stage.adminToken }));
    await showWhatComes(stage, io, stopped.signal);
    return EXIT.done;
  } finally {
    await stage.close();
  }
}

/** Resolves to what was not as it should be. */
async function tell(stage: Stage, io: Io): Promise<string[]> {
  const wrong: string[] = [];
  const paint = colours(io, 'stdout');
  const { person } = stage;
  const check = (holds: boolean, expected: string) => {
    if (!holds) wrong.push(expected);
  };
  let declared: ReadonlyMap<TargetId, Target> = new Map();

  async function push(message: string): Promise<RunJson> {
    const commit = await person.commit(message);
    io.stdout(pushed(commit, message));
    const { config } = load(await folderSource(person.folder, undefined), { strictSecrets: false });
    const next = config === null ? declared : allTargets(config);
    const made = makePlan({ from: null, to: commit, before: declared, after: next, impact: impactOf });
    if (made.kind === 'plan') io.stdout(waveLines(made.plan));
    await stage.commands();
    await person.push();
    let seen: RunJson | null = null;
    const run = await stage.settled(commit, (now) => {
      for (const line of progressLines(seen, now, paint)) if (!line.endsWith(': runs')) io.stdout(`  ${line}\n`);
      seen = now;
    });
    if (run.state === 'succeeded') declared = next;
    return run;
  }
  const answer = ({ commit }: Run) => io.stdout(statusLines(commit, stage.forge.latestStatuses(commit), paint));

  io.stdout(chapter(1, 'A first push builds the reference environment on an empty host', paint));
  const first = await push('Describe the environment');
  answer(first);
  check(first.state === 'succeeded', 'the first push succeeds');
  const guests = first.steps.filter(({ target }) => /^(lxc|vm)\//.test(target));
  check(guests.length === 7, 'it builds seven guests');

  io.stdout(chapter(2, 'A merged change touches two targets, and exactly two are shown', paint));
  await person.git('switch', '--quiet', '--create', 'more-room');
  await person.edit(LXC, (text) => text.replace(/("name": "traefik",[\s\S]*?"memory_mb": )2048/, '$13072'));
  await person.edit(VM, (text) => text.replace(/("name": "docker-host",[\s\S]*?"cores": )4/, '$16'));
  await person.commit('Give Traefik and the Docker host more room');
  await person.git('switch', '--quiet', 'main');
  await person.git('merge', '--quiet', '--no-ff', '--no-commit', 'more-room');
  const second = await push('Merge more-room');
  answer(second);
  io.stdout(commandLines(await stage.commands()));
  const touched = second.steps.map(({ target }) => target).sort();
  check(second.state === 'succeeded', 'the change succeeds');
  check(touched.join(' ') === 'lxc/102 vm/1002', 'it touches lxc/102 and vm/1002 and nothing else');
  check(
    stage.forge.latestStatuses(second.commit).length === 3,
    'the commit has one status for each, and one for the whole',
  );

  io.stdout(chapter(3, 'A bad commit is refused at its line, and changes nothing', paint));
  await person.edit(LXC, (text) => text.replace('"ip": "10.0.0.12/24"', '"ip": "10.0.0.153/24"'));
  const bad = await push('Move Traefik to an address that is taken');
  for (const problem of bad.problems) io.stdout(`  ${problemText(problem)}\n`);
  answer(bad);
  const commands = await stage.commands();
  io.stdout(commandLines(commands));
  check(
    bad.state === 'invalid' && bad.problems.some(({ code }) => code === 'DUPLICATE_IP'),
    'the bad commit is refused',
  );
  check(commands.length === 0, 'no command is run for a bad commit');

  io.stdout(chapter(4, 'It is reverted, and a replay finds nothing to do', paint));
  await person.git('revert', '--no-commit', 'HEAD');
  const reverted = await push('Revert the move');
  check(reverted.state === 'succeeded' && reverted.steps.length === 0, 'the revert finds nothing to do');
  const { run: id } = await stage.client.post<{ run: string }>('/replay', { commit: reverted.commit });
  const replayed = await stage.client.follow(id, {});
  io.stdout(`  ${runLine(replayed, paint)}\n`);
  io.stdout(commandLines(await stage.commands()));
  answer(reverted);
  const unchanged = replayed.steps.filter(({ outcome }) => outcome === 'unchanged').length;
  const all = first.steps.length;
  check(replayed.state === 'succeeded' && unchanged === all, 'the replay looks at every target and changes none');
  return wrong;
}

/** Every run from now on, until the user has enough. */
async function showWhatComes(stage: Stage, io: Io, signal: AbortSignal): Promise<void> {
  const paint = colours(io, 'stdout');
  const known = new Set((await stage.client.get<Run[]>('/runs?limit=100')).map(({ id }) => id));
  await stage.commands();
  while (!signal.aborted) {
    const runs = await stage.client.get<Run[]>('/runs?limit=10');
    for (const { id, commit } of runs.toReversed()) {
      if (known.has(id)) continue;
      known.add(id);
      let seen: RunJson | null = null;
      const end = await stage.client.follow(id, {
        onRun(now) {
          for (const line of progressLines(seen, now, paint)) io.stdout(`  ${line}\n`);
          seen = now;
        },
        enough: ({ state, steps }) =>
          signal.aborted || (state === 'blocked' && steps.every(({ outcome }) => outcome !== null)),
      });
      await stage.answered(commit);
      io.stdout(`${runLine(end, paint)}\n`);
      for (const problem of end.problems) io.stdout(`  ${problemText(problem)}\n`);
      io.stdout(commandLines(await stage.commands()));
      io.stdout(statusLines(commit, stage.forge.latestStatuses(commit), paint));
    }
    await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}
