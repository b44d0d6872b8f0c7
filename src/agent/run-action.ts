// The one place that runs what managers return.

import { setTimeout as pause } from 'node:timers/promises';
import { readAnswer } from '../managers/guest/answer.ts';
import type { Action, Command, FileWrite, FolderMake } from '../model/action.ts';
import type { CommandResult, Host } from '../ports.ts';
import { Stopped } from './lease.ts';
import type { StepLog } from './step-log.ts';

interface Surroundings {
  readonly signal: AbortSignal;
  readonly log: StepLog;
}

/** Tried again where the action says so. A file that is no longer as expected counts as a failure that the next look explains. */
export async function runAction(host: Host, action: Action, { signal, log }: Surroundings): Promise<CommandResult> {
  const { times, intervalSeconds } = action.until ?? { times: 1, intervalSeconds: 0 };
  for (let tries = 1; ; tries += 1) {
    log.write(`> ${action.summary}`);
    const result = await runOnce(host, action.do, { signal, log });
    log.write(`= ${result.ended === 'exited' ? `exit ${result.exit}` : result.ended}`);
    if (result.exit === 0 || tries >= times) return result;
    await pauseFor(intervalSeconds, signal);
  }
}

/** Fails with `Stopped` when the work was told to stop. */
export async function runCommand(host: Host, command: Command, { signal, log }: Surroundings): Promise<CommandResult> {
  const result = await host.run(command, { signal, onOutput: (line) => log.write(line) });
  if (signal.aborted || result.ended === 'aborted') throw new Stopped();
  return readAnswer(command, result);
}

/** Fails with `Stopped` when the work was told to stop. */
export async function pauseFor(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, { signal }).catch(() => {
    throw new Stopped();
  });
}

async function runOnce(host: Host, work: Action['do'], surroundings: Surroundings): Promise<CommandResult> {
  if (work.kind === 'command') return runCommand(host, work, surroundings);
  return work.kind === 'file' ? writeFile(host, work) : makeFolder(host, work);
}

async function writeFile(host: Host, work: FileWrite): Promise<CommandResult> {
  const began = performance.now();
  const written = await host.writeFile(work);
  return {
    exit: written ? 0 : 1,
    stdout: '',
    stderr: written ? '' : `${work.path} was changed by somebody else meanwhile; replay`,
    ms: performance.now() - began,
    ended: 'exited',
  };
}

async function makeFolder(host: Host, work: FolderMake): Promise<CommandResult> {
  const began = performance.now();
  await host.makeFolder(work);
  return { exit: 0, stdout: '', stderr: '', ms: performance.now() - began, ended: 'exited' };
}
