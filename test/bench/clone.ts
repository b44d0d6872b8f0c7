// The first clone of a repository with a long history, and of one with a large file, against `git clone --depth 1` from the same server.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startForge } from 'phoenix-lab/forge';
import { workingCopy } from '../support/git/git.ts';
import type { CloneCost } from './clone-once.ts';
import { runProgram } from './program.ts';
import { type Line, type Measurement, median, spread } from './report.ts';

const run = promisify(execFile);

const COMMITS = 20_000;
const LARGE_MB = 200;
const ROUNDS = 7;
const MAX_RATIO = 3;
const MAX_HELD_MS = 50;
const TOKEN = 'bench';

export async function measureClone(): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const forge = await startForge({ folder: join(folder, 'forge'), secret: 's', token: TOKEN });
  const copy = await workingCopy(forge.pushUrl);
  try {
    await copy.history(COMMITS, (n) => ({ 'n.json': `${n}`, [`etc/${n % 500}.json`]: `{ "n": ${n} }\n` }));
    await copy.push();
    const first = await copy.git('rev-list', '--max-parents=0', 'HEAD');
    const ours: CloneCost[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await runProgram('clone-once.ts', forge.pushUrl, join(folder, `ours-${round}`), '200'));
      const began = performance.now();
      const options = ['--quiet', '--bare', '--depth', '1', '--branch', 'main'];
      await run('git', ['clone', ...options, forge.pushUrl, join(folder, `theirs-${round}`)]);
      theirs.push(performance.now() - began);
    }
    const whole = await runProgram<CloneCost>('clone-once.ts', forge.pushUrl, join(folder, 'whole'), '200', first);
    await copy.commit({ 'large.bin': randomBytes(LARGE_MB * 2 ** 20) });
    await copy.push();
    const large = await runProgram<CloneCost>('clone-once.ts', forge.pushUrl, join(folder, 'large'), '400');
    return report(ours, theirs, whole, large);
  } finally {
    await copy.remove();
    await forge.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(
  ours: readonly CloneCost[],
  theirs: readonly number[],
  whole: CloneCost,
  large: CloneCost,
): Measurement {
  const ratios = ours.map(({ fetchMs }, round) => fetchMs / (theirs[round] ?? Number.NaN));
  const held = (what: string, costs: readonly CloneCost[]): Line => {
    const most = Math.max(...costs.map(({ heldMs }) => heldMs));
    return {
      what: `event loop held at most, ${what}`,
      measured: `${most.toFixed(0)} ms`,
      goal: { text: `≤ ${MAX_HELD_MS} ms`, met: most <= MAX_HELD_MS },
    };
  };
  return {
    title: `First clone of ${COMMITS} commits`,
    about: [
      'From the question for the head to its answer, in a process that has its modules loaded and no thread yet.',
      `Against \`git clone --depth 1\` from the same server. ${ROUNDS} rounds in turn.`,
    ].join('\n  '),
    lines: [
      {
        what: 'Phoenix',
        measured: spread(
          ours.map(({ fetchMs }) => fetchMs),
          0,
          ' ms',
        ),
        goal: null,
      },
      { what: 'git clone --depth 1', measured: spread(theirs, 0, ' ms'), goal: null },
      {
        what: 'Phoenix against it',
        measured: spread(ratios, 2),
        goal: { text: `≤ ${MAX_RATIO}`, met: median(ratios) <= MAX_RATIO },
      },
      {
        what: 'the whole history, when a question needs it',
        measured: `${(whole.deepenMs ?? 0).toFixed(0)} ms`,
        goal: null,
      },
      held('first clone', ours),
      held('whole history', [whole]),
      held(`a file of ${LARGE_MB} MB`, [large]),
      {
        what: 'memory more, first clone',
        measured: spread(
          ours.map(({ grewMb }) => grewMb),
          0,
          ' MB',
        ),
        goal: null,
      },
      { what: 'memory more, whole history', measured: `${whole.grewMb.toFixed(0)} MB`, goal: null },
      { what: `memory more, a file of ${LARGE_MB} MB`, measured: `${large.grewMb.toFixed(0)} MB`, goal: null },
    ],
  };
}
